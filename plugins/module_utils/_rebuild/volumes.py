# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Whether an upgrade or a drain may go on, judged by the volumes of Longhorn."""

from __future__ import annotations

import typing as t

Item = t.Mapping[str, t.Any]
Verdict = t.Literal["continue", "wait", "stop"]

_ORDER: tuple[Verdict, ...] = ("continue", "wait", "stop")
_IN_BETWEEN = frozenset(("attaching", "creating", "deleting", "detaching"))


class Gate(t.TypedDict):
    """verdict: go on, wait and look again, or stop and let a person decide. reasons: why not to go on, a sentence each."""

    verdict: Verdict
    reasons: list[str]


def volume_gate(volumes: t.Sequence[Item], engines: t.Sequence[Item] = (), replicas: t.Sequence[Item] = (), node: str = "") -> Gate:
    """Judge Volume objects of Longhorn. What a volume does not say of itself makes the verdict wait, never continue.

    engines: Engine objects, for rebuilds that are running. node, replicas: the node that is to be drained, and Replica objects; a
    volume whose only healthy replica is on that node stops, since the drain would never end.
    """
    judged = [
        found
        for volume in sorted(volumes, key=_name)
        for found in (_of_state(volume), _of_rebuild(volume, engines), _of_replicas(volume, replicas, node))
        if found
    ]
    worst = max((verdict for verdict, _reason in judged), key=_ORDER.index, default=_ORDER[0])
    return {"verdict": worst, "reasons": [reason for _verdict, reason in judged]}


def _name(volume: Item) -> str:
    return str(volume["metadata"]["name"])


def _told(volume: Item) -> str:
    """The volume, with the claim that people know it by."""
    known = (volume.get("status") or {}).get("kubernetesStatus") or {}
    claim = f" ({known.get('namespace')}/{known['pvcName']})" if known.get("pvcName") else ""
    return f"volume {_name(volume)}{claim}"


def _of_state(volume: Item) -> tuple[Verdict, str] | None:
    status = volume.get("status") or {}
    state = status.get("state")
    what = f"cannot go on with {_told(volume)}"
    if status.get("robustness") == "faulted":
        return "stop", f"{what}: it is faulted, no replica can be used; salvage a replica in Longhorn, or restore a backup"
    if state == "detached":
        # Nothing runs, so Longhorn says unknown, and that is normal.
        return None
    if state in _IN_BETWEEN:
        return "wait", f"{what}: it is {state}; wait until it is attached or detached"
    if state != "attached":
        return "wait", f"{what}: its state is not known; wait until Longhorn tells it"
    return _of_attached(status, what)


def _of_attached(status: Item, what: str) -> tuple[Verdict, str] | None:
    robustness = status.get("robustness")
    if robustness == "healthy":
        return None
    if robustness == "degraded":
        unplaced = any(one.get("type") == "Scheduled" and one.get("status") == "False" for one in status.get("conditions") or [])
        more = " and a replica finds no node or disk" if unplaced else ""
        return "wait", f"{what}: it is degraded{more}; wait until its replicas are rebuilt"
    node = status.get("currentNodeID") or "that has it"
    return "wait", f"{what}: it is attached and its health is not known; look at the node {node}"


def _of_rebuild(volume: Item, engines: t.Sequence[Item]) -> tuple[Verdict, str] | None:
    mine = [one for one in engines if (one.get("spec") or {}).get("volumeName") == _name(volume)]
    running = [
        progress
        for engine in mine
        for rebuild in ((engine.get("status") or {}).get("rebuildStatus") or {}).values()
        if rebuild and rebuild.get("isRebuilding")
        for progress in [rebuild.get("progress")]
    ]
    writing = [engine for engine in mine if "WO" in ((engine.get("status") or {}).get("replicaModeMap") or {}).values()]
    if not running and not writing:
        return None
    far = [progress for progress in running if isinstance(progress, int)]
    done = f", {min(far)} % are done" if far else ""
    return "wait", f"cannot go on with {_told(volume)}: a replica is being rebuilt{done}; wait until that ends"


def _of_replicas(volume: Item, replicas: t.Sequence[Item], node: str) -> tuple[Verdict, str] | None:
    if not node:
        return None
    specs = [one.get("spec") or {} for one in replicas]
    homes = {spec.get("nodeID") for spec in specs if spec.get("volumeName") == _name(volume) and _healthy(spec)}
    if homes != {node}:
        return None
    help_ = "keep two replicas, or move this one to another node first"
    return "stop", f"cannot drain {node} with {_told(volume)}: its only healthy replica is there; {help_}"


def _healthy(spec: Item) -> bool:
    return bool(spec.get("healthyAt")) and not spec.get("failedAt")
