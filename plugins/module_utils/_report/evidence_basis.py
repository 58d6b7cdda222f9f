# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 13 and the change policy: every request that the audit made, added up by source."""

from __future__ import annotations

import dataclasses
import typing as t

from .lab import Object
from .words import count

_READS = frozenset({"GET", "READ", "EXEC"})
_LOGIN = ("POST", "/access/ticket")
_SUMMED = ("count", "failed_count", "refused_count", "bytes", "seconds")


@dataclasses.dataclass(frozen=True)
class SourceRequests:
    """The requests to one source. total: their sums. identities: as whom, None when unknown."""

    source_id: str
    identities: t.Sequence[str | None]
    rows: t.Sequence[Object]
    total: Object


def by_source(requests: t.Sequence[Object]) -> list[SourceRequests]:
    """Rows of lab.json's requests, by source."""
    groups: dict[str, list[Object]] = {}
    for row in sorted(requests, key=lambda row: (row["source"], row["name"], row["endpoint"], row["verb"], row["identity"] or "")):
        groups.setdefault(f"{row['source']}/{row['name']}", []).append(row)
    return [
        SourceRequests(source_id, sorted({row["identity"] for row in rows}, key=lambda name: name or ""), rows, totals(rows))
        for source_id, rows in groups.items()
    ]


def totals(rows: t.Sequence[Object]) -> dict[str, t.Any]:
    """The sums of count, failed_count, refused_count, bytes and seconds (to the millisecond)."""
    sums: dict[str, t.Any] = {field: sum(row[field] for row in rows) for field in _SUMMED}
    sums["seconds"] = round(float(sums["seconds"]), 3)
    return sums


def reading_order(sources: t.Sequence[Object]) -> list[Object]:
    """The configured sources in the order in which reading them began; last those of which that is unknown."""
    read = [source for source in sources if source["state"] != "not_configured"]
    return sorted(read, key=lambda source: (not source.get("started"), source.get("started") or "", source["id"]))


def change_policy(requests: t.Sequence[Object]) -> str:
    """The sentence at the head of the report, from the ledger and nothing else. count includes what was refused."""
    sent = {(row["verb"], row["endpoint"]): 0 for row in requests}
    for row in requests:
        sent[row["verb"], row["endpoint"]] += row["count"] - row["refused_count"]
    total = sum(sent.values())
    reads = sum(amount for (verb, endpoint), amount in sent.items() if verb in _READS)
    logins = sent.get(_LOGIN, 0)
    refused = sum(row["refused_count"] for row in requests)
    more = (
        f" {count(refused, 'further request')} {_were(refused)} not on the list of reads and {_were(refused)} refused unsent."
        if refused
        else ""
    )
    if not total:
        return f"Nothing was changed: no request was sent.{more}"
    if reads == total:
        return f"Nothing was changed: {count(total, 'request')}, {'a read' if total == 1 else 'all of them reads'}.{more}"
    if reads + logins == total:
        return f"Nothing was changed: {count(total, 'request')}, {count(reads, 'read')} and {count(logins, 'login')}.{more}"
    others = sorted(
        {f"{verb} {endpoint}" for (verb, endpoint), amount in sent.items() if amount and verb not in _READS} - {" ".join(_LOGIN)}
    )
    return f"{count(total, 'request')} were sent, and not all of them are reads: {', '.join(others)}.{more}"


def _were(amount: int) -> str:
    return "was" if amount == 1 else "were"
