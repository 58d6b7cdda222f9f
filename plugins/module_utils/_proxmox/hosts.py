# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The hosts of a cluster, one by one, and which of them keep silent."""

from __future__ import annotations

import threading
import typing as t
from functools import partial

from .._errors import SourceError
from .._evidence.gaps import Gap
from . import trim
from .client import Client, endpoint
from .failures import RefusedError
from .lanes import run

# After so many answers that took too long the rest of a host is not asked.
_SLOW_ANSWERS = 3


class Hosts:
    """What is known of each host while reading; several threads tell it what they met."""

    def __init__(self, resources: t.Sequence[trim.Row]) -> None:
        """resources: rows of /cluster/resources."""
        self._lock = threading.Lock()
        self._slow: dict[str, int] = {}
        self._silent: dict[str, SourceError] = {}
        self.names = sorted({str(row["node"]) for row in resources if row.get("type") == "node" and row.get("node")})
        for row in resources:
            if row.get("type") == "node" and row.get("node") and row.get("status") == "offline":
                name = str(row["node"])
                self._silent[name] = SourceError(
                    f"cannot read host {name}: the cluster says that it is offline",
                    "unreachable",
                    f"start {name}, or look at its network",
                )

    def silent(self, host: str) -> bool:
        """Whether the host is not to be asked any more."""
        with self._lock:
            return host in self._silent

    def met(self, host: str, error: SourceError) -> None:
        """An error while asking the host: no connection silences it at once, slow answers after a few."""
        with self._lock:
            if error.reason == "timeout":
                self._slow[host] = self._slow.get(host, 0) + 1
            if error.reason == "unreachable" or self._slow.get(host, 0) >= _SLOW_ANSWERS:
                self._silent.setdefault(host, _about(host, error))

    def gaps(self) -> list[Gap]:
        """One per silent host."""
        with self._lock:
            return [Gap.of(f"hosts/{host}", error) for host, error in self._silent.items()]


def _about(host: str, error: SourceError) -> SourceError:
    """The error without the path that happened to meet it, so that the same fault always reads the same."""
    if isinstance(error, RefusedError):
        return SourceError(
            f"cannot read host {host}: it does not answer ({error.status} {error.words})", error.reason, error.remedy
        )
    if error.reason == "timeout":
        return SourceError(f"cannot read host {host}: its answers take too long", error.reason, error.remedy)
    return error


def read_hosts(client: Client, hosts: Hosts) -> tuple[list[trim.Row] | None, list[Gap]]:
    """{node, status} of each host, without status where it could not be read; None when no host may be read at all.

    Gaps of silent hosts are those of ``hosts``; the others come here.
    """
    rows: dict[str, trim.Row] = {name: {"node": name} for name in hosts.names}
    errors: dict[str, SourceError] = {}

    def read(name: str) -> None:
        try:
            rows[name]["status"] = trim.host_status(client.mapping(endpoint("/nodes/{}/status", name)))
        except SourceError as exc:
            hosts.met(name, exc)
            errors[name] = exc

    run((name, partial(read, name)) for name in hosts.names if not hosts.silent(name))
    told = {name: errors[name] for name in sorted(errors) if not hosts.silent(name)}
    forbidden = [error for error in told.values() if error.reason == "forbidden"]
    if forbidden and len(forbidden) == len(told) and not any("status" in row for row in rows.values()):
        return None, [Gap.of("hosts", forbidden[0])]
    return list(rows.values()), [Gap.of(f"hosts/{name}", error) for name, error in told.items()]
