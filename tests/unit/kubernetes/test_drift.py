# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between a live object and what was applied last, and what only looks so."""

from __future__ import annotations

import base64
import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.drift import explain
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer

REDACTOR = Redactor(b"key of the tests")
TRIMMER = Trimmer(REDACTOR)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SYNCED = "2026-01-02T03:04:05Z"


def masked(text: str) -> str:
    return REDACTOR.mask(text)


def live(applied: Object, changed: Object | None = None, **metadata: t.Any) -> Object:
    """The live object after applied was applied; changed: what stands there now instead of it."""
    annotations = {LAST_APPLIED: json.dumps(applied)}
    item = copy.deepcopy(applied if changed is None else changed)
    return {**item, "metadata": {"name": "x", "generation": 4, "annotations": annotations, **metadata}}


def compared(applied: Object, changed: Object | None = None, *, typed: bool = True, **metadata: t.Any) -> list[Object]:
    return t.cast("list[Object]", explain(live(applied, changed, **metadata), typed, TRIMMER)["differences"])


def told(differences: list[Object]) -> list[tuple[str, t.Any, t.Any]]:
    """Path, applied and live; "-" for what is not there."""
    for one in differences:
        assert (one["in_applied"], one["in_live"]) == ("applied" in one, "live" in one)
    return [(one["path"], one.get("applied", "-"), one.get("live", "-")) for one in differences]


# --- the two drifts that everybody with Longhorn or MetalLB has seen

CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "volumes.longhorn.io"},
    "spec": {
        "group": "longhorn.io",
        "preserveUnknownFields": False,
        "names": {"kind": "Volume", "plural": "volumes"},
        "versions": [{"name": "v1beta1", "served": True}, {"name": "v1beta2", "served": True}],
    },
    "status": {"storedVersions": []},
}


def test_a_field_that_the_server_drops_has_no_owner() -> None:
    now = copy.deepcopy(CRD)
    del now["spec"]["preserveUnknownFields"]
    now["spec"]["conversion"] = {"strategy": "None"}
    now["spec"]["names"]["listKind"] = "VolumeList"
    now["status"] = {"storedVersions": ["v1beta2"]}
    fields = {"f:spec": {"f:group": {}, "f:names": {"f:kind": {}}}}
    managers = [{"manager": "argocd-controller", "operation": "Update", "time": SYNCED, "fieldsV1": fields}]
    found = explain(live(CRD, now, managedFields=managers), False, TRIMMER)
    assert found == {
        "last_applied": True,
        "generation": 4,
        "differences": [
            {"path": "/spec/preserveUnknownFields", "in_applied": True, "in_live": False, "applied": False, "owners": []}
        ],
    }


def test_a_field_that_a_controller_overwrites_has_an_owner_and_both_values() -> None:
    bundles = [base64.b64encode(f"-----BEGIN CERTIFICATE-----\n{word * 90}".encode()).decode() for word in ("Chart", "Rotated")]
    crds = [{"spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}}} for bundle in bundles]
    owned = {"f:spec": {"f:conversion": {"f:webhook": {"f:clientConfig": {"f:caBundle": {}}}}}}
    managers = [
        {
            "manager": "argocd-controller",
            "operation": "Update",
            "time": SYNCED,
            "fieldsV1": {"f:spec": {"f:conversion": {"f:x": {}}}},
        },
        {"manager": "MetalLB", "operation": "Update", "fieldsV1": owned},
    ]
    [found] = compared(*crds, typed=False, managedFields=managers)
    assert found["path"] == "/spec/conversion/webhook/clientConfig/caBundle"
    assert found["owners"] == [{"manager": "MetalLB", "operation": "Update", "time": None}]
    assert found["applied"] != found["live"]
    assert all(len(found[side]) <= 80 and "LS0t" not in found[side] for side in ("applied", "live"))


# --- equal, though it does not look so


def pod(**container: t.Any) -> Object:
    return {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:1", **container}]}}}}


DNS = [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]
EQUAL: dict[str, tuple[Object, Object]] = {
    "defaults": (pod(), pod(terminationMessagePolicy="File", imagePullPolicy="IfNotPresent")),
    "quantities": (
        pod(resources={"limits": {"cpu": 1, "memory": "1024Mi"}, "requests": {"cpu": "0.5"}}),
        pod(resources={"limits": {"cpu": "1000m", "memory": "1Gi"}, "requests": {"cpu": "500m"}}),
    ),
    "a claim": (
        {"spec": {"resources": {"requests": {"storage": "1024Mi"}}}},
        {"spec": {"resources": {"requests": {"storage": "1Gi"}}}},
    ),
    "empty fields": (pod(env=[], resources={"limits": {}}, command=None, tty=False, workingDir=""), pod()),
    "null that is there": ({"metadata": {"annotations": None}, "spec": {"selector": None}}, {"spec": {"selector": {"a": "b"}}}),
    "two protocols on one port": (pod(ports=DNS), pod(ports=[{"containerPort": 53, "protocol": "TCP"}, DNS[0]])),
    "order of variables": (
        pod(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
        pod(env=[{"name": "B", "value": "2"}, {"name": "A", "value": "1"}, {"name": "INJECTED", "value": "3"}]),
    ),
    "the last variable of a name counts": (
        pod(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        pod(env=[{"name": "A", "value": "2"}]),
    ),
    "a Service": (
        {"spec": {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}},
        {
            "spec": {
                "ports": [{"port": 53, "protocol": "TCP", "nodePort": 30053}, {"port": 53, "protocol": "UDP", "targetPort": 53}]
            }
        },
    ),
    "labels of others": ({"metadata": {"labels": {"a": "b"}}}, {"metadata": {"labels": {"a": "b", "c": "d"}}}),
    "status and identity": (
        {"apiVersion": "a/v1", "kind": "K", "status": {"a": 1}},
        {"apiVersion": "a/v2", "kind": "K", "status": {}},
    ),
}


@pytest.mark.parametrize(("applied", "now"), EQUAL.values(), ids=EQUAL)
def test_no_difference_in_a_known_type(applied: Object, now: Object) -> None:
    metadata = now.get("metadata", {})
    annotations = {**metadata.get("annotations", {}), LAST_APPLIED: json.dumps(applied)}
    item = {**now, "metadata": {"name": "x", **metadata, "annotations": annotations}}
    assert explain(item, True, TRIMMER) == {"last_applied": True, "differences": []}


def test_noise_in_metadata_is_no_difference() -> None:
    applied = {
        "metadata": {
            "name": "x",
            "namespace": "n",
            "creationTimestamp": None,
            "finalizers": ["a"],
            "labels": {"app.kubernetes.io/instance": "shop"},
            "annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"},
        }
    }
    for typed in (True, False):
        assert compared(applied, {}, typed=typed) == []


# --- different

DIFFERENT: dict[str, tuple[bool, Object, Object, list[tuple[str, t.Any, t.Any]]]] = {
    "a number": (True, {"spec": {"replicas": 0}}, {"spec": {"replicas": 3}}, [("/spec/replicas", 0, 3)]),
    "text is no number": (True, {"spec": {"port": "80"}}, {"spec": {"port": 80}}, [("/spec/port", "80", 80)]),
    "true is not 1": (True, {"spec": {"a": 1}}, {"spec": {"a": True}}, [("/spec/a", 1, True)]),
    "quantities of other kinds": (
        False,
        {"spec": {"limits": {"cpu": "1000m"}}},
        {"spec": {"limits": {"cpu": "1"}}},
        [("/spec/limits/cpu", "1000m", "1")],
    ),
    "no quantity": (True, {"spec": {"level": "1000m"}}, {"spec": {"level": "1"}}, [("/spec/level", "1000m", "1")]),
    "a container by its name": (
        True,
        {"spec": {"containers": [{"name": "web", "image": "web:1"}]}},
        {"spec": {"containers": [{"name": "proxy", "image": "p:1"}, {"name": "web", "image": "web:2"}]}},
        [("/spec/containers/1/image", "web:1", "web:2")],
    ),
    "a container that is gone": (
        True,
        {"spec": {"containers": [{"name": "web"}, {"name": "side"}]}},
        {"spec": {"containers": [{"name": "web"}]}},
        [("/spec/containers/1", {"name": "side"}, "-")],
    ),
    "words": (
        True,
        {"spec": {"args": ["a", "b"]}},
        {"spec": {"args": ["a", "x", "b"]}},
        [("/spec/args", ["a", "b"], ["a", "x", "b"])],
    ),
    "a list in its order": (
        False,
        {"spec": {"rules": [{"name": "a"}]}},
        {"spec": {"rules": [{"name": "b"}, {"name": "a"}]}},
        [("/spec/rules/0/name", "a", "b"), ("/spec/rules/1", "-", {"name": "a"})],
    ),
    "a member too few": (
        False,
        {"spec": {"rules": [{"name": "a"}, {"name": "b"}]}},
        {"spec": {"rules": [{"name": "a"}]}},
        [("/spec/rules/1", {"name": "b"}, "-")],
    ),
    "null": (
        False,
        {"metadata": {"annotations": None}, "spec": {"a": None}},
        {"spec": {}},
        [("/metadata/annotations", None, "-"), ("/spec/a", None, "-")],
    ),
    "empty": (False, {"spec": {"categories": [], "x": {}}}, {"spec": {}}, [("/spec/categories", [], "-"), ("/spec/x", {}, "-")]),
    "another type": (True, {"spec": {"a": {"b": 1}}}, {"spec": {"a": [1]}}, [("/spec/a", {"b": 1}, [1])]),
    "names with slashes": (
        True,
        {"metadata": {"annotations": {"example.org/a~b": "x"}}},
        {"metadata": {"annotations": {"example.org/a~b": "y"}}},
        [("/metadata/annotations/example.org~1a~0b", "x", "y")],
    ),
}


@pytest.mark.parametrize(("typed", "applied", "now", "expected"), DIFFERENT.values(), ids=DIFFERENT)
def test_difference(typed: bool, applied: Object, now: Object, expected: list[tuple[str, t.Any, t.Any]]) -> None:
    annotations = {**now.get("metadata", {}).get("annotations", {}), LAST_APPLIED: json.dumps(applied)}
    found = explain({**now, "metadata": {"name": "x", "annotations": annotations}}, typed, TRIMMER)
    assert told(found["differences"]) == expected


@pytest.mark.parametrize("text", [None, 5, "", "{", "[]", "null"])
def test_without_what_was_applied_there_is_nothing_to_compare(text: t.Any) -> None:
    annotations = {} if text is None else {LAST_APPLIED: text}
    assert explain({"metadata": {"name": "x", "annotations": annotations}}, True, TRIMMER) == {
        "last_applied": False,
        "differences": [],
    }
    assert explain({"metadata": {"name": "x"}}, True, TRIMMER) == {"last_applied": False, "differences": []}


# --- owners

OWNERS: dict[str, tuple[Object, bool]] = {
    "the field": ({"f:spec": {"f:webhooks": {'k:{"name":"b"}': {"f:clientConfig": {"f:caBundle": {}}}}}}, True),
    "a whole that holds it": ({"f:spec": {"f:webhooks": {'k:{"name":"b"}': {"f:clientConfig": {}}}}}, True),
    "the list as a whole": ({"f:spec": {"f:webhooks": {}}}, True),
    "by its place": ({"f:spec": {"f:webhooks": {"i:1": {"f:clientConfig": {"f:caBundle": {}}}}}}, True),
    "another member": ({"f:spec": {"f:webhooks": {'k:{"name":"a"}': {"f:clientConfig": {"f:caBundle": {}}}}}}, False),
    "another field": ({"f:spec": {"f:webhooks": {'k:{"name":"b"}': {".": {}, "f:name": {}}}}}, False),
    "only that it is there": ({"f:spec": {"f:webhooks": {'k:{"name":"b"}': {"f:clientConfig": {".": {}}}}}}, False),
    "nothing": ({}, False),
    "odd keys": ({"f:spec": {"f:webhooks": {"k:{": {}, "x": {}, "v:1": {}, "k:1": {}, "i:x": {}}}}, False),
    "no mapping": ({"f:spec": "all"}, False),
}


@pytest.mark.parametrize(("fields", "owns"), OWNERS.values(), ids=OWNERS)
def test_owner(fields: Object, owns: bool) -> None:
    applied = {"spec": {"webhooks": [{"name": "b", "clientConfig": {"caBundle": "AA=="}}]}}
    now = {"spec": {"webhooks": [{"name": "a"}, {"name": "b", "clientConfig": {"caBundle": "BB=="}}]}}
    managers = [{"manager": "cainjector", "operation": "Apply", "time": SYNCED, "fieldsV1": fields}, "odd", {}]
    [found] = compared(applied, now, managedFields=managers)
    assert found["path"] == "/spec/webhooks/1/clientConfig/caBundle"
    assert found["owners"] == ([{"manager": "cainjector", "operation": "Apply", "time": SYNCED}] if owns else [])


def test_a_port_is_owned_by_its_number_and_protocol() -> None:
    applied = {"spec": {"ports": [{"port": 53, "protocol": "UDP", "nodePort": 1}]}}
    now = {"spec": {"ports": [{"port": 53}, {"port": 53, "protocol": "UDP", "nodePort": 2}]}}
    fields = {"f:spec": {"f:ports": {'k:{"port":53,"protocol":"UDP"}': {"f:nodePort": {}}}}}
    [found] = compared(applied, now, managedFields=[{"manager": "me", "operation": "Update", "fieldsV1": fields}])
    assert (found["path"], [owner["manager"] for owner in found["owners"]]) == ("/spec/ports/1/nodePort", ["me"])


# --- secrets and long values

WORD = "hunter2"
HELM = {"spec": {"source": {"helm": {"values": f"auth:\n  password: {WORD}\nreplicas: 1\n"}}}}
SECRETS: dict[str, tuple[Object, Object]] = {
    "variable": (pod(env=[{"name": "DB_PASSWORD", "value": WORD}]), pod(env=[{"name": "DB_PASSWORD", "value": "another"}])),
    "argument": (pod(args=["--token", WORD]), pod(args=["--token", "another"])),
    "argument behind the command": (pod(command=["x", "--token"], args=[WORD]), pod(command=["x", "--token"], args=["another"])),
    "arguments": (pod(args=["--token", WORD, "x"]), pod(args=["--token"])),
    "a container that is gone": (
        {
            "spec": {
                "containers": [{"name": "a"}, {"name": "b", "args": ["--token", WORD], "env": [{"name": "API_KEY", "value": WORD}]}]
            }
        },
        {"spec": {"containers": [{"name": "a"}]}},
    ),
    "annotation": (
        {"spec": {"template": {"metadata": {"annotations": {"x/api-token": WORD}}}}},
        {"spec": {"template": {"metadata": {}}}},
    ),
    "Helm values": (HELM, {"spec": {"source": {"helm": {"values": "replicas: 2\n"}}}}),
    "Helm parameter": (
        {"spec": {"helm": {"parameters": [{"name": "auth.password", "value": WORD}]}}},
        {"spec": {"helm": {"parameters": [{"name": "auth.password", "value": "another"}]}}},
    ),
    "Helm object": (
        {"spec": {"valuesObject": {"auth": {"password": WORD}}}},
        {"spec": {"valuesObject": {"auth": {"password": "x"}}}},
    ),
    "address": ({"spec": {"repoURL": f"https://me:{WORD}@git.example.org/a"}}, {"spec": {"repoURL": "https://git.example.org/a"}}),
}


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize(("applied", "now"), SECRETS.values(), ids=SECRETS)
def test_no_secret_shows(applied: Object, now: Object, typed: bool) -> None:
    found = compared(applied, now, typed=typed) + compared(now, applied, typed=typed)
    assert "applied" in json.dumps(found)
    assert WORD not in json.dumps(found)
    assert "«masked:" in json.dumps(found, ensure_ascii=False)


def test_other_values_are_told() -> None:
    [found] = compared(pod(env=[{"name": "MODE", "value": "fast"}]), pod(env=[{"name": "MODE", "value": "slow"}]))
    assert told([found]) == [("/spec/template/spec/containers/0/env/0/value", "fast", "slow")]
    [found] = compared(pod(args=["--level", "1"]), pod(args=["--level", "2"]))
    assert told([found]) == [("/spec/template/spec/containers/0/args/1", "1", "2")]
    [found] = compared({"spec": {"a": {"token": WORD}}}, {"spec": {}}, typed=False)
    assert found["applied"] == {"token": masked(WORD)}


def test_long_values_are_shortened() -> None:
    [found] = compared({"spec": {"text": "word " * 40, "list": 1}}, {"spec": {"text": "wort " * 40, "list": 1}})
    assert found["live"] == ("wort " * 40)[:79] + "…"
    [found] = compared({"spec": {"map": {f"key{number}": number for number in range(30)}}}, {"spec": {}})
    assert found["applied"].startswith('{"key0":0,"key1":1,"key10":10,')
    assert len(found["applied"]) == 80


# --- what nobody should send

FIELDS = st.sampled_from(
    ["spec", "metadata", "labels", "annotations", "containers", "env", "name", "value", "args", "ports", "port", "values", "limits"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=25,
)
BODY = st.dictionaries(FIELDS, JSON, max_size=4)


@given(BODY, BODY, JSON, st.booleans())
def test_any_form_is_compared_without_an_error(applied: Object, now: Object, managers: t.Any, typed: bool) -> None:
    json.dumps(explain(live(applied, now, managedFields=managers), typed, TRIMMER))


@given(BODY, st.booleans())
def test_what_was_applied_and_is_there_is_no_difference(applied: Object, typed: bool) -> None:
    body = {key: value for key, value in applied.items() if key != "metadata"}
    assert compared(body, body, typed=typed) == []
