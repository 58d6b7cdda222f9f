# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks that are code show; their outcomes are proven by the examples of their rules."""

from __future__ import annotations

import typing as t

import pytest
from unit.findings.builders import Item, lab, results, shipped_rules

CLUSTER = {"id": "kube_cluster/lab//lab", "name": "lab", "cluster": "lab"}


def storage_class(name: str, default: bool) -> Item:
    """A storage class of lab.json."""
    return {"id": f"storage_class/lab//{name}", "name": name, "cluster": "lab", "default": default}


def volume(name: str, server: str | None) -> Item:
    """A volume of lab.json."""
    return {"id": f"volume/lab//{name}", "name": name, "cluster": "lab", "server": server}


def service(name: str, *volumes: str) -> Item:
    """A service of lab.json."""
    return {
        "id": f"service/lab/shop/{name}",
        "name": name,
        "cluster": "lab",
        "workloads": [f"deployment/lab/shop/{name}"],
        "volumes": [f"volume/lab//{each}" for each in volumes],
    }


def message(rule: str, data: Item) -> str:
    """What the one finding says."""
    (found,) = results(shipped_rules()[rule], data)
    return t.cast("str", found["message"])


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ([("b", False), ("a", False)], "default storage classes of cluster lab: none (it has a and b)"),
        ([("c", True), ("b", False), ("a", True)], "default storage classes of cluster lab: a and c (it has a, b and c)"),
    ],
)
def test_default_storage_classes(classes: list[tuple[str, bool]], said: str) -> None:
    made = [storage_class(name, default) for name, default in classes]
    assert message("STO-010", lab(kube_clusters=[CLUSTER], storage_classes=made)) == said


def test_services_on_one_server() -> None:
    volumes = [volume("far", "nas"), volume("farther", "nas"), volume("elsewhere", "old-nas"), volume("near", None)]
    services = [service("c", "far"), service("a", "far", "farther"), service("b", "near"), service("d", "elsewhere")]
    # b mounts a share of the server without a volume.
    workloads = [
        {"id": f"deployment/lab/shop/{name}", "name": name, "cluster": "lab", "servers": ["nas"] if name == "b" else []}
        for name in "abcd"
    ]
    said = message("STO-015", lab(kube_clusters=[CLUSTER], volumes=volumes, services=services, workloads=workloads))
    assert said == "storage server nas carries volumes of a, b and c"


def machine(kind: str, name: str, address: str, cluster: str = "lab") -> Item:
    """A node or controller of lab.json."""
    return {"id": f"{kind}/{cluster}//{name}", "name": name, "cluster": cluster, "addresses": [address]}


def test_cluster_files() -> None:
    declared = [
        {
            **{"id": f"declared_node//git/{address}", "name": name, "address": address, "role": role},
            **{"path": "k0sctl.yaml", "repository": "git", "present": present},
        }
        for name, address, role, present in (
            *(("one", "192.0.2.1", "controller", True), ("pi", "192.0.2.3", "worker", False)),
            ("renamed", "192.0.2.2", "worker", True),
        )
    ]
    said = message(
        "REPO-003",
        lab(
            repositories=[{"id": "repository///git", "name": "git"}],
            declared_nodes=declared,
            controllers=[machine("controller", "one", "192.0.2.9")],
            nodes=[machine("node", "two", "192.0.2.2"), machine("node", "new", "192.0.2.4"), machine("node", "x", "::1", "other")],
        ),
    )
    assert said == "k0sctl.yaml: declared and not in the cluster: pi (worker); in the cluster and not declared: new"


def test_collected_apart() -> None:
    sources = [
        {"id": f"proxmox/{name}", "source": "proxmox", "name": name, "state": "read", "started": f"2026-03-01T{time}Z"}
        for name, time in (("a", "17:59:00"), ("b", "18:04:00"), ("c", "18:14:30"))
    ]
    said = {one["subject"]: one["message"] for one in results(shipped_rules()["META-003"], {**lab(), "sources": sources})}
    assert said == {"proxmox/a": "", "proxmox/b": "", "proxmox/c": "proxmox/c was read 16 minutes after the first source"}


def test_refused_requests() -> None:
    rows = [
        {"source": "proxmox", "name": "home", "verb": verb, "endpoint": endpoint, "refused_count": count}
        for verb, endpoint, count in (("POST", "/nodes", 2), ("DELETE", "/nodes", 1), ("GET", "/nodes", 0))
    ]
    source = {"id": "proxmox/home", "source": "proxmox", "name": "home", "state": "read"}
    said = message("META-009", {**lab(requests=rows), "sources": [source]})
    assert said == "3 requests to proxmox/home were refused and not sent: DELETE /nodes and POST /nodes"
