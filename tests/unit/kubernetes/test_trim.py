# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time
import tracemalloc
import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer

REDACTOR = Redactor(b"key of the tests")
TRIMMER = Trimmer(REDACTOR)
KIND = {kind.noun: kind for kind in KINDS}
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web-5d",
    "uid": "u-2",
    "controller": True,
    "blockOwnerDeletion": True,
}
METADATA: Object = {
    "name": "web-5d-x",
    "namespace": "shop",
    "uid": "u-1",
    "resourceVersion": "812",
    "generation": 3,
    "creationTimestamp": "2026-01-02T03:04:05Z",
    "labels": {"app": "web", "pass": "not-a-secret-but-a-label"},
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "shop"},
    "ownerReferences": [OWNER],
    "managedFields": [{"manager": "kubectl"}],
}
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


def masked(text: str) -> str:
    return REDACTOR.mask(text)


def trimmed(noun: str, item: Object) -> t.Any:
    return TRIMMER.trim(KIND[noun], item)


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


# --- a secret that is planted

WORD = st.text(alphabet="abcdefghijkmnopqrstuvwxyz", min_size=8, max_size=12)
RANDOM = st.lists(st.tuples(st.sampled_from("abcdefXYZ"), st.sampled_from("0123456789")), min_size=9, max_size=20).map(
    lambda pairs: "".join(first + second for first, second in pairs)
)
# Texts in which a word is a secret because of what stands around it.
AROUND: list[t.Callable[[str], str]] = [
    lambda secret: f"--db-password={secret}",
    lambda secret: f"postgres://app:{secret}@db.example.org/app",
    lambda secret: f"curl -H 'Authorization: Bearer {secret}' https://example.org",
    lambda secret: f"PGPASSWORD={secret} psql",
    lambda secret: json.dumps({"a": [{"client_secret": secret}]}),
    lambda secret: f"user: me\npassword: {secret}\nport: 1",
    lambda secret: f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----",
]


def pod(**parts: t.Any) -> Object:
    container = {"name": "a", "image": "i:1", **parts.get("container", {})}
    spec = {"containers": [container], "initContainers": [container], "ephemeralContainers": [container], "volumes": []}
    metadata = {"name": "p", "namespace": "n", "annotations": parts.get("annotations", {})}
    return {"metadata": metadata, "spec": {**spec, **parts.get("spec", {})}, "status": {}}


PLACES: list[t.Callable[[str], Object]] = [
    lambda text: pod(container={"env": [{"name": "MODE", "value": text}]}),
    lambda text: pod(container={"args": ["run", text]}),
    lambda text: pod(container={"command": ["sh", "-c", text]}),
    lambda text: pod(container={"readinessProbe": {"exec": {"command": ["sh", "-c", text]}}}),
    lambda text: pod(container={"startupProbe": {"httpGet": {"path": f"/?{text}", "port": 1}}}),
    lambda text: pod(annotations={"example.org/note": text}),
    lambda text: pod(annotations={"example.org/json": json.dumps({"deep": [{"er": text}]})}),
    lambda text: pod(spec={"volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"share": text}}}]}),
    lambda text: pod(spec={"volumes": [{"name": "v", "flexVolume": {"driver": "d", "options": {"x": text}}}]}),
    lambda text: pod(spec={"volumes": [{"name": "v", "cephfs": {"monitors": [text]}}]}),
]
# Places whose name alone makes everything in them a secret.
NAMED: list[t.Callable[[str], Object]] = [
    lambda text: pod(container={"env": [{"name": "RESTIC_PASSWORD", "value": text}]}),
    lambda text: pod(container={"args": ["--token", text]}),
    lambda text: pod(container={"command": ["app", "--api-key"], "args": [text]}),
    lambda text: pod(annotations={"example.org/auth-secret": text}),
    lambda text: pod(spec={"volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"accessKey": text}}}]}),
    # Dropped as a whole.
    lambda text: pod(container={"lifecycle": {"preStop": {"exec": {"command": [text]}}}}),
    lambda text: pod(container={"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X", "value": text}]}}}),
    lambda text: pod(annotations={"kubectl.kubernetes.io/last-applied-configuration": text}),
]


@given(st.sampled_from(PLACES), RANDOM)
def test_a_random_secret_survives_nowhere(place: t.Callable[[str], Object], secret: str) -> None:
    assert secret not in json.dumps(trimmed("pods", place(secret)), ensure_ascii=False)


@given(st.sampled_from(PLACES), st.sampled_from(AROUND), WORD | RANDOM)
def test_a_word_that_is_a_secret_by_its_surroundings_survives_nowhere(
    place: t.Callable[[str], Object], around: t.Callable[[str], str], secret: str
) -> None:
    assert secret not in json.dumps(trimmed("pods", place(around(secret))), ensure_ascii=False)


@given(st.sampled_from(NAMED), WORD | RANDOM)
def test_a_word_that_is_a_secret_by_its_name_survives_nowhere(place: t.Callable[[str], Object], secret: str) -> None:
    # A word that stands in every pod anyway, such as a part of "annotations", tells nothing.
    assume(secret not in json.dumps(trimmed("pods", place("another word")), ensure_ascii=False))
    assert secret not in json.dumps(trimmed("pods", place(secret)), ensure_ascii=False)


# --- what no API server should send

FIELDS = [
    *(
        "metadata",
        "spec",
        "status",
        "template",
        "containers",
        "env",
        "args",
        "name",
        "value",
        "valueFrom",
        "volumes",
        "csi",
        "data",
    ),
    *("data", "annotations", "labels", "volumeAttributes", "parameters", "command", "exec", "ownerReferences", "x"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["spec", "status", "data", "parameters", "endpoints"]), JSON))
def test_any_form_is_trimmed_without_an_error(kind: t.Any, body: Object) -> None:
    found = TRIMMER.trim(kind, {"metadata": {"name": "k0s-ctrl-x"}, **body})
    json.dumps(found)


def test_data_that_is_nested_without_end() -> None:
    deep = "[" * 990 + "]" * 990
    found = trimmed("pods", pod(annotations={"deep": deep}, container={"env": [{"name": "DEEP", "value": deep}]}))
    json.dumps(found)
    nested: t.Any = "x"
    while len(str(nested)) < 1_800:
        nested = [nested]
    assert trimmed("persistentvolumes", {"metadata": {"name": "v"}, "spec": {"odd": nested}})["spec"] in ({}, {"odd": nested})


@pytest.mark.parametrize("text", ["aB3" * 80_000, "http://" + "x" * 200_000, "a." * 100_000, ("aB3" * 80 + "\n") * 300])
def test_long_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    found = trimmed("pods", pod(annotations={"long": text}, container={"args": [text], "env": [{"name": "LONG", "value": text}]}))
    assert time.process_time() - started < 15
    assert len(found["metadata"]["annotations"]["long"]) < len(text)


def test_a_pod_costs_little() -> None:
    """10,000 of them take a few seconds and less than 250 MB; the limits here leave room for a busy machine."""
    text = json.dumps(pod(container={"env": [{"name": f"VAR_{number}", "value": f"value {number}"} for number in range(20)]}))
    trimmer = Trimmer(REDACTOR)
    tracemalloc.start()
    started = time.process_time()
    found = [trimmer.trim(KIND["pods"], json.loads(text)) for number in range(1_000)]
    seconds = time.process_time() - started
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(found) == 1_000
    assert seconds < 10
    assert size < 1_000 * 25_000


# --- Argo CD, MetalLB, Longhorn, metrics and events

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
