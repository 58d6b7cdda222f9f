# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What stops when something stops: the fix point over the edges of a lab. Pure; time grows with the edges that are touched.

An entity fails when fewer than ``min`` members of one of its groups are left. Whoever fails is lost to those that depend on it.
"""

from __future__ import annotations

import typing as t

Group = tuple[str, str]


class Graph:
    """The edges of lab.json ({from, to, kind, group, min}), indexed once; it is asked often and never changed."""

    def __init__(self, edges: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        self._members: dict[Group, set[str]] = {}
        self._needed: dict[Group, int] = {}
        self._groups_of: dict[str, set[Group]] = {}
        for edge in edges:
            group = (edge["from"], edge["group"])
            self._members.setdefault(group, set()).add(edge["to"])
            # Edges of one group that ask for different numbers: the highest counts, so that no failure is overlooked.
            self._needed[group] = max(edge["min"], self._needed.get(group, 0))
            self._groups_of.setdefault(edge["to"], set()).add(group)

    def stopped_by(self, *lost: str) -> set[str]:
        """Ids of all that stops when all of ``lost`` stop together, themselves included."""
        stopped = set(lost)
        waiting = list(stopped)
        left: dict[Group, int] = {}
        while waiting:
            for group in self._groups_of.get(waiting.pop(), ()):
                left[group] = left.get(group, len(self._members[group])) - 1
                if left[group] < self._needed[group] and group[0] not in stopped:
                    stopped.add(group[0])
                    waiting.append(group[0])
        return stopped
