# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs of other shapes than the small one: doubled, large, without this or that, and healthy."""

from __future__ import annotations

import typing as t

from unit.report import rich
from unit.report.builders import (
    Item,
    full_lab,
    kubernetes_lab,
    model,
    node,
    repository_lab,
    service,
    source,
    workload,
)
from unit.report.machines import guest, host, proxmox_lab
from unit.report.results import findings, result


def renamed(value: t.Any, old: str, new: str) -> t.Any:
    """The same data with another entry of the lab file: in the field cluster, and in every id."""
    if isinstance(value, dict):
        return {key: new if key == "cluster" and field == old else renamed(field, old, new) for key, field in value.items()}
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    return value.replace(f"/{old}/", f"/{new}/") if isinstance(value, str) else value


def doubled() -> Item:
    """Two Proxmox clusters and two Kubernetes clusters whose objects have the same names."""
    both = {**proxmox_lab(), **kubernetes_lab()}
    away = renamed(renamed(both, "home", "away"), "lab", "second")
    away["kube_clusters"][0]["name"] = "second"
    sources = [source(f"{kind}/{name}") for kind, name in _DOUBLED]
    lab = model(*sources, source("repository/homelab"), **{name: both[name] + away[name] for name in both}, **repository_lab())
    for collection in both:
        kind = "proxmox" if collection in proxmox_lab() else "kubernetes"
        lab["coverage"][collection] = {f"{one}/{name}": "read" for one, name in _DOUBLED if one == kind}
    return lab


_DOUBLED = (("kubernetes", "lab"), ("kubernetes", "second"), ("proxmox", "away"), ("proxmox", "home"))


def many_guests() -> Item:
    """Three hosts with sixty guests, some of them containers, some stopped."""
    names = ["pve1", "pve2", "pve3"]
    guests = [
        guest(
            100 + number,
            f"guest-{number:02}",
            names[number % 3],
            kind="lxc" if number % 4 == 0 else "qemu",
            state="stopped" if number % 10 == 0 else "running",
            onboot=number % 10 != 0,
            addresses=[f"192.0.2.{number}"],
        )
        for number in range(60)
    ]
    ids = {name: [one["id"] for one in guests if one["host"] == name] for name in names}
    machines = {**proxmox_lab(), "hosts": [host(name, ids[name]) for name in names], "guests": guests}
    return model(source("proxmox/home"), source("kubernetes/", "not_configured"), **machines)


def many_services() -> Item:
    """Forty services of one cluster, one of them scaled to zero."""
    names = [f"app-{number:02}" for number in range(40)]
    services = [service(name, "media") for name in names]
    services[0] |= {"replicas_wanted_count": 0, "replicas_ready_count": 0}
    return full_lab(services=services, workloads=[workload(name, "media") for name in names])


def by_hand() -> Item:
    """Argo CD that syncs only when somebody asks for it, of which one application drifts and one is of unknown state."""
    hand = {"automated": False, "self_heal": False, "parent_id": None}
    drifting = rich.blocks_application() | hand | {"loop": False, "churn": rich.churn(), "last_sync": None}
    unknown = rich.application("player", sync_status="Unknown", **hand)
    return full_lab(applications=[drifting, unknown])


def healthy() -> Item:
    """Nothing drifts, nothing is missing, everything is backed up."""
    lab = full_lab(
        applications=[rich.application("player")],
        declared_nodes=[repository_lab()["declared_nodes"][0]],
        documented_machines=[],
        declared_routes=[],
        repository_folders=[],
        repository_files=[],
        nodes=[node("worker-1", memory_used_bytes=1024**3)],
    )
    for row in lab["guests"]:
        row["backed_up"] = True
    for row in lab["volumes"]:
        if "robustness" in row:
            row |= {"replica_healthy_count": 2, "robustness": "healthy"}
    return lab


def nothing_found() -> Item:
    """Findings of a lab without faults."""
    return findings(*(result(f"VM-00{number}", "pass") for number in range(1, 6)))


def shapes() -> dict[str, Item]:
    """Every such lab by name."""
    absent = {kind: source(f"{kind}/", "not_configured") for kind in ("proxmox", "kubernetes", "repository")}
    return {
        "two of each": doubled(),
        "no proxmox": model(
            source("kubernetes/lab"), source("repository/homelab"), absent["proxmox"], **kubernetes_lab(), **repository_lab()
        ),
        "only a repository": model(source("repository/homelab"), absent["proxmox"], absent["kubernetes"], **repository_lab()),
        "only proxmox": model(source("proxmox/home"), absent["kubernetes"], absent["repository"], **proxmox_lab()),
        "many guests": many_guests(),
        "many services": many_services(),
        "no routes": full_lab(routes=[], services=[service("player", "media", routes=[], hostnames=[])]),
        "by hand": by_hand(),
        "healthy": healthy(),
    }
