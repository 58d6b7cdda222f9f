# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""One Proxmox VE entry of the lab file as evidence."""

from __future__ import annotations

import typing as t
from functools import partial

from .._errors import ConfigError, SourceError
from .._evidence.gaps import WHOLE_SOURCE, Collected, Gap
from .._evidence.ledger import Ledger
from .._evidence.redaction import Redactor
from . import trim
from .client import Client
from .connection import Connection
from .guests import GuestReader, guest_rows
from .hosts import Hosts, read_hosts
from .lanes import run
from .rights import GUESTS, STORAGES, Rights, grant_commands, listed

NOUNS = (
    "version",
    "permissions",
    "cluster_status",
    "resources",
    "hosts",
    "guests",
    "storages",
    "backup_jobs",
    "not_backed_up",
)


def collect(options: t.Mapping[str, t.Any], ledger: Ledger, redactor: Redactor) -> Collected:
    """Reads what the entry asks for (``gather``, all nouns by default); what cannot be read becomes a gap.

    Errors: ConfigError for options that cannot be used, MissingPackagesError.
    """
    connection = Connection.from_options(options)
    wanted = _wanted(options, connection)
    found = Collected(identity=connection.identity, credentials=(connection.secret,))
    with Client(connection, ledger) as client:
        try:
            version = client.connect()
        except SourceError as exc:
            found.gaps.append(Gap.of(WHOLE_SOURCE, exc))
            return found
        found.version = version["version"]
        found.nouns["version"] = [version]
        _Reader(client, redactor, found).read(wanted)
    found.gaps.sort()
    return found


def _wanted(options: t.Mapping[str, t.Any], connection: Connection) -> set[str]:
    wanted = set(options.get("gather") or NOUNS)
    unknown = sorted(wanted - set(NOUNS))
    if unknown:
        raise ConfigError(f"cannot gather {', '.join(unknown)} of {connection.label}: it knows {', '.join(NOUNS)}")
    return wanted


class _Reader:
    """Reads the nouns of a connection that works into a Collected."""

    def __init__(self, client: Client, redactor: Redactor, found: Collected) -> None:
        self._client = client
        self._redactor = redactor
        self._found = found
        self._rights: Rights | None = None

    def read(self, wanted: set[str]) -> None:
        """wanted: of NOUNS. Rights come first, because they tell what an empty list means."""
        lists: dict[str, tuple[str, t.Callable[[trim.Row], trim.Row]]] = {
            "cluster_status": ("/cluster/status", trim.cluster_member),
            "resources": ("/cluster/resources", trim.resource),
            "storages": ("/storage", partial(trim.storage, redactor=self._redactor)),
            "backup_jobs": ("/cluster/backup", partial(trim.backup_job, redactor=self._redactor)),
            "not_backed_up": ("/cluster/backup-info/not-backed-up", trim.resource),
        }
        one_by_one = wanted & {"hosts", "guests"}
        needed = wanted | ({"resources"} if one_by_one else set())
        raw: dict[str, list[trim.Row]] = {}
        jobs: list[t.Callable[[], None]] = [self._read_rights]
        jobs += [partial(self._read_list, noun, *lists[noun], raw) for noun in lists if noun in needed]
        run(("", job) for job in jobs)
        self._keep_visible("storages", "/storage", STORAGES)
        self._keep_visible("not_backed_up", "/vms", GUESTS)
        if "resources" in raw and one_by_one:
            self._read_one_by_one(raw["resources"], one_by_one)
        elif one_by_one:
            self._not_listed(one_by_one)
        for noun in set(self._found.nouns) - wanted - {"version"}:
            del self._found.nouns[noun]

    def _read_rights(self) -> None:
        try:
            permissions = self._client.mapping("/access/permissions")
        except SourceError as exc:
            self._found.gaps.append(Gap.of("permissions", exc))
            return
        self._rights = Rights(permissions)
        self._found.nouns["permissions"] = [permissions]

    def _read_list(self, noun: str, path: str, shape: t.Callable[[trim.Row], trim.Row], raw: dict[str, list[trim.Row]]) -> None:
        try:
            rows = self._client.rows(path)
        except SourceError as exc:
            self._found.gaps.append(Gap.of(noun, exc))
            return
        raw[noun] = rows
        self._found.nouns[noun] = [shape(row) for row in rows]

    def _read_one_by_one(self, resources: list[trim.Row], wanted: set[str]) -> None:
        hosts = Hosts(resources)
        if "hosts" in wanted:
            rows, gaps = read_hosts(self._client, hosts)
            self._found.gaps += gaps
            if rows is not None:
                self._found.nouns["hosts"] = rows
        if "guests" in wanted:
            reader = GuestReader(self._client, self._redactor, hosts, self._rights, self._found.version or "")
            reader.read(guest_rows(resources))
            self._found.nouns["guests"] = reader.guests
            self._found.gaps += reader.gaps
            self._keep_visible("guests", "/vms", GUESTS)
        self._found.gaps += hosts.gaps()

    def _not_listed(self, wanted: set[str]) -> None:
        """Hosts and guests share the fate of the list that names them."""
        cause = next(gap for gap in self._found.gaps if gap.what == "resources")
        self._found.gaps += [Gap(noun, cause.reason, cause.detail, cause.remedy) for noun in sorted(wanted)]

    def _keep_visible(self, noun: str, path: str, privileges: t.Sequence[str]) -> None:
        """Take a list away that is empty because nothing in it may be seen, and say so where only a part may be."""
        rows = self._found.nouns.get(noun)
        if rows is None:
            return
        identity = self._client.connection.identity
        if self._rights is None:
            if not rows:
                del self._found.nouns[noun]
                detail = f"cannot tell whether there are no {_words(noun)}: the rights of {identity} could not be read"
                self._found.gaps.append(Gap(noun, "forbidden", detail, grant_commands(identity)))
            return
        extent = self._rights.extent(path, privileges)
        if extent == "all" or (extent == "some" and noun == "not_backed_up"):
            # The guests that are not seen have a gap of their own.
            return
        if not rows:
            del self._found.nouns[noun]
            detail = f"cannot read {_words(noun)}: {identity} lacks {privileges[0]} on {path}, so they are left out"
        else:
            places = self._rights.places(privileges)
            only = f", it has it only on {listed(places)}" if places else ""
            detail = f"only some {_words(noun)} can be seen: {identity} lacks {privileges[0]} on {path}{only}"
        self._found.gaps.append(Gap(noun, "forbidden", detail, grant_commands(identity)))


def _words(noun: str) -> str:
    return {"not_backed_up": "guests without a backup job"}.get(noun, noun)
