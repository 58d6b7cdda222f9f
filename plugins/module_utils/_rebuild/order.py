# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Whether the variables with which a cluster is to be built are complete."""

from __future__ import annotations

import re
import typing as t

FORMAT = 1
PARTS = ("argocd", "longhorn", "metallb")
CONTROLS = ("controller", "controller+worker")
ROLES = (*CONTROLS, "worker")
# A name of a host becomes a name in the inventory and of a node; nothing else may hide in it.
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_HOST_LISTS = ("install_flags", "taints")


def order_problems(given: t.Mapping[str, t.Any]) -> list[str]:
    """What keeps a rebuild from starting, a sentence each; none when everything is said.

    given: the variables of rebuild_vars.yml, or of a person, by name. A null anywhere is a thing that nobody has told yet.
    """
    problems = []
    if given.get("rebuild_format") != FORMAT:
        found = given.get("rebuild_format")
        problems.append(f"rebuild_format is {found}, and this version reads {FORMAT}: let this version write the file anew")
    problems += [f"{what} is null: nobody has told it yet" for name in sorted(given) for what in _nulls(given[name], name)]
    problems += [f"rebuild_missing still asks for {_asked(one)}" for one in given.get("rebuild_missing") or ()]
    parts = given.get("rebuild_parts") or ()
    problems += [f"rebuild_parts names {part}, and it can name {', '.join(PARTS)}" for part in parts if part not in PARTS]
    return problems + _host_problems(given.get("k0s_hosts"))


def _nulls(value: t.Any, place: str) -> t.Iterator[str]:
    if value is None:
        yield place
    elif isinstance(value, t.Mapping):
        for key, member in value.items():
            yield from _nulls(member, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, member in enumerate(value):
            name = member.get("name") or index if isinstance(member, t.Mapping) else index
            yield from _nulls(member, f"{place}[{name}]")


def _asked(one: t.Any) -> str:
    """An entry of rebuild_missing as a person reads it."""
    return f"{one.get('what')} ({one.get('why')})" if isinstance(one, t.Mapping) else str(one)


def _host_problems(hosts: t.Any) -> list[str]:
    if not isinstance(hosts, (list, tuple)) or not all(isinstance(host, t.Mapping) for host in hosts):
        return ["k0s_hosts is no list of hosts: write each with name, address and role"]
    problems = [problem for host in hosts for problem in _problems_of(host)]
    names = [str(host.get("name")).lower() for host in hosts]
    problems += [f"k0s_hosts names {name} more than once" for name in sorted(set(names)) if names.count(name) > 1]
    if not any(host.get("role") in CONTROLS for host in hosts):
        problems.append("k0s_hosts has no controller: give one host the role controller or controller+worker")
    return problems


def _problems_of(host: t.Mapping[str, t.Any]) -> list[str]:
    name = str(host.get("name"))
    problems = []
    if not _NAME.fullmatch(name):
        problems.append(f"k0s_hosts holds the name {name!r}, which no machine can have: letters, digits, dots and hyphens only")
    if "address" not in host:
        problems.append(f"k0s_hosts[{name}] has no address: enter that of SSH")
    if host.get("role", "") not in (*ROLES, None):
        problems.append(f"k0s_hosts[{name}].role is {host.get('role', 'not given')}, and it can be {', '.join(ROLES)}")
    problems += [
        f"k0s_hosts[{name}].{field} is no list" for field in _HOST_LISTS if not isinstance(host.get(field) or [], (list, tuple))
    ]
    return problems
