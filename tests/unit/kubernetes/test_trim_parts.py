# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of the objects of Argo CD, MetalLB, Longhorn and metrics-server, and of events."""

from __future__ import annotations

import json

import pytest
from unit.kubernetes.trimming import METADATA, masked, trimmed

from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import Object

SOURCE = {
    "repoURL": "https://me:hunter2@git.example.org/lab.git",
    "path": "kubernetes/shop",
    "targetRevision": "HEAD",
    "helm": {
        "releaseName": "shop",
        "values": "# hunter2\nauth:\n  password: hunter2\nenv:\n  - name: API_TOKEN\n    value: hunter2\nreplicas: 2\n",
        "valuesObject": {"auth": {"adminPassword": "hunter2"}, "replicas": 2},
        "parameters": [{"name": "auth.password", "value": "hunter2"}, {"name": "replicas", "value": "2"}],
        "fileParameters": [{"name": "config", "path": "files/config.yml"}],
    },
    "plugin": {
        "name": "vault",
        "env": [{"name": "VAULT_TOKEN", "value": "hunter2"}],
        "parameters": [{"name": "db-password", "string": "hunter2"}, {"name": "tokens", "array": ["hunter2"]}],
    },
    "directory": {"recurse": True, "include": "*.yaml", "jsonnet": {"tlas": [{"name": "password", "value": "hunter2"}]}},
}


def application() -> Object:
    operation = {
        "initiatedBy": {"automated": True},
        "info": [{"name": "x", "value": "hunter2"}],
        "sync": {
            "revision": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d",
            "autoHealAttemptsCount": 7,
            "resources": [{"group": "apps", "kind": "Deployment", "name": "web"}],
            "source": SOURCE,
            "manifests": ["hunter2"],
        },
    }
    return {
        "metadata": METADATA,
        "spec": {
            "project": "default",
            "source": SOURCE,
            "sources": [SOURCE],
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
            "syncPolicy": {"automated": {"selfHeal": True}, "syncOptions": ["ServerSideApply=true"]},
            "ignoreDifferences": [{"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}],
            "info": [{"name": "x", "value": "hunter2"}],
        },
        "operation": operation,
        "status": {
            "sync": {
                "status": "OutOfSync",
                "revision": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d",
                "comparedTo": {"source": SOURCE},
            },
            "health": {"status": "Degraded", "message": "login with password: hunter2"},
            "resources": [{"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web", "status": "OutOfSync"}],
            "conditions": [{"type": "SyncError", "message": "token=hunter2", "lastTransitionTime": "2026-01-02T03:04:05Z"}],
            "operationState": {
                "phase": "Succeeded",
                "message": "successfully synced (all tasks run)",
                "operation": operation,
                "syncResult": {"revision": "0a1b", "resources": [{"message": "hunter2"}], "source": SOURCE},
            },
            "history": [{"id": 3, "revision": "0a1b", "deployedAt": "2026-01-02T03:04:05Z", "source": SOURCE}],
            "summary": {"images": ["web:1"], "externalURLs": ["https://me:hunter2@shop.example.org/"]},
            "reconciledAt": "2026-01-02T03:04:05Z",
        },
    }


def test_an_application_keeps_what_explains_it_and_no_secret() -> None:
    found = trimmed("applications", application())
    assert "hunter2" not in json.dumps(found)
    source = found["spec"]["source"]
    assert found["spec"]["sources"] == [source]
    assert source["repoURL"] == f"https://{masked('me:hunter2')}@git.example.org/lab.git"
    assert source["helm"]["values"] == (
        f"auth:\n  password: {masked('hunter2')}\nenv:\n- name: API_TOKEN\n  value: {masked('hunter2')}\nreplicas: 2\n"
    )
    assert source["helm"]["valuesObject"] == {"auth": {"adminPassword": masked("hunter2")}, "replicas": 2}
    assert source["helm"]["parameters"][1] == {"name": "replicas", "value": "2"}
    assert source["helm"]["fileParameters"] == SOURCE["helm"]["fileParameters"]
    assert source["plugin"]["parameters"][1] == {"name": "tokens", "array": [masked("hunter2")]}
    assert source["directory"] == {"recurse": True, "include": "*.yaml"}
    status = found["status"]
    assert status["sync"] == {"status": "OutOfSync", "revision": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d"}
    assert status["conditions"] == [{"type": "SyncError", "message": f"token={masked('hunter2')}"}]
    assert status["operationState"]["operation"] == found["operation"]
    assert found["operation"]["sync"]["autoHealAttemptsCount"] == 7
    assert status["history"] == [{"id": 3, "revision": "0a1b", "deployedAt": "2026-01-02T03:04:05Z"}]
    assert found["spec"]["ignoreDifferences"] == [{"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}]


@pytest.mark.parametrize(
    "values",
    [
        "a: &a [hunter2]\nb: *a\n",
        "a: [hunter2",
        "{{ hunter2 }}",
        "!!python/object:x hunter2",
        "hunter2: !secret x",
        "\ud800hunter2",
    ],
)
def test_helm_values_that_cannot_be_looked_into_are_masked_as_a_whole(values: str) -> None:
    helm = trimmed("applications", {"metadata": METADATA, "spec": {"source": {"helm": {"values": values}}}})["spec"]["source"][
        "helm"
    ]
    assert helm["values"] == masked(values)


@pytest.mark.parametrize("values", ["", "# hunter2", "~"])
def test_helm_values_that_are_none(values: str) -> None:
    helm = trimmed("applications", {"metadata": METADATA, "spec": {"source": {"helm": {"values": values}}}})["spec"]["source"][
        "helm"
    ]
    assert helm["values"] == ""


def test_helm_values_with_dates_stay_text() -> None:
    helm = trimmed("applications", {"metadata": METADATA, "spec": {"source": {"helm": {"values": "since: 2026-01-02\n1: a\n"}}}})
    assert helm["spec"]["source"]["helm"]["values"] == "'1': a\nsince: 2026-01-02\n"


def test_sets_and_projects_of_argo_cd() -> None:
    generators = [{"list": {"elements": [{"name": "shop", "password": "hunter2"}]}}]
    template = {"metadata": {"name": "{{name}}"}, "spec": application()["spec"]}
    found = trimmed(
        "applicationsets",
        {
            "metadata": METADATA,
            "spec": {"generators": generators, "template": template, "templatePatch": "spec: {password: hunter2}"},
        },
    )
    assert "hunter2" not in json.dumps(found)
    assert found["spec"]["template"]["spec"]["source"]["path"] == "kubernetes/shop"
    assert found["spec"]["generators"][0]["list"]["elements"][0]["name"] == "shop"
    roles = [{"name": "ci", "policies": ["p, proj:x:ci, applications, get, x/*, allow"], "jwtTokens": [{"iat": 1}]}]
    found = trimmed("appprojects", {"metadata": METADATA, "spec": {"roles": roles, "sourceRepos": ["*", SOURCE["repoURL"]]}})
    assert "hunter2" not in json.dumps(found)
    assert found["spec"]["roles"] == [{"name": "ci", "policies": roles[0]["policies"]}]


def test_events() -> None:
    event = {
        "metadata": {"name": "shop.17a", "namespace": "argocd", "uid": "u", "resourceVersion": "5", "managedFields": []},
        "involvedObject": {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "namespace": "argocd",
            "name": "shop",
            "uid": "u",
        },
        "reason": "OperationCompleted",
        "type": "Normal",
        "message": "Partial sync operation to HEAD succeeded; password: hunter2",
        "source": {"component": "argocd-application-controller", "host": "x"},
        "count": 1,
        "firstTimestamp": "2026-01-02T03:04:05Z",
        "lastTimestamp": "2026-01-02T03:04:05Z",
        "eventTime": None,
        "series": {"count": 2, "lastObservedTime": "2026-01-02T03:04:05.000000Z"},
        "reportingComponent": "",
    }
    found = trimmed("events", event)
    assert found == {
        "metadata": {"name": "shop.17a", "namespace": "argocd"},
        "involvedObject": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "namespace": "argocd", "name": "shop"},
        "reason": "OperationCompleted",
        "type": "Normal",
        "message": f"Partial sync operation to HEAD succeeded; password: {masked('hunter2')}",
        "source": {"component": "argocd-application-controller"},
        "count": 1,
        "firstTimestamp": "2026-01-02T03:04:05Z",
        "lastTimestamp": "2026-01-02T03:04:05Z",
        "series": event["series"],
        "reportingComponent": "",
    }


def test_longhorn() -> None:
    disks = {
        "default-disk-0a1B2c3D4e5F": {"path": "/var/lib/longhorn/", "allowScheduling": True, "storageReserved": 10, "tags": []}
    }
    status = {
        "default-disk-0a1B2c3D4e5F": {
            "storageMaximum": 100,
            "storageAvailable": 50,
            "scheduledReplica": {"pvc-1-r-2": 10},
            "diskUUID": "0d2c3a7e-5b1f-4c06-9a52-000000000001",
            "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": "now", "message": "x"}],
        }
    }
    found = trimmed("longhorn_nodes", {"metadata": METADATA, "spec": {"disks": disks}, "status": {"diskStatus": status}})
    assert found["spec"] == {"disks": disks}
    [kept] = found["status"]["diskStatus"].values()
    assert kept["conditions"] == [{"type": "Ready", "status": "True"}]
    assert kept["scheduledReplica"] == {"pvc-1-r-2": 10}
    target = {
        "backupTargetURL": "nfs://me:hunter2@192.0.2.3:/backup",
        "credentialSecret": "backup-secret",
        "syncRequestedAt": "now",
    }
    found = trimmed(
        "longhorn_backup_targets", {"metadata": METADATA, "spec": target, "status": {"available": True, "lastSyncedAt": "now"}}
    )
    assert found["spec"] == {
        "backupTargetURL": f"nfs://{masked('me:hunter2')}@192.0.2.3:/backup",
        "credentialSecret": "backup-secret",
    }
    assert found["status"] == {"available": True}
    setting = {"metadata": METADATA, "value": "cifs://me:hunter2@nas/x"}
    assert trimmed("longhorn_settings", setting)["value"] == f"cifs://{masked('me:hunter2')}@nas/x"


@pytest.mark.parametrize(
    "address", ["s3://backups@eu-central-1/lab", "nfs://192.0.2.3:/export", "3", "true", "ssh://git@git.example.org/a.git"]
)
def test_addresses_without_a_password_stay(address: str) -> None:
    assert trimmed("longhorn_settings", {"metadata": METADATA, "value": address})["value"] == address


def test_metallb_and_metrics() -> None:
    pool = {"metadata": METADATA, "spec": {"addresses": ["192.0.2.10-192.0.2.20"], "autoAssign": True}, "status": {"x": 1}}
    assert trimmed("ipaddresspools", pool)["spec"] == pool["spec"]
    usage = {"cpu": "2500000n", "memory": "12Ki"}
    base = {"metadata": {"name": "web", "namespace": "shop", "labels": {}}, "timestamp": "2026-01-02T03:04:05Z", "window": "15s"}
    found = trimmed("pod_metrics", {**base, "containers": [{"name": "web", "usage": usage}]})
    assert found == {**base, "metadata": {"name": "web", "namespace": "shop"}, "containers": [{"name": "web", "usage": usage}]}
    assert trimmed("node_metrics", {**base, "usage": usage})["usage"] == usage
