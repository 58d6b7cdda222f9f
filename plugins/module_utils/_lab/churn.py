# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""How often Argo CD syncs an Application, and whether it does so in a loop: the same revision, over and over.

Argo CD writes one new Event object for each step and never counts one up, so objects are counted. A self-heal syncs only what
drifted, which Argo CD calls partial, and it leaves no trace in the history of the Application.
"""

from __future__ import annotations

import re
import statistics
import typing as t

from .draft import Entity
from .events import seen
from .units import moment

# Waits between self-heals grow from the one to the other by 3; a setting of Argo CD can change the longest.
_FIRST_WAIT_SECONDS = 2.0
HEAL_GAP_SECONDS = 300.0
_SLACK_SECONDS = 60
# Shorter, and three syncs of a loop need not have happened yet.
_TELLING_GAPS = 3
_LOOP_SYNCS = 3
_LOOP_ATTEMPTS = 5
_SHORTEST_WINDOW_HOURS = 0.1

_AUTOMATED = "Initiated automated sync"
_FLAP = "Updated sync status: Synced -> OutOfSync"
# The revision is empty for an Application of several sources, and a list in some versions.
_COMPLETED = re.compile(
    r"(?P<partial>Partial )?[Ss]ync operation(?: to (?P<revision>.*?))? (?P<result>succeeded|failed\b.*)", re.DOTALL
)


class _Sync(t.NamedTuple):
    time: float
    partial: bool
    revision: str
    failed: bool


def churn(events: t.Sequence[Entity], window: int) -> Entity:
    """What the events of one Application tell. window: seconds that the events of its cluster cover."""
    distinct = _distinct(events)
    started = [message for reason, message, _time in distinct if reason == "OperationStarted" and message.startswith(_AUTOMATED)]
    syncs = [sync for reason, message, time in distinct if reason == "OperationCompleted" and (sync := _sync(message, time))]
    revisions = {sync.revision for sync in syncs}
    gaps = [after.time - before.time for before, after in zip(syncs, syncs[1:]) if after.time - before.time > 1]
    return {
        "window_seconds": window,
        "started_count": len(started),
        "completed_count": len(syncs),
        "partial_count": sum(sync.partial for sync in syncs),
        "failed_count": sum(sync.failed for sync in syncs),
        # A revision that is not told is one revision as long as no other is told.
        "revision_count": len(revisions - {""}) or len(revisions),
        "flap_count": sum(reason == "ResourceUpdated" and message.startswith(_FLAP) for reason, message, _time in distinct),
        "median_gap_seconds": round(statistics.median(gaps), 1) if gaps else None,
        "syncs_per_hour": round(len(syncs) / max(window / 3600, _SHORTEST_WINDOW_HOURS), 2),
    }


def loops(application: Entity, collected: str, gap: float) -> bool | None:
    """Whether an Application syncs in a loop; None when it cannot be told. gap: longest wait between two self-heals."""
    if not (application["automated"] and application["self_heal"]):
        return False
    counted = application.get("churn")
    if counted and _loops_by_events(application, counted, gap):
        return True
    if (counted and counted["window_seconds"] >= _TELLING_GAPS * gap) or _at_rest(application, collected, gap):
        return False
    return True if _loops_by_sample(application, collected, gap) else None


def _distinct(events: t.Sequence[Entity]) -> list[tuple[str, str, float]]:
    """Reason, message and time by time, without those that are told again within a second."""
    out: list[tuple[str, str, float]] = []
    last: dict[tuple[str, str], float] = {}
    rows = [(str(event.get("reason") or ""), str(event.get("message") or ""), seen(event)) for event in events]
    for reason, message, time in sorted(((a, b, c) for a, b, c in rows if c is not None), key=lambda row: (row[2], row)):
        before = last.get((reason, message))
        last[reason, message] = time
        if before is None or time - before > 1:
            out.append((reason, message, time))
    return out


def _sync(message: str, time: float) -> _Sync | None:
    match = _COMPLETED.fullmatch(message)
    if not match:
        return None
    return _Sync(time, bool(match["partial"]), (match["revision"] or "").strip(), match["result"] != "succeeded")


def _loops_by_events(application: Entity, counted: Entity, gap: float) -> bool:
    median = counted["median_gap_seconds"]
    drifts = application.get("sync_status") == "OutOfSync" or counted["flap_count"] >= _LOOP_SYNCS
    often = counted["partial_count"] >= _LOOP_SYNCS and median is not None and median <= 2 * gap
    return drifts and often and counted["revision_count"] == 1


def _at_rest(application: Entity, collected: str, gap: float) -> bool:
    """Whether the last sync was no self-heal, or one after which the next of a loop is overdue."""
    last = application["last_sync"]
    if not (last and last["automated"] and last["partial"]):
        return True
    now, finished = moment(collected), moment(last["finished"])
    attempts = last["heal_attempts"]
    wait = min(gap, _FIRST_WAIT_SECONDS * 3.0 ** (min(attempts, 9) - 1)) if attempts else gap
    return now is not None and finished is not None and now - finished > 2 * wait + _SLACK_SECONDS


def _loops_by_sample(application: Entity, collected: str, gap: float) -> bool:
    """From the last sync alone, a self-heal: it succeeded just now or is one of many, and the Application is out of sync again."""
    last = application["last_sync"]
    now, finished = moment(collected), moment(last["finished"])
    fresh = now is not None and finished is not None and now - finished < 2 * gap
    healed = last["phase"] == "Succeeded" and fresh
    return application.get("sync_status") == "OutOfSync" and (healed or (last["heal_attempts"] or 0) >= _LOOP_ATTEMPTS)
