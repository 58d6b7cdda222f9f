# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks in seconds whether a cluster can be audited: reachable, TLS, login, and the right to list each kind."""

from __future__ import annotations

import dataclasses
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._errors import SourceError
from .._evidence.checks import Check, Step
from .._evidence.ledger import Ledger
from .client import WORKERS, Client
from .collect import Groups, read_groups, read_version, served
from .failures import RefusedError, UnansweredError
from .kinds import Kind, wanted_kinds
from .options import Connection

# Preflight has ten seconds in all.
_SECONDS = 3.0


def preflight(options: t.Mapping[str, t.Any], ledger: Ledger) -> list[Check]:
    """The steps of one cluster, up to the first that fails. Errors: MissingPackagesError, ConfigError as collect()."""
    connection = Connection.from_options(options)
    connection = dataclasses.replace(connection, read_seconds=min(_SECONDS, connection.read_seconds))
    steps = _Steps(connection.name)
    try:
        with Client(connection, ledger, connect_seconds=_SECONDS) as client:
            _check(client, connection, steps)
    except SourceError as exc:
        steps.failed(exc.step if isinstance(exc, UnansweredError) else "login", exc)
    return steps.checks


class _Steps:
    def __init__(self, name: str) -> None:
        self._name = name
        self.checks: list[Check] = []

    def passed(self, step: Step, detail: str) -> None:
        self.checks.append(Check("kubernetes", self._name, step, True, detail))

    def failed(self, step: Step, error: SourceError) -> None:
        self.checks.append(Check("kubernetes", self._name, step, False, str(error), error.remedy))


def _check(client: Client, connection: Connection, steps: _Steps) -> None:
    whom = client.whom
    version = "of unknown version"
    error: SourceError | None = None
    try:
        version = read_version(client)["gitVersion"]
    except SourceError as exc:
        error = exc
    if isinstance(error, UnansweredError) and error.step == "reachable":
        raise error
    steps.passed("reachable", f"{whom.endpoint} answers")
    if isinstance(error, UnansweredError) and error.step == "tls":
        raise error
    steps.passed("tls", client.protection)
    if error is not None and not (isinstance(error, RefusedError) and error.status == 403):
        raise error
    steps.passed("login", f"Kubernetes {version} as {whom.name}")
    _check_rights(client, connection, steps, error)


def _check_rights(client: Client, connection: Connection, steps: _Steps, error: SourceError | None) -> None:
    """One GET per kind. After one that is not answered in time the rest is not asked: the ten seconds would not do."""
    wanted = wanted_kinds(connection.nouns)
    errors = [error] if error is not None else []
    groups: Groups = None
    try:
        groups = read_groups(client)
    except SourceError as exc:
        errors.append(exc)
    enough = threading.Event()
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda kind: _ask(client, kind, groups, enough), wanted)
        errors += [answer for answer in answers if answer is not None]
    for missing in errors:
        steps.failed("rights", missing)
    if not errors:
        steps.passed("rights", f"may list all {len(wanted)} kinds")


def _ask(client: Client, kind: Kind, groups: Groups, enough: threading.Event) -> SourceError | None:
    if enough.is_set():
        return None
    try:
        if served(kind, groups):
            client.first(kind)
    except UnansweredError as exc:
        enough.set()
        return exc
    except SourceError as exc:
        # What the cluster does not have is no missing right.
        return None if exc.reason == "unsupported" else exc
    return None
