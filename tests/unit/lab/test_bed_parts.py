# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the real bed that decide something, against an API that is made up."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from lab import argo, build_servers, ca_rotator, cluster, lab_sources, metrics
from lab.kube_api import KubeApi, KubeError, Object

DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/bgppeers.metallb.io"


class MadeUpApi(KubeApi):
    """Answers GET from ``answers`` and writes every other request down."""

    def __init__(self, answers: dict[str, Object]) -> None:
        self.answers = answers
        self.written: list[tuple[str, str, t.Any]] = []
        self._kinds = {}

    def call(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Object:
        if method != "GET":
            self.written.append((method, path, body))
            return {}
        if path not in self.answers:
            raise KubeError(method, path, 404, "nothing")
        return self.answers[path]


def application(name: str, sync: str, health: str, *conditions: str) -> Object:
    messages = [{"type": "ComparisonError", "message": text} for text in conditions]
    return {"metadata": {"name": name}, "status": {"sync": {"status": sync}, "health": {"status": health}, "conditions": messages}}


def applications(*items: Object, heals: int = 3) -> argo.Applications:
    events = [
        {"involvedObject": {"name": name}, "message": "Partial sync operation to 1 succeeded"}
        for name in argo.DRIFTING
        for _heal in range(heals)
    ]
    listed = {
        "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications": {"items": list(items)},
        "/api/v1/namespaces/argocd/events": {"items": events},
    }
    found = argo.Applications(MadeUpApi(listed))
    found._expected = {"glance", "longhorn", "metallb"}
    return found


GLANCE = application("glance", "Synced", "Healthy")
LONGHORN = application("longhorn", "OutOfSync", "Healthy")
METALLB = application("metallb", "OutOfSync", "Healthy")


@pytest.mark.parametrize(
    ("items", "missing"),
    [
        ([GLANCE, LONGHORN, METALLB], ""),
        ([GLANCE, LONGHORN], "metallb not there"),
        ([GLANCE, LONGHORN, application("metallb", "Synced", "Healthy")], "metallb Synced Healthy"),
        (
            [application("glance", "OutOfSync", "Healthy", "no path"), LONGHORN, METALLB],
            "glance OutOfSync Healthy (no path)",
        ),
        ([application("glance", "Synced", "Degraded"), LONGHORN, METALLB], "glance Synced Degraded"),
        ([{"metadata": {"name": "glance"}}, LONGHORN, METALLB], "glance Unknown Unknown, glance Unknown Unknown"),
    ],
)
def test_what_the_applications_lack(items: list[Object], missing: str) -> None:
    assert applications(*items).missing() == missing


def test_too_few_heals() -> None:
    found = applications(GLANCE, LONGHORN, METALLB, heals=2)
    assert found.missing() == "longhorn healed 2 times, metallb healed 2 times"
    assert found.unhealthy() == ""


def test_argo_cd_is_asked_to_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found = applications(application("glance", "Synced", "Degraded"), LONGHORN, METALLB)
    found.unhealthy()
    api = found._api
    assert isinstance(api, MadeUpApi)
    assert api.written == []
    monkeypatch.setattr(argo, "_PATIENCE", 0)
    found.unhealthy()
    change = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
    assert api.written == [("PATCH", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/glance", change)]


@pytest.mark.parametrize(
    ("spec", "writes"),
    [
        ({"conversion": {"webhook": {"clientConfig": {"caBundle": "placeholder"}}}}, 1),
        ({"conversion": {"webhook": {"clientConfig": {}}}}, 1),
        ({"conversion": {"webhook": {"clientConfig": {"caBundle": "own"}}}}, 0),
        ({"conversion": {"strategy": "None"}}, 0),
        ({}, 0),
    ],
)
def test_the_authority_is_written_only_where_it_differs(spec: Object, writes: int) -> None:
    api = MadeUpApi({})
    ca_rotator.keep(api, {"spec": spec}, "own")
    change = {"spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": "own"}}}}}
    assert api.written == [("PATCH", f"{DEFINITION}?fieldManager=MetalLB", change)] * writes


CORE = {"resources": [{"name": "pods", "kind": "Pod", "namespaced": True}, {"name": "pods/log", "kind": "Pod", "namespaced": True}]}
POOLS = {"resources": [{"name": "ipaddresspools", "kind": "IPAddressPool", "namespaced": True}]}
POOL: Object = {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": {"name": "lan", "namespace": "metal"}}


def test_where_objects_live() -> None:
    api = MadeUpApi({"/api/v1": CORE, "/apis/metallb.io/v1beta1": {"resources": []}})
    assert api.path_of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}) == "/api/v1/namespaces/default/pods/a"
    with pytest.raises(KubeError) as caught:
        api.path_of(POOL)
    assert caught.value.status == 404
    # The kind may come later.
    api.answers["/apis/metallb.io/v1beta1"] = {
        "resources": [{"name": "ipaddresspools", "kind": "IPAddressPool", "namespaced": True}]
    }
    assert api.path_of(POOL) == "/apis/metallb.io/v1beta1/namespaces/metal/ipaddresspools/lan"
    with pytest.raises(KubeError):
        api.path_of({**POOL, "apiVersion": "longhorn.io/v1beta2"})


def test_what_comes_too_early_is_tried_again() -> None:
    api = MadeUpApi({"/api/v1": CORE})
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "status": {"phase": "Running"}}
    pending = cluster.Pending(api, [POOL], [pod])
    assert pending.missing() == "IPAddressPool lan"
    assert api.written == [("PATCH", "/api/v1/namespaces/default/pods/a/status", {"status": {"phase": "Running"}})]
    api.answers["/apis/metallb.io/v1beta1"] = {
        "resources": [{"name": "ipaddresspools", "kind": "IPAddressPool", "namespaced": True}]
    }
    assert pending.missing() == ""
    assert pending.missing() == ""
    assert len(api.written) == 2


def test_only_objects_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Service\n---\nkind: Namespace\n---\nreplicas: 2\n---\n- 1\n---\n")
    (tmp_path / "b.yml").write_text("kind: List\nitems: [{kind: Deployment}]\n")
    assert [item["kind"] for item in cluster.read_manifests(tmp_path)] == ["Namespace", "Service", "Deployment"]


def test_a_long_wait_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cluster, "_SILENCE", 0)
    monkeypatch.setattr(cluster, "_PAUSE", 0.01)
    answers: t.Iterator[str] = iter(["pods", ""])
    cluster.wait("the lab", lambda: next(answers), 5)
    assert capsys.readouterr().out == "waiting for the lab for 0 s: pods\n"


def test_usage_of_a_workload_and_of_all_others() -> None:
    assert metrics._expression({"default/jellyfin": {"cpu": "150m", "memory": "2Gi"}}, "memory") == (
        'container.name != pod.spec.containers[0].name ? Quantity("12Mi") : '
        'pod.metadata.namespace == "default" && pod.metadata.name.startsWith("jellyfin-") ? Quantity("2Gi") : Quantity("12Mi")'
    )


def test_nodes_are_measured_and_keep_their_annotations() -> None:
    node: Object = {"kind": "Node", "metadata": {"name": "one", "annotations": {"a": "b"}}}
    assert metrics.measured(node)["metadata"]["annotations"] == {
        "a": "b",
        "metrics.k8s.io/resource-metrics-path": "/metrics/nodes/one/metrics/resource",
    }
    assert node["metadata"]["annotations"] == {"a": "b"}


def test_usage_is_awaited() -> None:
    root = "/apis/metrics.k8s.io/v1beta1"
    nodes = [{"metadata": {"name": name}} for name in metrics.node_names()]
    assert metrics.missing(MadeUpApi({f"{root}/nodes": {"items": nodes}, f"{root}/pods": {"items": [{}]}})) == ""
    assert metrics.missing(MadeUpApi({f"{root}/nodes": {"items": nodes[1:]}, f"{root}/pods": {"items": []}})) == (
        "usage of node k3s-worker-1, usage of the pods"
    )


def test_definitions_are_borrowed_from_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, chart = tmp_path / "module", tmp_path / "chart"
    (module / "deep").mkdir(parents=True)
    (module / "deep" / "crds.yaml").write_text("kind: CustomResourceDefinition\n")
    (chart / "templates").mkdir(parents=True)
    monkeypatch.setattr(build_servers, "module_source", lambda wrapper, path: module)
    lab_sources._borrow(chart, {"wrapper": "crds", "path": "example.org/module", "files": ["deep/crds.yaml"]})
    assert (chart / "templates" / "crds.yaml").read_text() == "kind: CustomResourceDefinition\n"


def test_the_names_of_the_sources() -> None:
    assert lab_sources.host_names() == ["git.home.example", "charts.home.example"]
