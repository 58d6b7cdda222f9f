# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects that are out of sync are read, and what is said of those that are not."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from unit.kubernetes.fake_api import FakeApi, Handler

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.guard import allowed_endpoints
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.collect import collect
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.drifted import DRIFTING, MOST
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import Object

APPLICATIONS = "/apis/argoproj.io/v1alpha1/applications"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
CRD = {"group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition", "version": "v1", "name": "volumes.longhorn.io"}
WEB = {"group": "apps", "kind": "Deployment", "version": "v1", "namespace": "shop", "name": "web"}


@pytest.fixture(autouse=True)
def with_argocd(api: FakeApi) -> None:
    api.groups.update({"argoproj.io": ["v1alpha1"], "apiextensions.k8s.io": ["v1"]})


def lists(api: FakeApi, *resources: Object, name: str = "shop", destination: Object | None = None) -> None:
    """An Application that lists these resources as out of sync, and one in sync."""
    found = [{**resource, "status": "OutOfSync"} for resource in resources]
    found.append({"kind": "Service", "version": "v1", "namespace": "shop", "name": "web", "status": "Synced"})
    api.lists.setdefault(APPLICATIONS, []).append(
        {
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {"destination": destination or {"server": "https://kubernetes.default.svc"}},
            "status": {"resources": found},
        }
    )


def serves(api: FakeApi, path: str, applied: Object, now: Object) -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    name = path.rsplit("/", 1)[1]
    api.always[path] = lambda handler: handler.json(
        {**now, "metadata": {"name": name, "generation": 2, "annotations": annotations}}
    )


def read(options: Object, ledger: Ledger | None = None) -> Collected:
    return collect({**options, "gather": ["drifted_objects"]}, ledger or Ledger(), Redactor(b"key of the tests"))


def test_what_is_out_of_sync_is_read_and_explained(api: FakeApi, options: Object) -> None:
    lists(api, WEB, CRD)
    serves(api, f"{CRDS}/volumes.longhorn.io", {"spec": {"preserveUnknownFields": False}}, {"spec": {}})
    serves(api, f"{DEPLOYMENTS}/web", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}})
    ledger = Ledger()
    collected = read(options, ledger)
    assert (collected.state, collected.gaps, sorted(collected.nouns)) == ("read", [], ["drifted_objects", "version"])
    difference = {"in_applied": True, "owners": []}
    assert collected.nouns["drifted_objects"] == [
        {
            **CRD,
            "application": "argocd/shop",
            "namespace": "",
            "state": "live",
            "generation": 2,
            "last_applied": True,
            "differences": [{**difference, "path": "/spec/preserveUnknownFields", "in_live": False, "applied": False}],
        },
        {
            **WEB,
            "application": "argocd/shop",
            "state": "live",
            "generation": 2,
            "last_applied": True,
            "differences": [{**difference, "path": "/spec/replicas", "in_live": True, "applied": 1, "live": 2}],
        },
    ]
    assert {line.endpoint for line in ledger.requests if "shop" in line.path or "longhorn" in line.path} == {
        f"{CRDS}/{{name}}",
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
    }


def test_an_object_that_differs_everywhere_is_a_gap(api: FakeApi, options: Object) -> None:
    lists(api, WEB)
    applied, live = ({"spec": {"template": {f"field-{index:03}": side for index in range(203)}}} for side in ("a", "b"))
    serves(api, f"{DEPLOYMENTS}/web", applied, live)
    collected = read(options)
    [row] = collected.nouns["drifted_objects"]
    assert len(row["differences"]) == 200
    [gap] = collected.gaps
    assert (gap.what, gap.reason) == ("drifted_objects/Deployment shop/web", "unsupported")
    assert gap.detail == "cannot tell 3 of 203 differences of Deployment shop/web: at most 200 are kept of an object"


def test_what_is_gone_and_what_is_not_read(api: FakeApi, options: Object) -> None:
    lists(
        api,
        WEB,
        {"kind": "Secret", "version": "v1", "namespace": "shop", "name": "db"},
        {"kind": "ConfigMap", "version": "v1", "namespace": "shop", "name": "config"},
        {**WEB, "name": "../secrets/db"},
        {**WEB, "name": ".."},
        {**WEB, "namespace": "a/../secrets"},
        {**WEB, "namespace": None},
    )
    api.always[f"{DEPLOYMENTS}/web"] = lambda handler: handler.status(404)
    ledger = Ledger()
    collected = read(options, ledger)
    rows = {(row["kind"], row["namespace"], row["name"]): row["state"] for row in collected.nouns["drifted_objects"]}
    assert rows == {
        ("ConfigMap", "shop", "config"): "unsupported",
        ("Secret", "shop", "db"): "unsupported",
        ("Deployment", "shop", "web"): "missing",
        ("Deployment", "shop", "../secrets/db"): "unsupported",
        ("Deployment", "shop", ".."): "unsupported",
        ("Deployment", "a/../secrets", "web"): "unsupported",
        ("Deployment", "", "web"): "unsupported",
    }
    assert {(row["last_applied"], len(row["differences"]), "generation" in row) for row in collected.nouns["drifted_objects"]} == {
        (False, 0, False)
    }
    assert collected.gaps == []
    assert all(line.allowed for line in ledger.requests)
    assert not [path for path in api.paths() if "secrets" in path or "configmaps" in path]


@pytest.mark.parametrize(
    ("destination", "state"),
    [
        ({"server": "https://kubernetes.default.svc/"}, "missing"),
        ({"server": "https://kubernetes.default.svc.cluster.local"}, "missing"),
        ({"server": "{url}"}, "missing"),
        ({"name": "in-cluster"}, "missing"),
        ({"server": "https://192.0.2.99:6443"}, "unsupported"),
        ({"name": "attic"}, "unsupported"),
    ],
)
def test_objects_of_another_cluster_are_not_looked_for_here(
    api: FakeApi, options: Object, destination: dict[str, str], state: str
) -> None:
    lists(api, WEB, destination={field: value.format(url=api.url) for field, value in destination.items()})
    api.always[f"{DEPLOYMENTS}/web"] = lambda handler: handler.status(404)
    assert [row["state"] for row in read(options).nouns["drifted_objects"]] == [state]


def test_one_kind_that_may_not_be_read_is_one_gap(api: FakeApi, options: Object) -> None:
    lists(api, WEB, CRD, {**CRD, "name": "nodes.longhorn.io"})
    for name in ("volumes", "nodes"):
        api.always[f"{CRDS}/{name}.longhorn.io"] = lambda handler: handler.status(403)
    serves(api, f"{DEPLOYMENTS}/web", {}, {})
    collected = read(options)
    assert [row["name"] for row in collected.nouns["drifted_objects"]] == ["web"]
    [gap] = collected.gaps
    assert (gap.what, gap.reason) == ("drifted_objects/CustomResourceDefinition", "forbidden")
    assert gap.detail == "cannot get customresourcedefinitions.apiextensions.k8s.io: the user of context 'lab' may not"
    assert gap.remedy.endswith('apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: ["get"]')


def test_an_object_that_does_not_answer_hides_no_other(api: FakeApi, options: Object) -> None:
    lists(api, WEB, {**WEB, "name": "api"}, CRD)
    api.always[f"{DEPLOYMENTS}/web"] = lambda handler: time.sleep(1)
    api.always[f"{DEPLOYMENTS}/api"] = lambda handler: handler.json({"kind": "Status"})
    serves(api, f"{CRDS}/volumes.longhorn.io", {}, {})
    collected = read({**options, "timeout": 0.4})
    assert [row["name"] for row in collected.nouns["drifted_objects"]] == ["volumes.longhorn.io"]
    assert [(gap.what, gap.reason) for gap in collected.gaps] == [
        ("drifted_objects/Deployment shop/api", "invalid"),
        ("drifted_objects/Deployment shop/web", "timeout"),
    ]
    assert collected.gaps[0].detail == f"cannot read {DEPLOYMENTS}/api from {api.url}: the answer is not an object"


def test_when_nothing_could_be_read_there_is_no_list(api: FakeApi, options: Object) -> None:
    lists(api, WEB, {"kind": "Secret", "version": "v1", "namespace": "shop", "name": "db"})
    api.always[f"{DEPLOYMENTS}/web"] = lambda handler: handler.status(500)
    collected = read(options)
    assert "drifted_objects" not in collected.nouns
    assert [(gap.what, gap.reason) for gap in collected.gaps] == [("drifted_objects/Deployment shop/web", "invalid")]


def test_without_applications_nothing_is_known_of_drift(api: FakeApi, options: Object) -> None:
    api.always[APPLICATIONS] = lambda handler: handler.status(403)
    collected = read(options)
    assert "drifted_objects" not in collected.nouns
    assert [(gap.what, gap.reason, gap.detail) for gap in collected.gaps] == [
        ("applications", "forbidden", "cannot list applications.argoproj.io: the user of context 'lab' may not")
    ]


def test_only_so_many_are_read(api: FakeApi, options: Object) -> None:
    lists(api, *({**WEB, "name": f"web-{number:02}"} for number in range(MOST + 2)))
    # An object of two Applications is read once.
    lists(api, {**WEB, "name": "web-00"}, name="shop-again")
    for number in range(MOST + 2):
        api.always[f"{DEPLOYMENTS}/web-{number:02}"] = lambda handler: handler.status(404)
    collected = read(options)
    assert len(collected.nouns["drifted_objects"]) == MOST + 1
    assert len([path for path in api.paths() if path.startswith(DEPLOYMENTS)]) == MOST
    [gap] = collected.gaps
    assert (gap.what, gap.reason) == ("drifted_objects/*", "unsupported")
    assert gap.detail == "cannot compare 2 of 52 objects that are out of sync: at most 50 are read of a cluster"


@pytest.mark.parametrize("status", [None, {}, {"resources": None}, {"resources": ["x", {"status": "OutOfSync"}]}])
def test_applications_of_odd_forms(api: FakeApi, options: Object, status: t.Any) -> None:
    api.lists[APPLICATIONS] = [
        {"metadata": {"name": "a", "namespace": "b"}, "spec": {"destination": {"name": {"x": 1}}}, "status": status}
    ]
    assert [row["state"] for row in read(options).nouns["drifted_objects"]] == []


def test_an_object_that_is_nested_without_end(api: FakeApi, options: Object) -> None:
    lists(api, WEB)
    deep = '{"spec":' * 900 + "1" + "}" * 900

    def answer(handler: Handler) -> None:
        annotations = {"kubectl.kubernetes.io/last-applied-configuration": deep}
        handler.body((deep[:-1] + ',"metadata":' + json.dumps({"name": "web", "annotations": annotations}) + "}").encode())

    api.always[f"{DEPLOYMENTS}/web"] = answer
    collected = read(options)
    assert [gap.reason for gap in collected.gaps] in (["invalid"], [])


def test_the_table_is_what_the_list_of_reads_allows() -> None:
    allowed = {path for method, path in allowed_endpoints("kubernetes") if "{name}" in path}
    assert {kind.template for kind in DRIFTING.values()} == allowed
    assert {(kind.group, name) for (group, name), kind in DRIFTING.items()} == set(DRIFTING)
