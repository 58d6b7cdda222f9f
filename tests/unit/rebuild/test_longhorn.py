# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Longhorn: replica counts, the default class, and the gate between two nodes."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.storage import (
    default_class_problems,
    fitting_replica_count,
    replica_counts,
)
from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.volumes import volume_gate

Item = dict[str, t.Any]
MARK = "storageclass.kubernetes.io/is-default-class"


def volume(name: str = "pvc-1", **status: t.Any) -> Item:
    """A Volume with this status."""
    return {"metadata": {"name": name}, "status": status}


def healthy(name: str = "pvc-1") -> Item:
    return volume(name, state="attached", robustness="healthy")


def engine(name: str = "pvc-1", **status: t.Any) -> Item:
    return {"metadata": {"name": f"{name}-e-0"}, "spec": {"volumeName": name}, "status": status}


def replica(node: str, name: str = "pvc-1", failed: str = "", since: str = "2026-11-01T00:00:00Z") -> Item:
    return {
        "metadata": {"name": f"{name}-r-{node}"},
        "spec": {"volumeName": name, "nodeID": node, "failedAt": failed, "healthyAt": since},
    }


CLAIM = {"namespace": "media", "pvcName": "photos", "pvName": "pvc-1"}
PLACED = [{"type": "Restore", "status": "False"}, {"type": "Scheduled", "status": "True"}]
UNPLACED = [{"type": "Restore", "status": "False"}, {"type": "Scheduled", "status": "False"}]


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        ({"state": "attached", "robustness": "healthy"}, "continue", None),
        ({"state": "detached", "robustness": "unknown"}, "continue", None),
        (
            {"state": "detached", "robustness": "faulted"},
            "stop",
            "cannot go on with volume pvc-1: it is faulted, no replica can be used; "
            "salvage a replica in Longhorn, or restore a backup",
        ),
        (
            {"state": "attached", "robustness": "faulted", "kubernetesStatus": CLAIM},
            "stop",
            "cannot go on with volume pvc-1 (media/photos): it is faulted, no replica can be used; "
            "salvage a replica in Longhorn, or restore a backup",
        ),
        (
            {"state": "attached", "robustness": "degraded"},
            "wait",
            "cannot go on with volume pvc-1: it is degraded; wait until its replicas are rebuilt",
        ),
        (
            {"state": "attached", "robustness": "degraded", "conditions": PLACED},
            "wait",
            "cannot go on with volume pvc-1: it is degraded; wait until its replicas are rebuilt",
        ),
        (
            {"state": "attached", "robustness": "degraded", "conditions": UNPLACED},
            "wait",
            "cannot go on with volume pvc-1: it is degraded and a replica finds no node or disk; "
            "wait until its replicas are rebuilt",
        ),
        (
            {"state": "attached", "robustness": "unknown", "currentNodeID": "worker-2"},
            "wait",
            "cannot go on with volume pvc-1: it is attached and its health is not known; look at the node worker-2",
        ),
        (
            {"state": "attached"},
            "wait",
            "cannot go on with volume pvc-1: it is attached and its health is not known; look at the node that has it",
        ),
        (
            {"state": "attaching", "robustness": "unknown"},
            "wait",
            "cannot go on with volume pvc-1: it is attaching; wait until it is attached or detached",
        ),
        ({}, "wait", "cannot go on with volume pvc-1: its state is not known; wait until Longhorn tells it"),
        (
            {"state": "new word", "robustness": "healthy"},
            "wait",
            "cannot go on with volume pvc-1: its state is not known; wait until Longhorn tells it",
        ),
    ],
)
def test_a_volume(status: Item, verdict: str, reason: str | None) -> None:
    assert volume_gate([volume(**status)]) == {"verdict": verdict, "reasons": [reason] if reason else []}


def test_a_volume_without_status_waits() -> None:
    assert volume_gate([{"metadata": {"name": "new"}}])["verdict"] == "wait"


def test_without_volumes_nothing_is_in_the_way() -> None:
    assert volume_gate([]) == {"verdict": "continue", "reasons": []}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"replicaModeMap": {"a": "RW", "b": "RW"}, "rebuildStatus": {}}, None),
        ({"replicaModeMap": {"a": "RW", "b": "ERR"}}, None),
        ({}, None),
        ({"rebuildStatus": {"tcp://x": {"isRebuilding": False, "progress": 100}, "tcp://y": None}}, None),
        (
            {"replicaModeMap": {"a": "RW", "b": "WO"}},
            "cannot go on with volume pvc-1: a replica is being rebuilt; wait until that ends",
        ),
        (
            {"rebuildStatus": {"x": {"isRebuilding": True, "progress": 43}, "y": {"isRebuilding": True, "progress": 7}}},
            "cannot go on with volume pvc-1: a replica is being rebuilt, 7 % are done; wait until that ends",
        ),
        (
            {"rebuildStatus": {"x": {"isRebuilding": True}}},
            "cannot go on with volume pvc-1: a replica is being rebuilt; wait until that ends",
        ),
    ],
)
def test_a_rebuild(status: Item, reason: str | None) -> None:
    expected = {"verdict": "wait", "reasons": [reason]} if reason else {"verdict": "continue", "reasons": []}
    assert volume_gate([healthy()], [engine(**status)]) == expected
    assert volume_gate([healthy()], [engine("pvc-2", **status)])["verdict"] == "continue"


@pytest.mark.parametrize(
    ("replicas", "verdict"),
    [
        ([replica("worker-1"), replica("worker-2")], "continue"),
        ([replica("worker-2")], "continue"),
        ([replica("worker-1")], "stop"),
        ([replica("worker-1"), replica("worker-2", failed="2026-11-02T00:00:00Z")], "stop"),
        ([replica("worker-1"), replica("worker-2", since="")], "stop"),
        ([replica("worker-1"), replica("worker-2", name="pvc-2")], "stop"),
        ([], "continue"),
    ],
)
def test_the_node_to_be_drained(replicas: list[Item], verdict: str) -> None:
    reason = (
        "cannot drain worker-1 with volume pvc-1: its only healthy replica is there; "
        "keep two replicas, or move this one to another node first"
    )
    expected = {"verdict": verdict, "reasons": [reason] if verdict == "stop" else []}
    assert volume_gate([healthy()], replicas=replicas, node="worker-1") == expected
    assert volume_gate([healthy()], replicas=replicas)["verdict"] == "continue"


states = st.sampled_from([None, "attached", "detached", "attaching", "creating", "other"])
healths = st.sampled_from([None, "healthy", "degraded", "faulted", "unknown", "other"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(statuses=st.lists(st.tuples(states, healths), max_size=6), order=st.randoms(use_true_random=False))
def test_the_worst_volume_decides(statuses: list[tuple[str | None, str | None]], order: t.Any) -> None:
    volumes = [volume(f"pvc-{number}", state=state, robustness=health) for number, (state, health) in enumerate(statuses)]
    found = volume_gate(volumes)
    verdicts = [volume_gate([one])["verdict"] for one in volumes]
    assert found["verdict"] == max(verdicts, key=["continue", "wait", "stop"].index, default="continue")
    good = [status == ("attached", "healthy") or (status[0] == "detached" and status[1] != "faulted") for status in statuses]
    assert (found["verdict"] == "continue") == all(good)
    assert bool(found["reasons"]) == (found["verdict"] != "continue")
    shuffled = list(volumes)
    order.shuffle(shuffled)
    assert volume_gate(shuffled) == found


@pytest.mark.parametrize(
    ("setting", "counts"),
    [
        ("3", {"v1": 3, "v2": 3}),
        (2, {"v1": 2, "v2": 2}),
        ("20", {"v1": 20, "v2": 20}),
        ('{"v1": 1, "v2": 20}', {"v1": 1, "v2": 20}),
        (" 3 ", {"v1": 3, "v2": 3}),
        ('{"v1":"3","v2":"2"}', {"v1": 3, "v2": 2}),
        ('{"v1": 1}', {"v1": 1}),
    ],
)
def test_replica_counts(setting: str | int, counts: dict[str, int]) -> None:
    assert replica_counts(setting) == counts


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "three",
        "0",
        "21",
        "-1",
        "2.5",
        "true",
        "[3]",
        "{}",
        "null",
        '{"v1":"3","v2":"0"}',
        '{"v1":"x"}',
        '{"v1":true}',
        '{"v1":null}',
    ],
)
def test_what_is_no_replica_count(setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        replica_counts(setting)
    assert str(caught.value) == (
        f"cannot use default-replica-count '{setting}': it is neither a number nor a mapping of data engines to numbers; "
        'write a number from 1 to 20, or {"v1":"2","v2":"2"}'
    )


@pytest.mark.parametrize(
    ("nodes", "wanted", "count", "problem"),
    [
        (2, None, 2, ""),
        (3, None, 3, ""),
        (7, None, 3, ""),
        (7, 5, 5, ""),
        (2, 1, 1, ""),
        (30, 20, 20, ""),
        (2, 2, 2, ""),
        (
            2,
            3,
            2,
            "cannot keep 3 replicas of a volume: 2 nodes have storage, so every volume would stay degraded; "
            "set longhorn_replica_count to 2, or add a node",
        ),
        (
            1,
            2,
            1,
            "cannot keep 2 replicas of a volume: 1 node has storage, so every volume would stay degraded; "
            "set longhorn_replica_count to 1, or add a node",
        ),
    ],
)
def test_fitting_replica_count(nodes: int, wanted: int | None, count: int, problem: str) -> None:
    assert fitting_replica_count(nodes, wanted) == {"count": count, "problem": problem}


@pytest.mark.parametrize(
    ("nodes", "wanted", "message"),
    [
        (0, None, "cannot keep a replica of a volume: no node has storage; let Longhorn use the disk of a node"),
        (2, 0, "cannot keep 0 replicas of a volume: Longhorn takes 1 to 20; change longhorn_replica_count"),
        (2, 21, "cannot keep 21 replicas of a volume: Longhorn takes 1 to 20; change longhorn_replica_count"),
    ],
)
def test_no_replica_count_fits(nodes: int, wanted: int | None, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fitting_replica_count(nodes, wanted)
    assert str(caught.value) == message


def storage_class(name: str, marked: t.Any = None, mark: str = MARK) -> Item:
    return {"metadata": {"name": name, **({} if marked is None else {"annotations": {mark: marked}})}}


@pytest.mark.parametrize(
    ("classes", "wanted", "problems"),
    [
        ([storage_class("longhorn", "true"), storage_class("nfs")], "", []),
        ([storage_class("longhorn", "true"), storage_class("nfs", "false")], "longhorn", []),
        ([storage_class("longhorn", "true", "storageclass.beta.kubernetes.io/is-default-class")], "longhorn", []),
        (
            [],
            "",
            ["cannot find the default StorageClass: none is marked as it; create one and set the annotation {} to true"],
        ),
        (
            [storage_class("nfs"), storage_class("longhorn", "false")],
            "",
            [
                "cannot find the default StorageClass: none is marked as it; "
                "choose one of longhorn, nfs and set the annotation {} to true"
            ],
        ),
        (
            [storage_class("nfs"), storage_class("longhorn")],
            "longhorn",
            ["cannot find the default StorageClass: none is marked as it; choose longhorn and set the annotation {} to true"],
        ),
        (
            [storage_class("nfs", "true"), storage_class("longhorn", "true")],
            "",
            [
                "cannot rely on the default StorageClass: longhorn, nfs are all marked as it; "
                "keep one of them and set the annotation {} of the others to false"
            ],
        ),
        (
            [storage_class("nfs", "true"), storage_class("longhorn", "true")],
            "nfs",
            [
                "cannot rely on the default StorageClass: longhorn, nfs are all marked as it; "
                "keep nfs and set the annotation {} of the others to false"
            ],
        ),
        (
            [storage_class("nfs", "true"), storage_class("longhorn")],
            "longhorn",
            [
                "cannot use longhorn as the default StorageClass: nfs is marked as it; "
                "set the annotation {} of longhorn to true and of nfs to false"
            ],
        ),
    ],
)
def test_the_default_class(classes: list[Item], wanted: str, problems: list[str]) -> None:
    assert default_class_problems(classes, wanted) == [problem.format(MARK) for problem in problems]
