# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks of the sources of the audit."""

from __future__ import annotations

import datetime
import typing as t

from ..lab_index import Entity, LabIndex
from ..verdicts import Check, Thresholds, Verdict


def _refused_requests(source: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a source. Fails when the guard refused to send a request to it."""
    rows = [row for row in lab.requests if f"{row['source']}/{row['name']}" == source.id and row["refused_count"] > 0]
    if not rows:
        return Verdict("pass")
    return Verdict(
        "fail",
        {
            "refused_count": sum(row["refused_count"] for row in rows),
            "requests": sorted({f"{row['verb']} {row['endpoint']}" for row in rows}),
        },
    )


def _collected_apart(source: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a source that was read and tells when. Fails when that began more than threshold ``seconds`` after the first one."""
    read = [other for other in lab.collection("sources") if other["state"] in ("read", "partial")]
    times = [_time(other["started"]) for other in read if other["started"] is not None]
    apart = (_time(source["started"]) - min(times)).total_seconds()
    return Verdict("fail", {"apart_seconds": int(apart)}) if apart > thresholds["seconds"] else Verdict("pass")


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


CHECKS: t.Mapping[str, Check] = {
    "collected_apart": Check(_collected_apart, shows=("apart_seconds",), thresholds=("seconds",)),
    "refused_requests": Check(_refused_requests, shows=("refused_count", "requests")),
}
