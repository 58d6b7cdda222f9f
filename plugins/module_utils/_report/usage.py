# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 9: what nodes and workloads use at the moment, and what that means."""

from __future__ import annotations

import heapq
import typing as t

from .._words import listed, percent, size
from .lab import NOT_TOLD, Lab, Object, Part, Section, pick, plain_names
from .structure import HIGH_RATIO, ratio

ABSENT = "The cluster has no metrics API, so nothing tells how much its nodes and pods use."

_MOST_CONSUMERS = 10
# From this share on the sentence names memory or processors as what fills up first.
_NOTICEABLE = 0.5


def usage(lab: Lab) -> Section:
    """Section 9."""
    nodes = [_node(row) for row in lab.rows("nodes") if "memory_used_bytes" in row or "cpu_used_cores" in row]
    return Section(
        {
            "node_usage": _measured(lab, "nodes", "usage figures of nodes", nodes, "node_usage"),
            "consumers": _measured(lab, "workloads", "usage figures of pods", _consumers(lab), "pod_usage"),
        },
        ABSENT if lab.lacks("metrics") and not nodes else "",
    )


def judgement(lab: Lab) -> str:
    """What fills up first, and who needs the most of it. "" when usage was not read."""
    rows = _consumers(lab)[:2]
    named = listed([f"{lab.full_name(row, 'kubernetes')} ({size(row['memory_used_bytes'])})" for row in rows])
    sentence = pressure(lab)
    return f"{sentence} The largest consumers of memory are {named}." if sentence and len(rows) > 1 else sentence


def pressure(lab: Lab) -> str:
    """One sentence: whether memory or processors fill up first. "" when usage was not read."""
    nodes = [_node(row) for row in lab.rows("nodes")]
    measured = [node for node in nodes if "memory_used_ratio" in node and "cpu_used_ratio" in node]
    if not measured:
        return ""
    memory, processors = (max(node[share] for node in measured) for share in ("memory_used_ratio", "cpu_used_ratio"))
    lost = [lab.full_name(node, "kubernetes") for node in nodes if node not in measured]
    unknown = f"; of {plain_names(lost)} this is unknown" if lost else ""
    if max(memory, processors) < _NOTICEABLE:
        most = f"{percent(memory)} of its memory or {percent(processors)} of its processors"
        return f"There is little pressure: no {'measured ' if lost else ''}node uses more than {most}{unknown}."
    share = f"nodes use up to {percent(memory)} of their memory and {percent(processors)} of their processors{unknown}"
    if max(memory, processors) >= HIGH_RATIO:
        return f"The pressure is on {'memory' if memory >= processors else 'processors'}: {share}."
    return f"{'Memory fills' if memory >= processors else 'Processors fill'} up first: {share}."


def _node(row: Object) -> dict[str, t.Any]:
    """A node with its usage as shares of what pods may use; each absent when it was not read."""
    shares = {
        "cpu_used_ratio": ratio(row, "cpu_used_cores", "allocatable_cpu_cores"),
        "memory_used_ratio": ratio(row, "memory_used_bytes", "allocatable_memory_bytes"),
    }
    fields = (
        *("id", "name", "cluster", "cpu_used_cores", "allocatable_cpu_cores", "memory_used_bytes", "allocatable_memory_bytes"),
        "pod_count",
    )
    return {**pick(row, *fields), **{name: round(share, 3) for name, share in shares.items() if share is not None}}


def _consumers(lab: Lab) -> list[dict[str, t.Any]]:
    """The workloads that use the most memory, the largest first."""
    fields = (
        *("id", "name", "kind", "cluster", "namespace", "memory_used_bytes", "memory_used_max_bytes", "cpu_used_cores"),
        *("memory_request_bytes", "memory_limit_bytes"),
    )
    measured = (row for row in lab.rows("workloads") if "memory_used_bytes" in row)
    most = heapq.nsmallest(_MOST_CONSUMERS, measured, key=lambda row: (-row["memory_used_bytes"], row["id"]))
    return [pick(row, *fields) for row in most]


def _measured(lab: Lab, collection: str, words: str, rows: t.Sequence[Object], view: str) -> Part:
    """Rows that have figures; a part that was not read when there are none although the objects are there."""
    part = lab.part(collection, words, rows, view=view)
    if rows or part.state in ("unread", "not_configured") or not lab.rows(collection) or lab.lacks("metrics"):
        return part
    gaps = lab.gaps_of(view)
    return Part("unread", (), gaps, f"The {words} could not be read.{'' if gaps else NOT_TOLD}")
