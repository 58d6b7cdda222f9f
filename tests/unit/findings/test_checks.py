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
    services = [service("c", "far"), service("a", "far", "farther"), service("b", "farther", "near"), service("d", "elsewhere")]
    said = message("STO-015", lab(kube_clusters=[CLUSTER], volumes=volumes, services=services))
    assert said == "storage server nas carries volumes of a, b and c"


def test_refused_requests() -> None:
    rows = [
        {"source": "proxmox", "name": "home", "verb": verb, "endpoint": endpoint, "refused_count": count}
        for verb, endpoint, count in (("POST", "/nodes", 2), ("DELETE", "/nodes", 1), ("GET", "/nodes", 0))
    ]
    source = {"id": "proxmox/home", "source": "proxmox", "name": "home", "state": "read"}
    said = message("META-009", {**lab(requests=rows), "sources": [source]})
    assert said == "3 requests to proxmox/home were refused and not sent: DELETE /nodes and POST /nodes"
