# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Names of the hosts of an inventory: each machine gets one of its own, whatever it is called. No I/O."""

from __future__ import annotations

import re
import typing as t
from collections import Counter

# A host of such a name would be taken for a group, or for the machine that runs Ansible.
_TAKEN = frozenset(("all", "ungrouped", "localhost", "127.0.0.1"))


class Called(t.NamedTuple):
    """A machine that wants a name. suffix: tells it from others of its name. label: how messages call it."""

    name: str
    suffix: str
    cluster: str
    label: str


def name_machines(machines: t.Sequence[Called], groups: t.Collection[str]) -> tuple[list[str], list[str]]:
    """A name for each machine, in their order, and what a person should know about it.

    groups: names that are taken. A name that two share, or that is taken, is followed by the suffix, for all of them, so that it
    does not depend on who comes first.
    """
    plain = [_safe(machine.name) for machine in machines]
    shared = {name for name, count in Counter(plain).items() if count > 1}
    unusable = shared | {"", *_TAKEN, *groups}
    used = {*plain, *unusable}
    names: list[str] = []
    changed: dict[str, list[str]] = {}
    for name, machine in zip(plain, machines):
        chosen = name
        if name in unusable:
            chosen = f"{name or 'machine'}-{machine.suffix}"
            while chosen in used:
                chosen += f"-{machine.cluster}"
            used.add(chosen)
            changed.setdefault(name, []).append(f"{machine.label} is {chosen}")
        names.append(chosen)
    return names, [_told(name, hosts) for name, hosts in sorted(changed.items())]


def _safe(name: str) -> str:
    """What Ansible takes for one host and not for a pattern."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")


def _told(name: str, hosts: t.Sequence[str]) -> str:
    several = len(hosts) > 1
    if not name:
        why = f"{len(hosts)} machines have names" if several else "a machine has a name"
        why += " without any letter that Ansible takes"
    else:
        why = f"{len(hosts)} machines are called '{name}'" if several else f"a machine is called '{name}', which is taken"
    return f"{why}; in the inventory {', '.join(hosts)}"
