# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Events of one cluster: when they were seen last, how far they reach back, and how many there are."""

from __future__ import annotations

import typing as t

from .draft import Draft, Entity
from .units import moment

_ARGO_GROUP = "argoproj.io/"


def add_event_counts(draft: Draft, cluster: Entity, events: t.Sequence[Entity]) -> None:
    """Counts of the events of a cluster, and the time that they cover."""
    cluster["event_count"] = len(events)
    cluster["warning_event_count"] = sum(event.get("type") == "Warning" for event in events)
    cluster["argocd_event_count"] = sum(application_of(event) is not None for event in events)
    cluster["event_window_seconds"] = window_seconds(events, draft.evidence.started)


def seen(event: Entity) -> float | None:
    """When an event was seen last, in seconds since 1970. A server keeps it for some time after that, not after its first time."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"), event.get("firstTimestamp"))
    return next((found for found in map(moment, times) if found is not None), None)


def window_seconds(events: t.Iterable[Entity], collected: str) -> int | None:
    """From the oldest event to the collection; None when no event tells."""
    times = [time for time in map(seen, events) if time is not None]
    now = moment(collected)
    return max(0, int(now - min(times))) if times and now is not None else None


def application_of(event: Entity) -> tuple[str, str] | None:
    """Namespace and name of the Argo CD Application that an event is about; None for other events."""
    about = event.get("involvedObject") or {}
    if about.get("kind") != "Application" or not str(about.get("apiVersion") or "").startswith(_ARGO_GROUP):
        return None
    return str(about.get("namespace") or ""), str(about.get("name") or "")
