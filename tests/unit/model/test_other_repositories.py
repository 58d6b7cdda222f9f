# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of many kinds: files that no cluster reads, tables that list no machines, and several clusters in one repository."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, application, kubernetes, lab, node, proxmox, qemu, repository, resource, workload

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import SourceEvidence

HEAD = [{"branch": "main", "remote": "https://git.test/me/homelab.git"}]


def manifest(path: str, kind: str = "Deployment", version: str = "apps/v1", name: str = "a") -> Item:
    """An object in a file."""
    return {"path": path, "index": 0, "apiVersion": version, "kind": kind, "namespace": None, "name": name}


def repo(*manifests: Item, paths: tuple[str, ...] = (), **nouns: t.Any) -> SourceEvidence:
    """A repository with these objects."""
    return repository(*paths, *(row["path"] for row in manifests), head=HEAD, manifests=list(manifests), **nouns)


def ingress(name: str, host: str, **labels: str) -> Item:
    """A live Ingress."""
    rule = {"host": host, "http": {"paths": [{"path": "/", "backend": {"service": {"name": "s"}}}]}}
    return {"metadata": {"name": name, "namespace": "x", "labels": labels}, "spec": {"rules": [rule]}}


def route(path: str, host: str) -> Item:
    """A route in a file."""
    return {"path": path, "namespace": None, "name": "i", "host": host, "route_path": "/", "kube_service_name": "web"}


@pytest.mark.parametrize(
    ("version", "kind", "counted"),
    [
        ("kind.x-k8s.io/v1alpha4", "Cluster", False),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization", False),
        ("skaffold/v4beta6", "Config", False),
        ("v1", "Config", False),
        ("v1alpha1", "HostnameConfig", False),
        ("backstage.io/v1alpha1", "Component", False),
        ("v1", "ConfigMap", True),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", True),
        ("cluster.x-k8s.io/v1beta1", "Cluster", True),
    ],
)
def test_what_a_program_reads_is_no_object_of_a_cluster(version: str, kind: str, counted: bool) -> None:
    model = lab(repo(manifest("ci/a.yaml", kind, version)))
    assert [one["manifest_count"] for one in model["repository_files"]] == [int(counted)]
    assert len(model["repository_folders"]) == counted


def test_folders_of_charts_and_roots() -> None:
    rows = [
        manifest("charts/web/crds/a.yaml", "CustomResourceDefinition"),
        manifest("boot/set.yaml", "ApplicationSet", "argoproj.io/v1alpha1", "all"),
        manifest("old/set.yaml", "ApplicationSet", "argoproj.io/v1alpha1", "gone"),
        manifest("top.yaml", "AppProject", "argoproj.io/v1alpha1", "home"),
    ]
    live = {"metadata": {"namespace": "argocd"}}
    sets = [{**live, "metadata": {"name": "all", "namespace": "argocd"}}]
    cluster = kubernetes(applicationsets=sets, appprojects=[{"metadata": {"name": "home", "namespace": "argocd"}}])
    folders = lab(cluster, repo(*rows, paths=("charts/web/Chart.yaml",)))["repository_folders"]
    assert {one["path"]: (one["in_chart"], one["live_roots"]) for one in folders} == {
        ".": (False, ["AppProject home"]),
        "boot": (False, ["ApplicationSet all"]),
        "charts/web/crds": (True, []),
        "old": (False, []),
    }
    copies = [manifest(path, "Application", "argoproj.io/v1alpha1", "web") for path in ("apps/web/web.yaml", "old/web.yaml")]
    copied = lab(kubernetes(applications=[application("web")]), repo(*copies))["repository_folders"]
    assert [one["live_roots"] for one in copied] == [[], []]
    unread = lab(kubernetes(applicationsets=sets, unread="appprojects"), repo(*rows))["repository_folders"]
    assert {one["path"] for one in unread if "live_roots" in one} == {"boot"}


def test_hosts_that_charts_or_applications_made_are_not_only_live() -> None:
    managed = application("web", resources=[resource("Ingress", "managed", "x", "networking.k8s.io")])
    cluster = kubernetes(
        applications=[managed],
        ingresses=[
            ingress("managed", "managed.test"),
            ingress("chart", "chart.test", **{"app.kubernetes.io/managed-by": "Helm"}),
            ingress("hand", "hand.test"),
            ingress("other", "other.test"),
        ],
    )
    first, second = (
        repository("a.yaml", name=name, manifests=[manifest("a.yaml", "Ingress")], declared_routes=[route("a.yaml", host)])
        for name, host in (("one", "old.test"), ("two", "other.test"))
    )
    found = lab(cluster, first, second)["repositories"]
    assert [(one["route_hosts_only_here"], one["route_hosts_only_live"]) for one in found] == [
        (["old.test"], ["hand.test"]),
        ([], ["hand.test"]),
    ]
    hand = kubernetes(ingresses=[ingress("hand", "hand.test")], unread="applications")
    (half,) = lab(hand, first)["repositories"]
    assert (half["route_hosts_only_here"], "route_hosts_only_live" in half) == (["old.test"], False)


def test_a_host_that_a_kustomization_may_have_changed_is_unknown() -> None:
    reader = application("web", spec={"source": {"repoURL": HEAD[0]["remote"], "path": "prod"}}, sourceType="Kustomize")
    found = lab(
        kubernetes(applications=[reader], ingresses=[ingress("i", "web.home.arpa")]),
        repo(
            manifest("base/i.yaml", "Ingress"),
            paths=("prod/kustomization.yaml", "base/kustomization.yaml"),
            kustomizations=[
                {"path": "prod/kustomization.yaml", "resources": ["../base"]},
                {"path": "base/kustomization.yaml", "resources": ["i.yaml"]},
            ],
            declared_routes=[route("base/i.yaml", "web.example.org"), route("other/i.yaml", "gone.example.org")],
        ),
    )
    assert {one["host"]: one.get("live") for one in found["declared_routes"]} == {
        "gone.example.org": False,
        "web.example.org": None,
    }
    assert found["repositories"][0]["route_hosts_only_here"] == ["gone.example.org"]


def host(path: str, address: str, hostname: str | None = None) -> Item:
    """A machine of a k0sctl file."""
    return {"path": path, "role": "worker", "address": address, "hostname": hostname}


def test_files_of_several_clusters() -> None:
    hosts = [
        host("a.yaml", "n1.lan"),
        host("a.yaml", "192.0.2.9", "gone"),
        host("a.yaml", "localhost"),
        host("b.yaml", "localhost"),
        host("b.yaml", "10.0.0.5"),
    ]
    cluster = kubernetes(nodes=[node("n1", "192.0.2.21")])
    found = {one["id"]: one.get("present") for one in lab(cluster, repository(k0sctl_hosts=hosts))["declared_nodes"]}
    assert found == {
        "declared_node//homelab/192.0.2.9": False,
        "declared_node//homelab/10.0.0.5": None,
        "declared_node//homelab/b.yaml:localhost": None,
        "declared_node//homelab/localhost": None,
        "declared_node//homelab/n1.lan": True,
    }
    (alone,) = lab(cluster, repository(k0sctl_hosts=[host("b.yaml", "10.0.0.5")]))["declared_nodes"]
    assert alone["present"] is False


def row(line: int, name: str, address: str | None = None, role: str | None = None) -> Item:
    """A row of a table."""
    return {"path": "README.md", "line": line, "name": name, "address": address, "role": role}


SERVICE = {
    "metadata": {"name": "dns", "namespace": "x"},
    "spec": {"type": "LoadBalancer"},
    "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.53"}]}},
}
DOCUMENTED = [
    row(5, "n1.lan", None, "worker"),
    row(6, "n9", "192.0.2.99"),
    row(7, "resolver", "192.0.2.53"),
    row(8, "Gateway", "192.0.2.1", "router"),
    row(9, "api", "192.0.2.20"),
    row(10, "web", "192.0.2.54"),
    row(30, "Grafana", "192.0.2.200", "dashboards"),
    row(31, "Player", "192.0.2.201", "media"),
    row(50, "old", "192.0.2.77", "control plane"),
    row(70, "worker-07", "192.0.2.78"),
]


def test_tables_of_other_things_name_no_machines() -> None:
    cluster = kubernetes(nodes=[node("n1", "192.0.2.21")], services=[SERVICE], deployments=[workload("web", "x")])
    found = lab(proxmox(qemu(1, "vm")), cluster, repository(documented_machines=DOCUMENTED))["documented_machines"]
    assert {one["name"]: one["present"] for one in found} == {"n1.lan": True, "n9": False, "old": False, "worker-07": False}


def test_no_row_is_dropped_while_machines_are_unknown() -> None:
    found = lab(kubernetes(unread="nodes", services=[SERVICE]), repository(documented_machines=DOCUMENTED))["documented_machines"]
    assert len(found) == len(DOCUMENTED)
    assert not [one for one in found if "present" in one]


@pytest.mark.parametrize(
    ("name", "placed", "present", "guest"),
    [
        ("other", "pve9", False, None),
        ("other", "pve1", True, "guest/home//1"),
        ("w1", "pve9", True, "guest/home//1"),
        ("other", None, True, "guest/home//1"),
    ],
)
def test_a_number_alone_is_no_guest_of_another_cluster(name: str, placed: str | None, present: bool, guest: str | None) -> None:
    code = {"path": "vms.tf", "line": 1, "address": "vm.w", "type": "proxmox_vm_qemu", "name": name, "vmid": 1, "host": placed}
    (found,) = lab(proxmox(qemu(1, "w1")), repository(terraform_guests=[code]))["declared_guests"]
    assert (found["present"], found["guest_id"]) == (present, guest)


def test_packages_and_value_files_without_a_remote() -> None:
    package = application("oci", spec={"source": {"repoURL": "oci://registry.test/x", "path": "."}})
    sources = [
        {"repoURL": "https://git.test/me/homelab.git", "ref": "values"},
        {"repoURL": "registry.test/charts", "chart": "web", "helm": {"valueFiles": ["$values/apps/web.yaml"]}},
    ]
    several = application("web", spec={"source": None, "sources": sources})
    files = lab(kubernetes(applications=[package, several]), repository("top.yaml", "apps/web.yaml"))["repository_files"]
    assert {one["path"]: one["read_by"] for one in files} == {"apps/web.yaml": ["application/lab/argocd/web"], "top.yaml": []}
