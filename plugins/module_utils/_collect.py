# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads all sources side by side and writes the evidence: the only stage that talks to anything."""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

from ._errors import ConfigError
from ._evidence.checks import Check
from ._evidence.folder import EvidenceWriter, SourceRecord
from ._evidence.gaps import Collected
from ._evidence.leaks import check_redaction
from ._evidence.ledger import Ledger
from ._evidence.redaction import Redactor
from ._k0s.result import from_result
from ._sources import SOURCES, Options
from ._version import VERSION

KINDS = (*SOURCES, "k0s")
_PREFLIGHT_SECONDS = 7.0


@dataclasses.dataclass
class Result:
    """What a collection gave: the record and gaps of every configured source, bytes written, seconds in all."""

    sources: list[dict[str, t.Any]]
    bytes: int
    seconds: float


@dataclasses.dataclass
class _Read:
    source: str
    name: str
    collected: Collected
    seconds: float = 0.0
    started: str | None = None

    @property
    def record(self) -> SourceRecord:
        found = self.collected
        return SourceRecord(
            self.source, self.name, found.state, round(self.seconds, 3), found.identity, found.version, started=self.started
        )


def collect_lab(
    sections: t.Mapping[str, t.Sequence[Options]], hosts: t.Mapping[str, Collected], ledger: Ledger, redactor: Redactor, dest: Path
) -> Result:
    """Read every entry of every section, add what k0s hosts gave already, and write the folder ``dest``.

    sections: source kind to its entries, each with a name. hosts: k0s host to what it gave. Errors: ConfigError when an entry
    cannot be used at all or nothing is configured, LeakError when a secret would be in the evidence, which is then not kept; a
    source that cannot be read is no error but a gap.
    """
    if not any(sections.values()) and not hosts:
        raise ConfigError("cannot audit the lab: the lab file names no source; add proxmox, kubernetes or repository to it")
    check_redaction(redactor)
    started, clock = _now(), time.monotonic()
    writer = EvidenceWriter(dest)
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(_read, kind, entry, ledger, redactor) for kind, entries in sections.items() for entry in entries]
        reads = [future.result() for future in futures]
    reads += [_Read("k0s", name, collected) for name, collected in hosts.items()]
    for read in reads:
        writer.write_source(read.source, read.name, read.collected)
    absent = [SourceRecord(kind, "", "not_configured") for kind in KINDS if kind not in {read.source for read in reads}]
    credentials = {secret for read in reads for secret in read.collected.credentials}
    writer.finish(VERSION, started, [*(read.record for read in reads), *absent], ledger.requests, credentials)
    sources = [{**dataclasses.asdict(read.record), "gaps": [gap.to_dict() for gap in read.collected.gaps]} for read in reads]
    return Result(sorted(sources, key=lambda one: (one["source"], one["name"])), writer.bytes, round(time.monotonic() - clock, 3))


def read_hosts(results: t.Mapping[str, t.Any], ledger: Ledger, redactor: Redactor) -> dict[str, Collected]:
    """What each k0s host gave, from the results of k0s_info by host; its requests go into the ledger."""
    hosts = {}
    for name, result in results.items():
        hosts[name], requests = from_result(name, result, redactor)
        for request in requests:
            ledger.add(request)
    return hosts


def _read(kind: str, entry: Options, ledger: Ledger, redactor: Redactor) -> _Read:
    started, clock = _now(), time.monotonic()
    collected = SOURCES[kind].collect(entry, ledger, redactor)
    return _Read(kind, entry["name"], collected, time.monotonic() - clock, started)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def preflight_lab(sections: t.Mapping[str, t.Sequence[Options]], ledger: Ledger) -> list[Check]:
    """Check every source side by side; one that has not answered after some seconds counts as not reachable.

    Errors: ConfigError when an entry cannot be used at all.
    """
    answers: dict[tuple[str, str], list[Check] | ConfigError] = {}

    def ask(kind: str, entry: Options) -> None:
        try:
            answers[kind, entry["name"]] = SOURCES[kind].preflight(entry, ledger)
        except ConfigError as exc:
            answers[kind, entry["name"]] = exc

    # Daemon threads: a server that never answers must not keep the check from ending.
    threads = [
        ((kind, entry["name"]), threading.Thread(target=ask, args=(kind, entry), daemon=True))
        for kind, entries in sections.items()
        for entry in entries
    ]
    for thread in [thread for key, thread in threads]:
        thread.start()
    deadline = time.monotonic() + _PREFLIGHT_SECONDS
    checks: list[Check] = []
    for key, thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        answer = answers.get(key)
        if isinstance(answer, ConfigError):
            raise answer
        late = Check(*key, "reachable", False, f"did not answer within {_PREFLIGHT_SECONDS:.0f} seconds")
        checks += answer if answer is not None else [late]
    return checks
