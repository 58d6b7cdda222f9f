# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of the kinds that every cluster has."""

from __future__ import annotations

import json

import pytest
from unit.kubernetes.trimming import METADATA, masked, trimmed

from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import Object

CONTAINER: Object = {
    "name": "web",
    "image": "registry.example.org/web@sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "command": ["web", "--password"],
    "args": ["hunter2", "--port=80"],
    "env": [
        {"name": "MODE", "value": "plain"},
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "web", "key": "token", "unknown": "hunter2"}}},
        {"name": "NODE", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}},
    ],
    "envFrom": [{"secretRef": {"name": "web-env"}, "unknown": "hunter2"}],
    "ports": [{"containerPort": 80, "protocol": "TCP", "name": "http"}],
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    "securityContext": {"privileged": True, "capabilities": {"add": ["NET_ADMIN"]}},
    "terminationMessagePath": "/dev/termination-log",
    "lifecycle": {"preStop": {"exec": {"command": ["hunter2"]}}},
}


def test_a_pod_keeps_what_the_model_needs() -> None:
    volumes = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}},
        {"name": "key", "secret": {"secretName": "web-tls", "defaultMode": 420}},
        {"name": "host", "hostPath": {"path": "/srv", "type": ""}},
        {"name": "share", "nfs": {"server": "192.0.2.3", "path": "/export/0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"}},
        {"name": "disk", "flexVolume": {"driver": "d", "options": {"password": "hunter2"}, "secretRef": {"name": "disk"}}},
        {"name": "old", "rbd": {"monitors": ["192.0.2.4"], "keyring": "/etc/keyring", "password": "hunter2"}},
    ]
    status = {
        "phase": "Running",
        "startTime": "2026-01-02T03:04:05Z",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z", "message": "hunter2"}],
        "containerStatuses": [
            {"name": "web", "ready": True, "restartCount": 7, "imageID": "sha256:0", "state": {"running": {"startedAt": "now"}}}
        ],
    }
    spec = {
        "nodeName": "worker-1",
        "hostNetwork": True,
        "containers": [CONTAINER],
        "initContainers": [CONTAINER],
        "volumes": volumes,
    }
    found = trimmed("pods", {"metadata": METADATA, "spec": spec, "status": status})
    assert "hunter2" not in json.dumps(found)
    assert found["metadata"] == {
        "name": "web-5d-x",
        "namespace": "shop",
        "uid": "u-1",
        "creationTimestamp": "2026-01-02T03:04:05Z",
        "labels": METADATA["labels"],
        "annotations": {"team": "shop"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d", "uid": "u-2", "controller": True}],
    }
    assert found["status"] == {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "web", "ready": True, "imageID": "sha256:0", "state": {"running": {}}}],
    }
    assert found["spec"]["volumes"][:4] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}},
        {"name": "key", "secret": {"secretName": "web-tls"}},
        {"name": "host", "hostPath": {"path": "/srv", "type": ""}},
        {"name": "share", "nfs": {"server": "192.0.2.3", "path": "/export/0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"}},
    ]
    assert found["spec"]["volumes"][4]["flexVolume"]["secretRef"] == {"name": "disk"}
    assert found["spec"]["volumes"][5]["rbd"]["monitors"] == ["192.0.2.4"]
    assert (
        found["spec"]["containers"]
        == found["spec"]["initContainers"]
        == [
            {
                "name": "web",
                "image": CONTAINER["image"],
                "command": ["web", "--password"],
                "args": [masked("hunter2"), "--port=80"],
                "env": [
                    {"name": "MODE", "value": "plain"},
                    {"name": "DB_PASSWORD", "value": masked("hunter2")},
                    {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "web", "key": "token"}}},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                ],
                "envFrom": [{"secretRef": {"name": "web-env"}}],
                "ports": CONTAINER["ports"],
                "volumeMounts": CONTAINER["volumeMounts"],
                "securityContext": CONTAINER["securityContext"],
            }
        ]
    )


def test_a_replica_set_is_only_its_metadata() -> None:
    found = trimmed("replicasets", {"metadata": METADATA, "spec": {"template": {}}, "status": {"replicas": 1}})
    assert list(found) == ["metadata"]
    assert found["metadata"]["ownerReferences"][0]["name"] == "web-5d"


@pytest.mark.parametrize("name", ["web-config", "argocd-rbac-cm"])
def test_values_of_configmaps_are_dropped(name: str) -> None:
    item = {"metadata": {**METADATA, "name": name}, "data": {"b": "hunter2", "a": "x"}, "binaryData": {"c": "aHVudGVyMg=="}}
    found = trimmed("configmaps", item)
    assert (found["keys"], "data" in found) == (["a", "b", "c"], False)


@pytest.mark.parametrize("name", ["argocd-cm", "argocd-cmd-params-cm", "argocd-notifications-cm", "coredns", "kube-proxy"])
def test_values_of_a_few_configmaps_are_kept_without_secrets(name: str) -> None:
    data = {"url": "https://argo.example.org", "dex.config": "clientSecret: hunter2\n", "webhook.token": "hunter2"}
    found = trimmed("configmaps", {"metadata": {**METADATA, "name": name}, "data": data})
    assert found["keys"] == ["dex.config", "url", "webhook.token"]
    assert found["data"]["url"] == "https://argo.example.org"
    assert found["data"]["webhook.token"] == masked("hunter2")
    assert "hunter2" not in json.dumps(found)


def test_a_configmap_without_data() -> None:
    assert trimmed("configmaps", {"metadata": METADATA, "data": None})["keys"] == []


def test_only_leases_of_controllers_are_kept() -> None:
    lease = {"spec": {"holderIdentity": "h", "renewTime": "2026-01-02T03:04:05.000000Z"}}
    assert trimmed("leases", {"metadata": {"name": "worker-1"}, **lease}) is None
    assert trimmed("leases", {"metadata": {"name": "k0s-ctrl-cp-1"}, **lease}) == {
        "metadata": {"name": "k0s-ctrl-cp-1"},
        **lease,
    }


def test_a_volume_says_where_it_is_but_no_password() -> None:
    share = "/tank/pvc-0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"
    csi = {
        "driver": "nfs.csi.k8s.io",
        "volumeHandle": "192.0.2.3#tank#pvc-0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9",
        "volumeAttributes": {"server": "192.0.2.3", "share": share, "password": "hunter2", "source": "//me:hunter2@192.0.2.3/x"},
        "nodeStageSecretRef": {"name": "smb", "namespace": "kube-system"},
    }
    spec = {"csi": csi, "capacity": {"storage": "1Gi"}, "mountOptions": ["vers=3.0", "password=hunter2"], "claimRef": {"name": "c"}}
    found = trimmed("persistentvolumes", {"metadata": METADATA, "spec": spec, "status": {"phase": "Bound"}})
    kept = found["spec"]["csi"]
    assert (kept["driver"], kept["volumeHandle"]) == (csi["driver"], csi["volumeHandle"])
    assert (kept["volumeAttributes"]["server"], kept["volumeAttributes"]["share"]) == ("192.0.2.3", share)
    assert kept["nodeStageSecretRef"] == csi["nodeStageSecretRef"]
    assert found["spec"]["mountOptions"][0] == "vers=3.0"
    assert "hunter2" not in json.dumps(found)


def test_volumes_that_are_not_known_here_keep_their_kind() -> None:
    spec = {
        "capacity": {"storage": "1Gi"},
        "iscsi": {"targetPortal": "192.0.2.3", "chapAuthSession": True, "secretRef": {"name": "x"}},
    }
    assert trimmed("persistentvolumes", {"metadata": METADATA, "spec": spec})["spec"] == spec


def test_a_storage_class_keeps_references_to_secrets() -> None:
    parameters = {"csi.storage.k8s.io/node-stage-secret-name": "smb", "server": "192.0.2.3", "accessKey": "hunter2"}
    found = trimmed("storageclasses", {"metadata": METADATA, "provisioner": "smb.csi.k8s.io", "parameters": parameters})
    assert found["parameters"] == {**parameters, "accessKey": masked("hunter2")}


def test_secrets_in_every_template() -> None:
    template = {"metadata": {"annotations": {"example.org/api-token": "hunter2"}}, "spec": {"containers": [CONTAINER]}}
    for noun in ("deployments", "statefulsets", "daemonsets", "jobs"):
        assert "hunter2" not in json.dumps(trimmed(noun, {"metadata": METADATA, "spec": {"template": template}}))
    cron = {"metadata": METADATA, "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}}
    found = trimmed("cronjobs", cron)
    assert "hunter2" not in json.dumps(found)
    assert found["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["name"] == "web"


@pytest.mark.parametrize(
    "annotation",
    [
        "kubectl.kubernetes.io/last-applied-configuration",
        "k0s.k0sproject.io/last-applied-configuration",
        "objectset.rio.cattle.io/applied",
        "banzaicloud.com/last-applied",
        "kapp.k14s.io/original",
        "endpoints.kubernetes.io/last-change-trigger-time",
    ],
)
def test_annotations_that_repeat_the_object_or_churn_are_dropped(annotation: str) -> None:
    item = {"metadata": {**METADATA, "annotations": {annotation: "hunter2", "team": "shop"}}}
    assert trimmed("namespaces", item)["metadata"]["annotations"] == {"team": "shop"}
