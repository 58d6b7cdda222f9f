# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes, workloads and services use."""

from __future__ import annotations

import pytest
from unit.model.builders import Item, by_name, kubernetes, lab, node, workload


def pod(name: str, owner: str = "web-1", phase: str = "Running") -> Item:
    """A pod of a replica set."""
    owners = [{"kind": "ReplicaSet", "name": owner}]
    return {
        "metadata": {"name": name, "namespace": "default", "ownerReferences": owners},
        "spec": {"nodeName": "w1", "containers": []},
        "status": {"phase": phase},
    }


def measured(name: str, *memory: str) -> Item:
    """What a pod uses, by container."""
    return {
        "metadata": {"name": name, "namespace": "default"},
        "containers": [{"usage": {"cpu": "250m", "memory": m}} for m in memory],
    }


SETS = [{"metadata": {"name": "web-1", "namespace": "default", "ownerReferences": [{"kind": "Deployment", "name": "web"}]}}]
PODS = [pod("web-1-a"), pod("web-1-b"), pod("web-1-c", phase="Succeeded")]
USED = [measured("web-1-a", "1Mi", "2Mi"), measured("web-1-b", "4Mi")]


def used(metrics: list[Item], unread: str = "") -> Item:
    """A lab with one Deployment of two running pods, and an idle one."""
    metered = [{"metadata": {"name": "w1"}, "usage": {"cpu": "1500m", "memory": "1Gi"}}, {"metadata": {"name": "w9"}, "usage": {}}]
    return lab(
        kubernetes(
            nodes=[node("w1")],
            deployments=[workload("web"), workload("idle")],
            replicasets=SETS,
            pods=PODS,
            pod_metrics=metrics,
            node_metrics=metered,
            unread=unread,
        )
    )


def test_use_of_nodes_workloads_and_services() -> None:
    model = used(USED)
    web, idle, one = by_name(model["workloads"], "web"), by_name(model["workloads"], "idle"), model["nodes"][0]
    assert (web["cpu_used_cores"], web["memory_used_bytes"], web["memory_used_max_bytes"]) == (0.75, 7 * 1024**2, 4 * 1024**2)
    assert (idle["cpu_used_cores"], idle["memory_used_bytes"], idle["memory_used_max_bytes"]) == (0, 0, 0)
    assert (one["cpu_used_cores"], one["memory_used_bytes"], one["pod_count"]) == (1.5, 1024**3, 2)
    assert model["kube_clusters"][0]["pod_count"] == 2
    service = by_name(model["services"], "web")
    assert (service["memory_used_bytes"], service["replicas_wanted_count"], service["replicas_ready_count"]) == (7 * 1024**2, 1, 0)


@pytest.mark.parametrize(
    ("metrics", "unread"),
    [
        (USED[:1], ""),
        ([*USED[:1], measured("web-1-b")], ""),
        ([], ""),
        (USED, "pod_metrics"),
        (USED, "pods"),
        (USED, "replicasets"),
    ],
    ids=["a pod without", "a pod without containers", "no metrics", "metrics unread", "pods unread", "owners unread"],
)
def test_use_that_is_not_known_is_left_out(metrics: list[Item], unread: str) -> None:
    model = used(metrics, unread)
    assert not [field for field in by_name(model["workloads"], "web") if "_used_" in field]
    assert not [field for field in by_name(model["services"], "web") if "_used_" in field]
    assert ("pod_count" in model["nodes"][0]) is (unread != "pods")
