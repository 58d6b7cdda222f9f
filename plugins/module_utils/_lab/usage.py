# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What nodes and workloads of one Kubernetes source use, from the metrics API. Without metrics nothing is written."""

from __future__ import annotations

import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id, known
from .units import quantity, whole_quantity
from .workloads import owners_of_pods, runs


def add_usage(draft: Draft, source: SourceEvidence) -> None:
    """Add use to nodes and workloads, and the number of pods to nodes."""
    nouns, cluster = source.nouns, source.record.name
    nodes = draft.collections.get("nodes", {})
    for item in nouns.get("node_metrics", []):
        node = nodes.get(entity_id("node", cluster, "", item["metadata"]["name"]))
        if node is not None:
            node.update(_use(item.get("usage") or {}))
    if "pods" not in nouns:
        return
    counts: dict[str, int] = {}
    for pod in nouns["pods"]:
        on = (pod.get("spec") or {}).get("nodeName")
        if on and runs(pod):
            counts[on] = counts.get(on, 0) + 1
    for node in draft.in_cluster("nodes", cluster):
        node["pod_count"] = counts.get(node["name"], 0)
    if nouns.get("pod_metrics"):
        _add_to_workloads(draft, cluster, nouns)


def _use(usage: Entity) -> Entity:
    return known(cpu_used_cores=quantity(usage.get("cpu")), memory_used_bytes=whole_quantity(usage.get("memory")))


def _add_to_workloads(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """Sums over the pods of a workload; left out when one of its running pods has no metrics yet."""
    owners = owners_of_pods(cluster, nouns)
    if owners is None:
        return
    measured = {(item["metadata"]["namespace"], item["metadata"]["name"]): _pod_use(item) for item in nouns["pod_metrics"]}
    used: dict[str, list[tuple[float, int, str] | None]] = {}
    for pod in nouns["pods"]:
        key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        if (pod.get("status") or {}).get("phase") == "Running":
            use = measured.get(key)
            used.setdefault(owners[key], []).append((*use, (pod.get("spec") or {}).get("nodeName") or "") if use else None)
    for workload in draft.in_cluster("workloads", cluster):
        pods = used.get(workload["id"], [])
        told = [one for one in pods if one is not None]
        if len(told) == len(pods):
            workload["cpu_used_cores"] = round(sum(cpu for cpu, _memory, _node in told), 6)
            workload["memory_used_bytes"] = sum(memory for _cpu, memory, _node in told)
            workload["memory_used_max_bytes"] = max((memory for _cpu, memory, _node in told), default=0)
            biggest = max(told, key=lambda one: (one[1], one[2]), default=None)
            workload["memory_used_max_node_id"] = entity_id("node", cluster, "", biggest[2]) if biggest else None


def _pod_use(item: Entity) -> tuple[float, int] | None:
    """Cores and bytes of all containers of a pod; None when one of them is not told."""
    uses = [_use(container.get("usage") or {}) for container in item.get("containers") or []]
    if not uses or any(len(use) < 2 for use in uses):
        return None
    return sum(use["cpu_used_cores"] for use in uses), sum(use["memory_used_bytes"] for use in uses)
