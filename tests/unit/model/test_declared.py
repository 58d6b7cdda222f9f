# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repository declares, and whether it is there."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, application, by_name, kubernetes, lab, node, proxmox, qemu, repository, source

HEAD = [{"branch": "main", "commit": None, "remote": "git@git.test:me/homelab.git"}]
URL = "https://git.test/me/homelab"


def manifest(path: str, kind: str = "Service", name: str = "a") -> Item:
    """An object in a file."""
    return {"path": path, "index": 0, "apiVersion": "v1", "kind": kind, "namespace": None, "name": name}


def declared_source(path: str, **fields: t.Any) -> Item:
    """A source in this repository, as the collector writes it."""
    base = {"repo_url": URL, "path": path, "chart": None, "target_revision": "main", "ref": None, "kind": None, "value_files": []}
    return {**base, "directory": None, **fields}


def declared(path: str, name: str, namespace: str, *sources: Item) -> Item:
    """An Application in a file."""
    return {
        "path": path,
        "namespace": "argocd",
        "name": name,
        "project": "default",
        "destination": {"server": None, "name": None, "namespace": namespace},
        "sources": list(sources),
    }


def route(path: str, host: str | None, name: str = "i", route_path: str = "/") -> Item:
    """A route in a file."""
    return {"path": path, "namespace": None, "name": name, "host": host, "route_path": route_path, "kube_service_name": "web"}


def ingress(host: str | None) -> Item:
    """A live Ingress."""
    rule = {"http": {"paths": [{"path": "/", "backend": {"service": {"name": "web"}}}]}, **({"host": host} if host else {})}
    return {"metadata": {"name": "i", "namespace": "default"}, "spec": {"rules": [rule]}}


FILES = ("apps/app/a.yaml", "apps/app/b.yaml", "apps/argo/ingress.yaml", "top.yaml", "README.md")
MANIFESTS = [
    manifest("apps/app/a.yaml"),
    manifest("apps/app/a.yaml", "Deployment"),
    manifest("apps/app/a.yaml", name="b"),
    manifest("apps/argo/ingress.yaml", "Ingress", "i"),
    manifest("top.yaml"),
]
ROUTES = [route("apps/argo/ingress.yaml", "argo.test"), route("apps/argo/ingress.yaml", None)]
REPOSITORY = repository(*FILES, head=HEAD, manifests=MANIFESTS, declared_routes=ROUTES)


def test_files_and_folders_and_who_loads_them() -> None:
    model = lab(kubernetes(applications=[application("app")]), REPOSITORY)
    files = {file["path"]: file for file in model["repository_files"]}
    reader = ["application/lab/argocd/app"]
    assert (files["apps/app/a.yaml"]["kinds"], files["apps/app/a.yaml"]["manifest_count"]) == (["Deployment", "Service"], 3)
    assert (files["README.md"]["kinds"], files["README.md"]["manifest_count"], files["README.md"]["read_by"]) == ([], 0, [])
    assert (files["apps/app/b.yaml"]["read_by"], files["top.yaml"]["read_by"]) == (reader, [])
    folders = {folder["path"]: folder for folder in model["repository_folders"]}
    assert sorted(folders) == [".", "apps/app", "apps/argo"]
    assert folders["apps/app"] == {
        "id": "folder//homelab/apps/app",
        "path": "apps/app",
        "repository": "homelab",
        "manifest_count": 3,
        "in_chart": False,
        "live_roots": [],
        "read_by": reader,
        "route_hosts": [],
    }
    assert (folders["apps/argo"]["route_hosts"], folders["apps/argo"]["read_by"]) == (["argo.test"], [])
    assert [one["read_by"] for one in model["declared_routes"]] == [[], []]


@pytest.mark.parametrize(
    "sources",
    [
        [REPOSITORY],
        [kubernetes(unread="applications"), REPOSITORY],
        [kubernetes("other"), source("kubernetes", "away", {}, "failed"), REPOSITORY],
        [kubernetes(), repository(*FILES, manifests=MANIFESTS, declared_routes=ROUTES, unread="kustomizations")],
    ],
    ids=["no cluster", "no applications", "one cluster of two", "no kustomizations"],
)
def test_that_nobody_loads_a_file_is_unknown_until_everything_was_read(sources: list[t.Any]) -> None:
    model = lab(*sources)
    for collection in ("repository_files", "repository_folders", "declared_routes"):
        assert not [one for one in model[collection] if "read_by" in one]


def test_a_reader_is_told_even_if_others_were_not_read() -> None:
    away = source("kubernetes", "away", {}, "failed")
    files = lab(kubernetes(applications=[application("app")]), away, REPOSITORY)["repository_files"]
    assert {file["path"] for file in files if "read_by" in file} == {"apps/app/a.yaml", "apps/app/b.yaml"}


def test_only_live_applications_read_and_by_what_argo_cd_found() -> None:
    unlive = repository(
        "apps/app/a.yaml", head=HEAD, declared_applications=[declared("x.yaml", "app", "d", declared_source("apps/app"))]
    )
    assert lab(kubernetes(), unlive)["repository_files"][0]["read_by"] == []
    paths = ("apps/app/deep/a.yaml", "apps/app/values.yaml", "apps/app/Chart.yaml")
    chart = lab(kubernetes(applications=[application("app", sourceType="Helm")]), repository(*paths, head=HEAD))
    assert all(file["read_by"] for file in chart["repository_files"])
    plain = application("app", sourceType="Directory")
    plain["spec"]["source"]["directory"] = {"recurse": True, "exclude": "values.yaml"}
    found = lab(kubernetes(applications=[plain]), repository(*paths, head=HEAD))["repository_files"]
    assert [file["path"] for file in found if file["read_by"]] == ["apps/app/Chart.yaml", "apps/app/deep/a.yaml"]


def test_where_the_children_of_an_application_deploy_to() -> None:
    rows = [
        declared("infra/root.yaml", "root", "argocd", declared_source("infra")),
        declared("infra/monitoring.yaml", "monitoring", "argocd", declared_source("apps/monitoring")),
        declared("apps/monitoring/stack.yaml", "stack", "monitoring", {**declared_source(""), "path": None, "chart": "stack"}),
        declared("copy/stack.yaml", "stack", "elsewhere"),
    ]
    files = [row["path"] for row in rows]
    model = lab(repository(*files, head=HEAD, declared_applications=rows))["declared_applications"]
    assert {one["name"]: one["child_namespaces"] for one in model} == {
        "root": ["argocd"],
        "monitoring": ["monitoring"],
        "stack": [],
    }
    assert by_name(model, "stack")["path"] == "apps/monitoring/stack.yaml"
    assert by_name(model, "stack")["sources"] == [{"repo_url": URL, "path": None, "chart": "stack", "target_revision": "main"}]
    assert all("application_id" not in one for one in model)


@pytest.mark.parametrize(
    ("host", "hosts", "kind", "live"),
    [
        ("a.test", ["a.test"], "Ingress", True),
        ("a.test", ["b.test"], "Ingress", False),
        (None, [None], "Ingress", True),
        (None, ["a.test"], "Ingress", False),
        ("a.test", ["a.test"], "HTTPRoute", True),
        ("a.test", ["b.test"], "HTTPRoute", None),
    ],
)
def test_declared_routes_are_live_or_not(host: str | None, hosts: list[str | None], kind: str, live: bool | None) -> None:
    holder = repository("r.yaml", manifests=[manifest("r.yaml", kind, "i")], declared_routes=[route("r.yaml", host)])
    (found,) = lab(kubernetes(ingresses=[ingress(one) for one in hosts]), holder)["declared_routes"]
    assert (found.get("live"), found["kind"]) == (live, kind)
    unread = lab(kubernetes(unread="ingresses"), holder)["declared_routes"][0]
    assert "live" not in unread


def test_hosts_on_one_side_only() -> None:
    rows = [route("r.yaml", "here.test"), route("r.yaml", "both.test"), route("g.yaml", "gateway.test", "g"), route("r.yaml", None)]
    holder = repository("r.yaml", manifests=[manifest("g.yaml", "HTTPRoute", "g")], declared_routes=rows)
    cluster = kubernetes(ingresses=[ingress("both.test"), {**ingress("live.test"), "metadata": {"name": "l", "namespace": "d"}}])
    found = lab(cluster, holder)["repositories"][0]
    assert found["route_hosts_only_here"] == ["here.test"]
    assert found["route_hosts_only_live"] == ["live.test"]
    assert not {"route_hosts_only_here", "route_hosts_only_live"} & set(lab(holder)["repositories"][0])


def test_versions_of_k0s_that_files_name() -> None:
    files = [{"path": path, "k0s_version": version, "cluster_name": "c"} for path, version in (("b", "v1.30.2+k0s.0"), ("a", None))]
    found = lab(repository(k0sctl_files=files))["repositories"][0]
    assert (found["k0sctl_paths"], found["k0s_versions"]) == (["a", "b"], ["v1.30.2+k0s.0"])
    assert "k0sctl_paths" not in lab(repository(unread="k0sctl_files"))["repositories"][0]


GIB = 1024**3
DISK = {"scsi0": "local-lvm:vm-1-disk-0,size=40G"}


def terraform(**fields: t.Any) -> Item:
    """A guest in Terraform code."""
    return {"path": "vms.tf", "line": 3, "address": "vm.w1", "type": "vm", "name": "w1", "unresolved": [], "ignored": [], **fields}


def guest(row: Item, *guests: Item, config: Item | None = None) -> Item:
    """The declared guest beside a live one with the number 1 and the name w1, or beside these."""
    live = guests or (qemu(1, "w1", config={**DISK, "ipconfig0": "ip=192.0.2.21/24", **(config or {})}),)
    return t.cast("Item", lab(proxmox(*live), repository(terraform_guests=[row]))["declared_guests"][0])


def test_a_declared_guest_keeps_what_is_known() -> None:
    found = guest(terraform(cpu_count=2, vmid=None, unresolved=["host", "memory_bytes"], memory_bytes=5))
    assert found == {
        "id": "declared_guest//homelab/vm.w1",
        "path": "vms.tf",
        "repository": "homelab",
        "name": "w1",
        "vmid": None,
        "cpu_count": 2,
        "line": 3,
        "unresolved": ["host", "memory_bytes"],
        "guest_id": "guest/home//1",
        "present": True,
        "differences": [],
    }


@pytest.mark.parametrize(
    ("row", "guests", "present", "guest_id"),
    [
        (terraform(vmid=1, name="other"), (), True, "guest/home//1"),
        (terraform(name="W1"), (), True, "guest/home//1"),
        (terraform(name="dev-w1", ip="192.0.2.21/24"), (), True, "guest/home//1"),
        (terraform(name="gone"), (), False, None),
        (terraform(name=None, unresolved=["name"]), (), None, None),
        (terraform(name=None, vmid=7, unresolved=["name"]), (), False, None),
        (terraform(), (qemu(1, "w1"), qemu(2, "w1")), True, None),
        (terraform(host="pve2"), (qemu(1, "w1"), qemu(2, "w1", node="pve2")), True, "guest/home//2"),
        (terraform(name="t"), (qemu(9, "t", config={"template": 1}),), True, "guest/home//9"),
    ],
    ids=["number", "name", "address", "gone", "unresolved", "number gone", "two", "two hosts", "template"],
)
def test_declared_guests_find_live_ones(row: Item, guests: tuple[Item, ...], present: bool | None, guest_id: str | None) -> None:
    found = guest(row, *guests)
    assert (found.get("present"), found.get("guest_id")) == (present, guest_id)
    assert ("differences" in found) is (present is not None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (terraform(cpu_count=2, memory_bytes=4 * GIB, disk_bytes=40 * GIB, host="pve1", onboot=True), []),
        (terraform(cpu_count=4), [{"field": "cpu_count", "declared": 4, "live": 2}]),
        (terraform(memory_bytes=8 * GIB), [{"field": "memory_bytes", "declared": 8 * GIB, "live": 4 * GIB}]),
        (terraform(disk_bytes=60 * GIB), [{"field": "disk_bytes", "declared": 60 * GIB, "live": 40 * GIB}]),
        (terraform(disk_bytes=20 * GIB), []),
        (terraform(host="pve2"), [{"field": "host", "declared": "pve2", "live": "pve1"}]),
        (terraform(onboot=False), [{"field": "onboot", "declared": False, "live": True}]),
        (terraform(cpu_count=4, ignored=["cpu_count"]), []),
        (terraform(cpu_count=4, unresolved=["cpu_count"]), []),
    ],
)
def test_differences_of_a_guest(row: Item, expected: list[Item]) -> None:
    assert guest(row)["differences"] == expected


def test_declared_guests_are_unknown_without_proxmox() -> None:
    rows = repository(terraform_guests=[terraform()])
    for lab_sources in ([rows], [source("proxmox", "", {}, "not_configured"), rows], [source("proxmox", "x", {}, "failed"), rows]):
        assert not {"present", "guest_id", "differences"} & set(lab(*lab_sources)["declared_guests"][0])


def machine(name: str, address: str | None = None, line: int = 1) -> Item:
    """A line of a table."""
    return {"path": "README.md", "line": line, "name": name, "address": address, "role": None}


@pytest.mark.parametrize(
    ("name", "address", "present"),
    [
        ("PVE1", None, True),
        ("w1", None, True),
        ("other", "192.0.2.21", True),
        ("c1", None, True),
        ("nas", None, True),
        ("worker-9", "192.0.2.77", False),
    ],
)
def test_documented_machines_are_anything_that_is_there(name: str, address: str | None, present: bool) -> None:
    rows = repository(documented_machines=[machine(name, address)])
    cluster = kubernetes(nodes=[node("w1")], controlnodes=[{"metadata": {"name": "c1"}}])
    assert lab(proxmox(qemu(5, "nas")), cluster, rows)["documented_machines"][0]["present"] is present
    half = lab(source("proxmox", "x", {}, "failed"), cluster, rows)["documented_machines"][0]
    assert half.get("present") is (True if present and name not in ("PVE1", "nas") else None)
    assert "present" not in lab(rows)["documented_machines"][0]


def test_a_machine_that_is_listed_twice_stands_where_it_comes_first() -> None:
    found = lab(repository(documented_machines=[machine("pi", "192.0.2.8", 9), machine("pi", None, 3)]))["documented_machines"]
    assert [(one["line"], one["address"]) for one in found] == [(3, None)]


@pytest.mark.parametrize(
    ("noun", "collection"),
    [
        ("declared_applications", "declared_applications"),
        ("declared_routes", "declared_routes"),
        ("manifests", "repository_folders"),
        ("terraform_guests", "declared_guests"),
        ("documented_machines", "documented_machines"),
    ],
)
def test_what_was_not_looked_for_has_no_collection(noun: str, collection: str) -> None:
    assert lab(repository())[collection] == []
    model = lab(repository(unread=noun))
    assert collection not in model
    assert model["coverage"][collection] == {"repository/homelab": "unread"}
