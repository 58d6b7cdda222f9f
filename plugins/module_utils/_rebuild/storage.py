# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Replica counts of Longhorn, and which StorageClass is the default."""

from __future__ import annotations

import json
import typing as t

from .._errors import ConfigError

# What the chart of Longhorn asks for.
_USUAL_COUNT = 3
_MOST = 20
_SETTING = "cannot use default-replica-count '{:.80}': it is neither a number nor a mapping of data engines to numbers"
_HELP = 'write a number from 1 to 20, or {"v1":"2","v2":"2"}'
_DEFAULT_MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


class ReplicaCount(t.TypedDict):
    """count: what the nodes can hold, at most what is wanted. problem: why less than wanted, one sentence, or empty."""

    count: int
    problem: str


def replica_counts(text: str | int) -> dict[str, int]:
    """The setting default-replica-count by data engine: "3" or '{"v1":"3","v2":"3"}' as {"v1": 3, "v2": 3}.

    The plain form, of older versions, is for both. ConfigError for anything else, and for counts that Longhorn does not take.
    """
    try:
        read = json.loads(str(text))
    except ValueError:
        raise ConfigError(f"{_SETTING.format(str(text))}; {_HELP}") from None
    by_engine = read if isinstance(read, dict) and read else {"v1": read, "v2": read}
    counts = {str(engine): _whole(value) for engine, value in by_engine.items()}
    if not all(1 <= count <= _MOST for count in counts.values()):
        raise ConfigError(f"{_SETTING.format(str(text))}; {_HELP}")
    return counts


def _whole(value: t.Any) -> int:
    """A whole number, also as a text; 0 for anything else."""
    text = "" if isinstance(value, bool) else str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def fitting_replica_count(storage_node_count: int, wanted: int | None = None) -> ReplicaCount:
    """How many replicas fit when each needs a node of its own. wanted: None for three, or as many as fit.

    ConfigError without a node, or with a wanted count that Longhorn does not take.
    """
    if wanted is not None and not 1 <= wanted <= _MOST:
        raise ConfigError(f"cannot keep {wanted} replicas of a volume: Longhorn takes 1 to {_MOST}; change longhorn_replica_count")
    if storage_node_count < 1:
        raise ConfigError("cannot keep a replica of a volume: no node has storage; let Longhorn use the disk of a node")
    count = min(storage_node_count, _USUAL_COUNT if wanted is None else wanted)
    if wanted is None or count == wanted:
        return {"count": count, "problem": ""}
    nodes = "1 node has" if storage_node_count == 1 else f"{storage_node_count} nodes have"
    return {
        "count": count,
        "problem": f"cannot keep {wanted} replicas of a volume: {nodes} storage, so every volume would stay degraded; "
        f"set longhorn_replica_count to {count}, or add a node",
    }


def default_class_problems(classes: t.Sequence[t.Mapping[str, t.Any]], wanted: str = "") -> list[str]:
    """Why there is not exactly one default StorageClass, as sentences; none when all is well.

    classes: StorageClass objects. wanted: the name that the default must have, empty for any.
    """
    names = sorted(str(one["metadata"]["name"]) for one in classes)
    marked = sorted(str(one["metadata"]["name"]) for one in classes if _is_default(one))
    if not marked:
        chosen = wanted if wanted in names else f"one of {', '.join(names)}"
        have = f"choose {chosen}" if names else "create one"
        return [
            f"cannot find the default StorageClass: none is marked as it; {have} and set the annotation {_DEFAULT_MARKS[0]} to true"
        ]
    problems = []
    if len(marked) > 1:
        kept = wanted if wanted in marked else "one of them"
        problems.append(
            f"cannot rely on the default StorageClass: {', '.join(marked)} are all marked as it; "
            f"keep {kept} and set the annotation {_DEFAULT_MARKS[0]} of the others to false"
        )
    if wanted and wanted not in marked:
        problems.append(
            f"cannot use {wanted} as the default StorageClass: {marked[0]} is marked as it; "
            f"set the annotation {_DEFAULT_MARKS[0]} of {wanted} to true and of {marked[0]} to false"
        )
    return problems


def _is_default(one: t.Mapping[str, t.Any]) -> bool:
    marks = one["metadata"].get("annotations") or {}
    return any(str(marks.get(name)).lower() == "true" for name in _DEFAULT_MARKS)
