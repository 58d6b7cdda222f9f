# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads what the inventory needs, through the collectors of the audit and their guard. Nothing is written to disk."""

from __future__ import annotations

import secrets
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from ..module_utils._errors import ConfigError
from ..module_utils._evidence.folder import Evidence, SourceEvidence, SourceRecord, dump
from ..module_utils._evidence.gaps import WHOLE_SOURCE, Gap
from ..module_utils._evidence.ledger import Ledger
from ..module_utils._evidence.redaction import Redactor
from ..module_utils._requirements import require
from ..module_utils._sources import SOURCES, Options, missing_packages
from ..module_utils._version import VERSION

# Nouns that name machines: without one of them machines are missing from the inventory.
_MACHINES: t.Mapping[str, tuple[str, ...]] = {
    "proxmox": ("resources", "guests"),
    "kubernetes": ("nodes", "controlnodes", "leases", "etcdmembers"),
}
# Nouns that only say more about machines.
_FACTS: t.Mapping[str, tuple[str, ...]] = {
    "proxmox": ("permissions", "cluster_status"),
    "kubernetes": ("version", "api_groups", "persistentvolumes"),
}


def read_sources(lab: t.Mapping[str, t.Any]) -> Evidence:
    """The evidence of all entries, read side by side. lab: as load_lab_file() gives it.

    Errors: ConfigError when an entry cannot be used at all or there is none, MissingPackagesError.
    """
    entries = [(kind, entry) for kind in _MACHINES for entry in lab[kind]]
    if not entries:
        raise ConfigError(f"{lab['lab_file']}: names no machines; add at least one of proxmox, kubernetes")
    require(missing_packages({kind for kind, entry in entries}))
    started = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    # No mask leaves this process, so its key need not outlive it.
    ledger, redactor = Ledger(), Redactor(secrets.token_bytes(32))
    with ThreadPoolExecutor(len(entries)) as pool:
        sources = list(pool.map(lambda pair: _read(pair[0], pair[1], ledger, redactor), entries))
    return Evidence(VERSION, started, sources, [])


def _read(kind: str, entry: Options, ledger: Ledger, redactor: Redactor) -> SourceEvidence:
    # What the audit gathers of the entry has nothing to do with what the inventory needs.
    needed = {**entry, "gather": [*_MACHINES[kind], *_FACTS[kind]]}
    found = SOURCES[kind].collect(needed, ledger, redactor)
    record = SourceRecord(kind, entry["name"], found.state, identity=found.identity, version=found.version)
    # In the order in which the audit reads them back.
    nouns = {noun: sorted(objects, key=dump) for noun, objects in sorted(found.nouns.items())}
    return SourceEvidence(record, nouns, sorted(found.gaps))


def hides_machines(source: SourceEvidence, gap: Gap) -> bool:
    """Whether machines are missing from the inventory because of a gap."""
    if gap.what == WHOLE_SOURCE:
        return True
    return gap.what in _MACHINES[source.record.source] and gap.what not in source.nouns


def sentence(source: SourceEvidence, gap: Gap) -> str:
    """A gap for a person."""
    helps = f"; what helps: {gap.remedy}" if gap.remedy else ""
    return f"{source.record.id}: {gap.detail}{helps}"
