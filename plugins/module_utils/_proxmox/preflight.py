# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Whether one Proxmox VE entry can be audited: two requests, a few seconds."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import ConfigError, LabError, SourceError
from .._evidence.checks import Check, Step
from .._evidence.ledger import Ledger
from .client import Client
from .connection import Connection
from .failures import RefusedError, UnansweredError
from .rights import AGENT, AGENT_BEFORE_9, NEEDS, Need, Rights, grant_commands, listed, major_version

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 4.0


def preflight(options: t.Mapping[str, t.Any], ledger: Ledger) -> list[Check]:
    """The steps reachable, tls, login and rights; the last one is the first that failed. Errors: MissingPackagesError."""
    name = str(options.get("name") or "")
    checks = _Checks(name)
    try:
        connection = Connection.from_options(options)
    except ConfigError as exc:
        return checks.failed("reachable", exc)
    # Several dead addresses share the time that one may take.
    seconds = max(1.0, _CONNECT_SECONDS / len(connection.addresses))
    connection = dataclasses.replace(connection, read_seconds=min(connection.read_seconds, _READ_SECONDS))
    try:
        client = Client(connection, ledger, seconds)
    except ConfigError as exc:
        return checks.failed("tls", exc)
    with client:
        return _steps(client, checks)


class _Checks(list[Check]):
    """The checks so far."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def passed(self, step: Step, detail: str) -> None:
        self.append(Check("proxmox", self._name, step, True, detail))

    def failed(self, step: Step, error: LabError) -> list[Check]:
        remedy = error.remedy if isinstance(error, SourceError) else ""
        self.append(Check("proxmox", self._name, step, False, str(error), remedy))
        return self


def _steps(client: Client, checks: _Checks) -> list[Check]:
    try:
        version = client.connect()["version"]
        permissions = client.mapping("/access/permissions")
    except ConfigError as exc:
        _answers(client, checks)
        return checks.failed("login", exc)
    except UnansweredError as exc:
        if exc.step == "tls":
            checks.passed("reachable", f"{client.address} accepts connections")
        return checks.failed(exc.step, exc)
    except SourceError as exc:
        if not isinstance(exc, RefusedError):
            return checks.failed("reachable", exc)
        _answers(client, checks)
        return checks.failed("login", exc)
    _answers(client, checks)
    checks.passed("login", f"{client.connection.identity} is logged in to Proxmox VE {version}")
    _rights(client.connection.identity, Rights(permissions), major_version(version), checks)
    return checks


def _answers(client: Client, checks: _Checks) -> None:
    connection = client.connection
    checks.passed("reachable", f"{client.address} answers")
    if connection.fingerprint:
        checks.passed("tls", "the certificate has the configured fingerprint")
    elif not connection.validate_certs:
        checks.passed("tls", "the certificate is not checked: validate_certs is false")
    else:
        by = "ca_path" if connection.ca_path else "the CAs of this system"
        checks.passed("tls", f"the certificate is verified with {by}")


def _rights(identity: str, rights: Rights, major: int, checks: _Checks) -> None:
    missing = [need for need in NEEDS if not rights.on(need.path, _privileges(need, major))]
    optional = [need for need in missing if _privileges(need, major) == AGENT_BEFORE_9]
    for need in missing:
        if need not in optional:
            checks.failed("rights", _lacks(identity, rights, need))
    if len(missing) == len(optional):
        checks.passed("rights", f"{identity} may read all that the audit reads")
    if optional:
        checks.passed(
            "rights",
            "the addresses of guests are not read: before Proxmox VE 9 only VM.Monitor opens them, and commands in guests, too",
        )


def _privileges(need: Need, major: int) -> tuple[str, ...]:
    return AGENT_BEFORE_9 if need.privileges == AGENT and 0 < major < 9 else need.privileges


def _lacks(identity: str, rights: Rights, need: Need) -> SourceError:
    places = rights.places(need.privileges)
    only = f", it has it only on {listed(places)}" if places else ""
    detail = f"cannot read {need.purpose}: {identity} lacks {need.privileges[0]} on {need.path}{only}"
    return SourceError(detail, "forbidden", grant_commands(identity))
