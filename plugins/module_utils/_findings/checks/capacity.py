# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks of whether there is enough."""

from __future__ import annotations

import typing as t

from ..lab_index import Entity, LabIndex, NotReadError
from ..messages import in_words
from ..verdicts import Check, Thresholds, Verdict

_MOST_CONSUMERS = 8
_NO_METRICS = "the cluster has no Metrics API"


def _guests_fit_elsewhere(host: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a host. Fails when its guests need more memory than the other hosts have left, or have disks on this host alone.

    thresholds: ``reserve_bytes`` that each host keeps for itself. Whether a single guest fits into one gap is not looked at.
    """
    others = [other for other in lab.beside(host, "hosts") if other.id != host.id and other["online"]]
    if not others:
        return Verdict("not_applicable", reason="there is no other host that could take its guests")
    room = sum(max(0, other["memory_bytes"] - other["guest_memory_bytes"] - int(thresholds["reserve_bytes"])) for other in others)
    short = host["guest_memory_bytes"] - room
    show = {"needed_bytes": host["guest_memory_bytes"], "room_bytes": room, "short_bytes": max(0, short)}
    try:
        bound = _bound_guests(host, lab)
    except NotReadError:
        if short <= 0:
            raise
        return Verdict("fail", show)  # the message says that the disks were not read
    if short <= 0 and not bound:
        return Verdict("pass")
    return Verdict("fail", {**show, "bound_guests": bound}, severity="" if short > 0 else "medium")


def _bound_guests(host: Entity, lab: LabIndex) -> list[str]:
    """Names of guests that run or start with this host and have a disk that only this host reaches."""
    shared = {storage["name"] for storage in lab.beside(host, "host_storages") if storage["shared"]}
    return sorted(
        guest["name"]
        for guest in map(lab.ref, host["guests"])
        if not guest["template"]
        and (guest["state"] == "running" or guest["onboot"])
        and any(disk["storage"] not in shared for disk in guest["disks"])
    )


def _unlimited_memory(workload: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a workload. Fails when a pod of it has no memory limit and uses more than threshold ``node_ratio`` of a node."""
    if not workload["nodes"]:
        return Verdict("not_applicable", reason="none of its pods is on a node")
    if not _has_metrics(workload, lab):
        return Verdict("not_applicable", reason=_NO_METRICS)
    if workload["memory_limit_bytes"] is not None:
        return Verdict("pass")
    used = workload["memory_used_max_bytes"]
    node = lab.ref(workload["memory_used_max_node_id"])["allocatable_memory_bytes"] if used else 0
    if used <= thresholds["node_ratio"] * node:
        return Verdict("pass")
    return Verdict("fail", {"used_bytes": used, "node_bytes": node, "node_ratio": used / node})


def _controller_memory(controller: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a controller. Fails when it uses more than threshold ``used_ratio`` of its memory.

    Of a node the cluster tells, which leaves out the file cache; of any other controller only Proxmox does, which counts it.
    """
    if controller["node_id"] is not None:
        if not _has_metrics(controller, lab):
            return Verdict("not_applicable", reason=_NO_METRICS)
        machine = lab.ref(controller["node_id"])
    elif controller["guest_id"] is not None:
        machine = lab.ref(controller["guest_id"])
    else:
        return Verdict("not_applicable", reason="nothing that is read tells its memory")
    used, total = machine["memory_used_bytes"], machine["memory_bytes"]
    if used <= thresholds["used_ratio"] * total:
        return Verdict("pass")
    show = {"machine": machine["name"], "used_bytes": used, "memory_bytes": total, "left_bytes": total - used}
    return Verdict("fail", {**show, "used_ratio": used / total})


def _top_consumers(cluster: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a Kubernetes cluster. Fails, as a fact worth knowing, when workloads use more than ``share_ratio`` of its memory."""
    if not _has_metrics(cluster, lab):
        return Verdict("not_applicable", reason=_NO_METRICS)
    nodes = lab.beside(cluster, "nodes")
    total = sum(node["memory_bytes"] for node in nodes)
    workloads = lab.beside(cluster, "workloads")
    # A pod that has just started is not measured yet: that hides its workload and no other.
    measured = [workload for workload in workloads if "memory_used_bytes" in workload]
    big = [one for one in measured if one["memory_used_bytes"] > thresholds["share_ratio"] * total]
    if not big:
        if len(measured) < len(workloads):
            raise NotReadError("memory use of workloads", cluster.id)
        return Verdict("pass")
    big.sort(key=lambda one: (-one["memory_used_bytes"], one.id))
    used = sum(node["memory_used_bytes"] for node in nodes)
    show = {
        "consumers": [_consumer(one, total) for one in big[:_MOST_CONSUMERS]],
        "used_bytes": used,
        "memory_bytes": total,
        "used_ratio": used / total,
    }
    return Verdict("fail", show)


def _consumer(workload: Entity, total: int) -> str:
    used = workload["memory_used_bytes"]
    return f"{workload['name']} ({in_words('used_bytes', used)}, {in_words('share_ratio', used / total)})"


def _has_metrics(entity: Entity, lab: LabIndex) -> bool:
    """Whether the cluster of an entity has the Metrics API; NotReadError when that is not known."""
    for cluster in lab.collection("kube_clusters"):
        if cluster.source_name == entity.source_name:
            return "metrics" in cluster["parts"]
    raise NotReadError("kube_clusters")


CHECKS: t.Mapping[str, Check] = {
    "controller_memory": Check(
        _controller_memory,
        shows=("machine", "used_bytes", "memory_bytes", "left_bytes", "used_ratio"),
        thresholds=("used_ratio",),
    ),
    "guests_fit_elsewhere": Check(
        _guests_fit_elsewhere,
        shows=("needed_bytes", "room_bytes", "short_bytes", "bound_guests"),
        thresholds=("reserve_bytes",),
    ),
    "top_consumers": Check(
        _top_consumers, shows=("consumers", "used_bytes", "memory_bytes", "used_ratio"), thresholds=("share_ratio",)
    ),
    "unlimited_memory": Check(_unlimited_memory, shows=("used_bytes", "node_bytes", "node_ratio"), thresholds=("node_ratio",)),
}
