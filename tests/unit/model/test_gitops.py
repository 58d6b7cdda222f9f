# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argo CD Applications: their fields, families and workloads, and why they drift."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, application, by_name, kubernetes, lab, repository, resource, source, workload


def only(item: Item, **nouns: t.Any) -> Item:
    """The Application of a lab with one."""
    (found,) = lab(kubernetes(applications=[item], **nouns))["applications"]
    return t.cast("Item", found)


def test_an_application_with_everything() -> None:
    operation = {"initiatedBy": {"automated": True}, "sync": {"resources": [{"kind": "Service"}], "autoHealAttemptsCount": 3}}
    item = application(
        "shop",
        spec={
            "destination": {"name": "in-cluster", "namespace": "shop"},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": False}, "syncOptions": ["B=true", "A=true"]},
        },
        sync={"status": "OutOfSync", "revisions": ["a1", "2.0"]},
        sourceTypes=["Helm", "Directory", "Helm"],
        resources=[
            resource("Service", "web", "shop", status="OutOfSync", requiresPruning=True),
            resource("CustomResourceDefinition", "x.test", group="apiextensions.k8s.io", status="OutOfSync"),
            resource("ConfigMap", "fine", "shop"),
        ],
        summary={"images": ["b:1", "a:1"], "externalURLs": ["https://shop.test"]},
        conditions=[{"type": "SyncError", "message": "no"}],
        operationState={"phase": "Succeeded", "message": "done", "startedAt": "s", "finishedAt": "f", "operation": operation},
    )
    found = only(item, unread="events drifted_objects")
    assert found == {
        "id": "application/lab/argocd/shop",
        "name": "shop",
        "cluster": "lab",
        "namespace": "argocd",
        "project": "default",
        "sources": [{"repo_url": "https://git.test/me/homelab.git", "path": "apps/shop", "chart": None, "target_revision": "main"}],
        "source_kinds": ["Directory", "Helm"],
        "destination_namespace": "shop",
        "destination_server": "in-cluster",
        "automated": True,
        "self_heal": False,
        "prune": True,
        "sync_options": ["A=true", "B=true"],
        "sync_status": "OutOfSync",
        "health_status": "Healthy",
        "revision": "a1, 2.0",
        "synced_revision": None,
        "resource_count": 3,
        "out_of_sync": [
            {"group": "", "kind": "Service", "namespace": "shop", "name": "web", "requires_pruning": True},
            {
                "group": "apiextensions.k8s.io",
                "kind": "CustomResourceDefinition",
                "namespace": "",
                "name": "x.test",
                "requires_pruning": False,
            },
        ],
        "children": [],
        "parent_id": None,
        "workloads": [],
        "images": ["a:1", "b:1"],
        "external_urls": ["https://shop.test"],
        "conditions": [{"type": "SyncError", "message": "no"}],
        "last_sync": {
            "phase": "Succeeded",
            "message": "done",
            "started": "s",
            "finished": "f",
            "automated": True,
            "partial": True,
            "heal_attempts": 3,
        },
        "loop": False,
    }


@pytest.mark.parametrize(
    ("policy", "automated", "heals"),
    [
        (None, False, False),
        ({}, False, False),
        ({"automated": {}}, True, False),
        ({"automated": {"selfHeal": True}}, True, True),
        ({"automated": {"selfHeal": True, "enabled": False}}, False, False),
        ({"automated": {"selfHeal": True, "enabled": True}}, True, True),
    ],
)
def test_policies(policy: Item | None, automated: bool, heals: bool) -> None:
    found = only(application("app", spec={"syncPolicy": policy}))
    assert (found["automated"], found["self_heal"]) == (automated, heals)


def test_an_application_that_was_never_compared() -> None:
    item = {
        "metadata": {"name": "new", "namespace": "argocd"},
        "spec": {"source": {"repoURL": "https://charts.test", "chart": "c"}},
    }
    found = only(item)
    assert not {"sync_status", "health_status"} & set(found)
    assert (found["last_sync"], found["revision"], found["resource_count"]) == (None, None, 0)
    assert found["sources"] == [{"repo_url": "https://charts.test", "path": None, "chart": "c", "target_revision": None}]


def test_families() -> None:
    def listing(*names: str) -> list[Item]:
        return [resource("Application", name, "argocd", "argoproj.io") for name in names]

    model = lab(
        kubernetes(
            applications=[
                application("root", resources=listing("root", "child", "gone")),
                application("other", resources=listing("child")),
                application("child", resources=[resource("Application", "root", "argocd", "other.test")]),
            ]
        )
    )["applications"]
    assert by_name(model, "root")["children"] == ["application/lab/argocd/child"]
    assert by_name(model, "root")["parent_id"] is None
    assert by_name(model, "child")["parent_id"] == "application/lab/argocd/other"
    assert by_name(model, "child")["children"] == []


def marked(name: str, **metadata: t.Any) -> Item:
    """A Deployment with this metadata."""
    item = workload(name)
    item["metadata"].update(metadata)
    return item


TRACKED = {"argocd.argoproj.io/tracking-id": "app:apps/Deployment:default/web"}
INSTANCE = {"app.kubernetes.io/instance": "app"}
LISTED = {"resources": [resource("Deployment", "web", "default", "apps")]}
OTHERS = {"resources": [resource("Service", "web", "default")]}
HERE = {"destination": {"namespace": "default"}}


@pytest.mark.parametrize(
    ("metadata", "spec", "status", "managed"),
    [
        ({}, HERE, LISTED, True),
        ({}, HERE, OTHERS, False),
        ({"annotations": TRACKED}, HERE, OTHERS, True),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "app:apps/Deployment:default/copied"}}, HERE, OTHERS, False),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "gone:apps/Deployment:default/web"}}, HERE, OTHERS, False),
        ({"labels": INSTANCE}, HERE, OTHERS, False),
        ({"labels": INSTANCE}, HERE, {}, True),
        ({"labels": INSTANCE}, {"destination": {"namespace": "elsewhere"}}, {}, False),
        ({}, {"destination": {"server": "https://other.test:6443"}}, LISTED, False),
        ({}, {"destination": {"server": "https://192.0.2.20:6443/"}}, LISTED, True),
        ({}, {"destination": {"server": "https://kubernetes.default.svc.cluster.local"}}, LISTED, True),
    ],
    ids=[
        "listed",
        "not",
        "annotation",
        "copied",
        "unknown",
        "label",
        "label alone",
        "namespace",
        "cluster",
        "endpoint",
        "long name",
    ],
)
def test_workloads_of_an_application(metadata: Item, spec: Item, status: Item, managed: bool) -> None:
    model = lab(kubernetes(applications=[application("app", spec=spec, **status)], deployments=[marked("web", **metadata)]))
    found = "application/lab/argocd/app"
    assert model["workloads"][0]["application_id"] == (found if managed else None)
    assert model["applications"][0]["workloads"] == (["deployment/lab/default/web"] if managed else [])
    assert model["services"][0]["applications"] == ([found] if managed else [])


def test_a_hub_manages_workloads_of_another_cluster() -> None:
    app = application("app", spec={"destination": {"server": "https://192.0.2.99:6443"}}, **LISTED)
    away = kubernetes("away", version=[{"gitVersion": "v1", "endpoint": "https://192.0.2.99:6443"}], deployments=[workload("web")])
    model = lab(kubernetes("hub", applications=[app]), away)
    assert model["applications"][0]["workloads"] == ["deployment/away/default/web"]
    assert model["workloads"][0]["application_id"] == "application/hub/argocd/app"


def test_nothing_is_known_of_applications_that_were_not_read() -> None:
    unread = lab(kubernetes(unread="applications", deployments=[workload("web")]))
    assert "applications" not in unread
    assert unread["coverage"]["applications"] == {"kubernetes/lab": "unread"}
    assert "application_id" not in unread["workloads"][0]
    assert "applications" not in unread["services"][0]
    half = lab(kubernetes(applications=[application("app", **LISTED)], deployments=[workload("web")], unread="jobs"))
    assert "workloads" not in half["applications"][0]
    assert half["workloads"][0]["application_id"] == "application/lab/argocd/app"


CRD = resource("CustomResourceDefinition", "x.test", group="apiextensions.k8s.io", status="OutOfSync")
ARGO = {"manager": "argocd-controller", "operation": "Update", "time": "2026-01-02T00:00:00Z"}
ROTATOR = {"manager": "rotator", "operation": "Update", "time": "2026-01-01T00:00:00Z"}
PERSON = {"manager": "kubectl-edit", "operation": "Update", "time": "2026-01-03T00:00:00Z"}


def drifted(*differences: Item, state: str = "live") -> list[Item]:
    """What the collector says of the CRD."""
    row = {"application": "argocd/app", "group": "apiextensions.k8s.io", "version": "v1", "kind": "CustomResourceDefinition"}
    return [{**row, "namespace": "", "name": "x.test", "state": state, "last_applied": True, "differences": list(differences)}]


def differing(applied: t.Any = None, live: t.Any = None, *owners: Item) -> Item:
    """One field; None for a side that does not have it."""
    sides = {name: value for name, value in (("applied", applied), ("live", live)) if value is not None}
    return {"path": "/spec/a", "in_applied": "applied" in sides, "in_live": "live" in sides, "owners": list(owners), **sides}


@pytest.mark.parametrize(
    ("rows", "cause", "owner", "applied", "live"),
    [
        (drifted(differing(applied=False)), "dropped", None, "false", None),
        (drifted(differing("old", "new", ARGO, ROTATOR)), "overwritten", "rotator", "old", "new"),
        (drifted(differing("old", "new", PERSON, ROTATOR)), "overwritten", "rotator", "old", "new"),
        (drifted(differing("old", "new", ARGO, PERSON)), "different", "kubectl-edit", "old", "new"),
        (drifted(differing("old", "new", ARGO)), "different", None, "old", "new"),
        (drifted(differing({"b": 1, "a": 2}, [1])), "different", None, '{"a": 2, "b": 1}', "[1]"),
        (drifted(differing(live="more")), "extra", None, None, "more"),
        (drifted(state="missing"), "missing", None, None, None),
        (drifted(), "unexplained", None, None, None),
        (drifted(state="unsupported"), "unexplained", None, None, None),
        ([], "unexplained", None, None, None),
    ],
)
def test_causes_of_drift(rows: list[Item], cause: str, owner: str | None, applied: str | None, live: str | None) -> None:
    (found,) = only(application("app", resources=[CRD]), drifted_objects=rows)["drift"]
    assert (found["kind"], found["name"], found["namespace"]) == ("CustomResourceDefinition", "x.test", "")
    assert (found["cause"], found["owner"], found["applied"], found["live"]) == (cause, owner, applied, live)
    assert found["path"] == ("/spec/a" if cause in ("dropped", "overwritten", "different") or live else "")


def test_what_is_not_declared_any_more_is_extra_and_what_is_in_sync_has_no_drift() -> None:
    surplus = {**CRD, "requiresPruning": True}
    assert [one["cause"] for one in only(application("app", resources=[surplus]), drifted_objects=drifted())["drift"]] == ["extra"]
    assert only(application("app", resources=[{**CRD, "status": "Synced"}]), drifted_objects=drifted())["drift"] == []
    assert "drift" not in only(application("app", resources=[CRD]), unread="drifted_objects")


def test_where_an_application_is_declared() -> None:
    rows = [
        {"path": "b.yaml", "namespace": None, "name": "app", "sources": []},
        {"path": "c.yaml", "namespace": "elsewhere", "name": "other", "sources": []},
    ]
    cluster = kubernetes(applications=[application("app"), application("other")])
    model = lab(cluster, repository(declared_applications=rows))
    assert [one["declared_in"] for one in model["applications"]] == ["b.yaml", None]
    assert [one["application_id"] for one in model["declared_applications"]] == ["application/lab/argocd/app", None]
    assert "declared_in" not in lab(cluster)["applications"][0]
    failed = lab(cluster, repository(declared_applications=rows), source("repository", "away", {}, "failed"))
    assert failed["applications"][0]["declared_in"] == "b.yaml"
    assert "declared_in" not in failed["applications"][1]
