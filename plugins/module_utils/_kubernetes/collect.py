# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads one cluster, noun by noun; whatever cannot be read becomes a gap and hides nothing else."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._errors import SourceError
from .._evidence.gaps import WHOLE_SOURCE, Collected, Gap
from .._evidence.ledger import Ledger
from .._evidence.redaction import Redactor
from .client import WORKERS, Client
from .drifted import read_drifted
from .failures import RefusedError, garbage, unknown
from .kinds import DRIFTED, Kind, Object, wanted_kinds
from .options import Connection
from .trim import Trimmer

_VERSION_FIELDS = ("major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform")

# API groups by name, with the versions that are served; None when they could not be read.
Groups = t.Optional[t.Mapping[str, t.Sequence[str]]]


def collect(options: t.Mapping[str, t.Any], ledger: Ledger, redactor: Redactor) -> Collected:
    """All nouns that the options ask for. Errors: MissingPackagesError, and ConfigError for what is wrong in the kubeconfig."""
    connection = Connection.from_options(options)
    collected = Collected()
    try:
        with Client(connection, ledger) as client:
            collected.identity, collected.credentials = client.whom.identity.name, client.secrets
            _read(client, connection.nouns, Trimmer(redactor), collected)
    except SourceError as exc:
        return Collected(gaps=[Gap.of(WHOLE_SOURCE, exc)], identity=collected.identity, credentials=collected.credentials)
    return collected


def _read(client: Client, nouns: t.Collection[str], trimmer: Trimmer, collected: Collected) -> None:
    """Fill in what can be read. Errors: SourceError when there is no API server to read from, or it knows us not."""
    try:
        version = read_version(client)
    except RefusedError as exc:
        if exc.status != 403:
            raise
        collected.gaps.append(Gap.of("version", exc))
    else:
        collected.nouns["version"] = [version]
        collected.version = version["gitVersion"]
    groups = _read_groups(client, nouns, collected)
    wanted = wanted_kinds(nouns)
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda kind: _read_kind(client, kind, groups, trimmer), wanted)
        for kind, answer in zip(wanted, answers):
            if isinstance(answer, SourceError):
                collected.gaps.append(Gap.of(kind.noun, answer))
            else:
                collected.nouns[kind.noun] = answer
    if DRIFTED in nouns:
        _read_drifted(client, trimmer, collected)
    if "applications" not in nouns:
        collected.nouns.pop("applications", None)
    identity = client.whom.identity
    if collected.nouns and identity.groups is not None:
        collected.nouns["identity"] = [{"identity": identity.name, "groups": sorted(identity.groups)}]


def _read_drifted(client: Client, trimmer: Trimmer, collected: Collected) -> None:
    """What has drifted is told by the Applications: where they could not be read, their gap says all there is to say."""
    if "applications" in collected.nouns:
        rows, gaps = read_drifted(client, collected.nouns["applications"], trimmer)
        collected.gaps += gaps
        if rows is not None:
            collected.nouns[DRIFTED] = rows


def read_version(client: Client) -> Object:
    """What /version says, and the endpoint that said it. Errors: as Client.get()."""
    answer = client.get("/version")
    version: Object = {field: answer[field] for field in _VERSION_FIELDS if isinstance(answer.get(field), str)}
    if "gitVersion" not in version:
        raise garbage(client.whom, "/version", "the version of an API server")
    return {**version, "endpoint": client.whom.endpoint}


def read_groups(client: Client) -> dict[str, list[str]]:
    """API groups with the versions that are served, newest first as the server orders them. Errors: as Client.get()."""
    try:
        return {group["name"]: [version["version"] for version in group["versions"]] for group in client.get("/apis")["groups"]}
    except (KeyError, TypeError) as exc:
        raise garbage(client.whom, "/apis", "a list of API groups") from exc


def _read_groups(client: Client, nouns: t.Collection[str], collected: Collected) -> Groups:
    try:
        groups = read_groups(client)
    except SourceError as exc:
        collected.gaps.append(Gap.of("api_groups", exc))
        return None
    if "api_groups" in nouns:
        collected.nouns["api_groups"] = [{"name": name, "versions": versions} for name, versions in groups.items()]
    return groups


def served(kind: Kind, groups: Groups) -> bool:
    """Whether to ask for a kind at all.

    False: the cluster does not have it, and that is all right. Errors: SourceError (unsupported) when a builtin kind, or a
    kind of which only other versions are served, cannot be read.
    """
    if groups is None or not kind.group:
        return True
    versions = groups.get(kind.group)
    if versions is None and not kind.builtin:
        return False
    if versions is None or kind.version not in versions:
        raise unknown(kind, versions or ())
    return True


def _read_kind(client: Client, kind: Kind, groups: Groups, trimmer: Trimmer) -> list[Object] | SourceError:
    try:
        return client.read_all(kind, lambda item: trimmer.trim(kind, item)) if served(kind, groups) else []
    except SourceError as exc:
        absent = isinstance(exc, RefusedError) and exc.status == 404 and not kind.builtin
        return [] if absent else exc
