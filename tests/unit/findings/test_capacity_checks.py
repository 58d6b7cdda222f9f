# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of capacity and of single failures say."""

from __future__ import annotations

import typing as t

import pytest
from unit.findings.builders import Item, lab, results, shipped_rules

GIB = 1024**3


def host(name: str, memory: int, guests: int, online: bool = True) -> Item:
    """A host with as much memory, in GiB, and as much given to guests."""
    return {
        **{"id": f"host/home//{name}", "name": name, "cluster": "home", "online": online, "guests": []},
        **{"memory_bytes": memory * GIB, "guest_memory_bytes": guests * GIB},
    }


def fit(*hosts: Item, storages: t.Sequence[Item] = (), guests: t.Sequence[Item] = ()) -> Item:
    """What CAP-001 says of the first host."""
    data = {**lab(hosts=list(hosts), host_storages=list(storages), guests=list(guests)), "coverage": {}}
    found = {result["subject"]: result for result in results(shipped_rules()["CAP-001"], data)}
    return found[hosts[0]["id"]]


def test_what_does_not_fit_is_told_in_gib() -> None:
    guest = {
        **{"id": "guest/home//1", "name": "nas", "cluster": "home", "template": False, "state": "running", "onboot": True},
        "disks": [{"device": "scsi0", "storage": "local", "bytes": 1}],
    }
    pattern = {**guest, "id": "guest/home//2", "name": "pattern", "template": True, "state": "stopped"}
    off = {**guest, "id": "guest/home//3", "name": "off", "state": "stopped", "onboot": False}
    first = {**host("a", 32, 26), "guests": [f"guest/home//{number}" for number in (1, 2, 3)]}
    local = {"id": "host_storage/home/a/local", "name": "local", "cluster": "home", "shared": False}
    found = fit(first, host("b", 16, 12), host("c", 64, 0, online=False), storages=[local], guests=[guest, pattern, off])
    assert found["message"] == (
        "guests of a need 26.0 GiB, the other hosts have 2.0 GiB left (24.0 GiB short); with disks that only a has: nas"
    )
    assert found["severity"] == "high"


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        ([host("b", 16, 4)], "pass"),
        ([host("b", 16, 5)], "fail"),
        # Each host keeps its own reserve, and one that is too full does not take room from the others.
        ([host("b", 10, 1), host("c", 6, 1), host("d", 4, 8)], "pass"),
        ([host("b", 10, 1), host("c", 6, 2), host("d", 4, 8)], "fail"),
    ],
)
def test_room_on_the_other_hosts(others: list[Item], outcome: str) -> None:
    assert fit(host("a", 32, 10), *others)["outcome"] == outcome


def test_a_shortage_is_told_even_when_disks_were_not_read() -> None:
    data = {**lab(hosts=[host("a", 32, 30), host("b", 16, 0)]), "coverage": {"host_storages": {"proxmox/home": "unread"}}}
    found = {result["subject"]: result for result in results(shipped_rules()["CAP-001"], data)}
    assert found["host/home//a"]["message"].endswith("with disks that only a has: (not read)")
    assert found["host/home//b"]["outcome"] == "unknown"


def test_top_consumers_are_ranked() -> None:
    cluster = {"id": "kube_cluster/lab//lab", "name": "lab", "cluster": "lab", "parts": ["metrics"]}
    nodes = [
        {"id": f"node/lab//{name}", "name": name, "cluster": "lab", "memory_bytes": 10 * GIB, "memory_used_bytes": 6 * GIB}
        for name in "ab"
    ]
    workloads = [
        {"id": f"deployment/lab/shop/{name}", "name": name, "cluster": "lab", "memory_used_bytes": int(used * GIB)}
        for name, used in (("player", 2.8), ("loader", 2.4), ("small", 0.3), ("edge", 1))
    ]
    (found,) = results(shipped_rules()["CAP-011"], lab(kube_clusters=[cluster], nodes=nodes, workloads=workloads))
    assert found["message"] == (
        "nodes of lab use 12.0 GiB of 20.0 GiB (60 %), most of it for player (2.8 GiB, 14 %) and loader (2.4 GiB, 12 %)"
    )


def edge(origin: str, target: str, group: str = "") -> Item:
    """One edge."""
    return {"from": origin, "to": target, "kind": "runs_on", "group": group or target, "min": 1}


def small_lab() -> Item:
    """Two hosts with a node each; "files" and a DNS server need the storage guest on host a, "web" runs on both nodes."""
    names = {"files": ["a"], "photos": ["a"], "web": ["a", "b"], "notes": ["b"]}
    services = [
        {
            **{"id": f"service/lab/shop/{name}", "name": name, "cluster": "lab", "workloads": [], "volumes": []},
            **{"nodes": [f"node/lab//{one}" for one in nodes], "hosts": [f"host/home//{one}" for one in nodes]},
        }
        for name, nodes in names.items()
    ]
    edges = [edge(f"service/lab/shop/{name}", f"node/lab//{one}", "nodes") for name, nodes in names.items() for one in nodes]
    guests = [
        {"id": f"guest/home//{name}", "name": f"vm-{name}", "cluster": "home", "template": False} for name in ("a", "b", "nas")
    ]
    edges += [edge(f"node/lab//{one}", f"guest/home//{one}") for one in "ab"]
    edges += [edge("guest/home//a", "host/home//a"), edge("guest/home//b", "host/home//b"), edge("guest/home//nas", "host/home//a")]
    edges += [edge("volume/lab//data", "guest/home//nas"), edge("service/lab/shop/files", "volume/lab//data")]
    edges += [edge("kube_cluster/lab//lab", "controller/lab//c", "controllers"), edge("controller/lab//c", "guest/home//b")]
    return {
        **lab(
            hosts=[{"id": f"host/home//{one}", "name": one, "cluster": "home"} for one in "ab"],
            nodes=[{"id": f"node/lab//{one}", "name": one, "cluster": "lab"} for one in "ab"],
            volumes=[
                {"id": "volume/lab//data", "name": "data", "cluster": "lab", "server": "nas", "server_guest_id": "guest/home//nas"}
            ],
            kube_clusters=[{"id": "kube_cluster/lab//lab", "name": "lab", "cluster": "lab"}],
            kube_services=[],
            guests=guests,
            services=services,
        ),
        "edges": edges,
    }


def test_what_stops_with_each_host() -> None:
    assert {one["subject_name"]: (one["severity"], one["message"]) for one in results(shipped_rules()["XL-001"], small_lab())} == {
        "a": ("info", "without a (vm-a and vm-nas) these services stop: files and photos; also affected: volumes"),
        "b": ("info", "without b (vm-b) these services stop: notes; also affected: the control plane"),
    }


def test_control_plane_volumes_and_dns_at_once_are_high() -> None:
    data = small_lab()
    data["kube_services"] = [
        {
            **{"id": f"kube_service/lab/dns/{name}", "name": name, "cluster": "lab", "type": kind},
            "ports": [{"name": "dns", "port": port, "protocol": "UDP"}],
        }
        for name, kind, port in (("dns", "LoadBalancer", 53), ("inside", "ClusterIP", 53), ("web", "LoadBalancer", 80))
    ]
    data["edges"] += [edge(service["id"], "node/lab//a") for service in data["kube_services"]]
    data["edges"] += [edge("controller/lab//c", "guest/home//a")]
    found = {one["subject_name"]: one for one in results(shipped_rules()["XL-001"], data)}
    assert found["a"]["severity"] == "high"
    assert found["a"]["message"].endswith("also affected: the control plane, DNS (dns) and volumes")
    assert found["b"]["severity"] == "info"


def test_single_points_are_ranked_and_named_once() -> None:
    (found,) = results(shipped_rules()["XL-002"], small_lab())
    # The storage guest alone takes one of four; the guest and the node on host a take what the host takes.
    assert found["message"] == "of the 4 services of lab, this many stop with one failure: host a (2)"
    assert found["services_count"] == 2
    (found,) = results(shipped_rules()["XL-002"], small_lab(), thresholds={"XL-002": {"services": 1, "services_ratio": 0.2}})
    assert found["show"]["components"] == ["host a (2)", "guest vm-nas (1)", "host b (1)"]


def test_a_service_of_unknown_place_makes_nothing_safe() -> None:
    data = small_lab()
    data["edges"] = []
    assert {one["outcome"] for one in results(shipped_rules()["XL-001"], data)} == {"pass"}
    del data["services"][0]["hosts"]
    assert {one["outcome"] for one in results(shipped_rules()["XL-001"], data)} == {"unknown"}
    assert {one["outcome"] for one in results(shipped_rules()["XL-002"], data)} == {"unknown"}


def test_a_single_point_is_told_even_when_volumes_were_not_read() -> None:
    data = small_lab()
    del data["volumes"]
    data["coverage"]["volumes"] = {"kubernetes/lab": "unread"}
    (found,) = results(shipped_rules()["XL-002"], data)
    assert (found["outcome"], found["show"]["components"]) == ("fail", ["host a (2)"])
    data["edges"] = []
    (found,) = results(shipped_rules()["XL-002"], data)
    assert (found["outcome"], found["message"]) == ("unknown", "cannot tell: volumes of kubernetes/lab was not read")
