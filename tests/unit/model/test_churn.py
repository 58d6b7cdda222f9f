# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often Argo CD syncs, and whether that is a loop."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, application, event, kubernetes, lab

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.churn import churn

OLD = event("Pulled", "2026-01-02T02:04:05Z", "Pulled", "pod") | {"involvedObject": {"apiVersion": "v1", "kind": "Pod"}}
REPEATED = "Partial sync operation to a1 succeeded"


def at(minute: int, second: int = 0) -> str:
    """A time in the hour before the collection, which is at 03:04:05."""
    return f"2026-01-02T{2 + (minute + 4) // 60:02d}:{(minute + 4) % 60:02d}:{second:02d}Z"


def synced(*minutes: int, message: str = REPEATED) -> list[Item]:
    """Syncs that ended at these minutes."""
    return [event(message, at(minute)) for minute in minutes]


@pytest.mark.parametrize(
    ("message", "partial", "failed", "revisions"),
    [
        ("Sync operation to a1 succeeded", 0, 0, 1),
        ("Partial sync operation to a1 succeeded", 1, 0, 1),
        ("Sync operation to  succeeded", 0, 0, 1),
        ("Sync operation to a1, b2 succeeded", 0, 0, 1),
        ("Partial sync operation to [a1 b2] succeeded", 1, 0, 1),
        ("Sync operation to a1 failed: one or more objects failed to apply", 0, 1, 1),
        ("Partial sync operation failed: line one\nline two", 1, 1, 1),
        ("Sync operation succeeded", 0, 0, 1),
    ],
)
def test_the_forms_of_a_completed_sync(message: str, partial: int, failed: int, revisions: int) -> None:
    found = churn([event(message, at(1))], 3600)
    assert (found["completed_count"], found["partial_count"], found["failed_count"]) == (1, partial, failed)
    assert found["revision_count"] == revisions


def test_what_is_counted() -> None:
    events = [
        event("Initiated automated sync to 'a1'", at(1), "OperationStarted"),
        event("Initiated automated sync to [a1 b2]", at(2), "OperationStarted"),
        event("admin initiated partial sync to main (a1)", at(3), "OperationStarted"),
        event("Updated sync status: Synced -> OutOfSync", at(4), "ResourceUpdated"),
        event("Updated sync status: OutOfSync -> Synced", at(5), "ResourceUpdated"),
        event("Updated health status: Healthy -> Progressing", at(6), "ResourceUpdated"),
        event("something else", at(7)),
        *synced(10, 15, 25),
        event("Sync operation to b2 succeeded", at(26)),
    ]
    assert churn(events, 3600) == {
        "window_seconds": 3600,
        "started_count": 2,
        "completed_count": 4,
        "partial_count": 3,
        "failed_count": 0,
        "revision_count": 2,
        "flap_count": 1,
        "median_gap_seconds": 300.0,
        "syncs_per_hour": 4.0,
    }


def test_the_same_within_a_second_is_one_event() -> None:
    events = [event(REPEATED, at(1, 0)), event(REPEATED, at(1, 1)), event(REPEATED, at(1, 3))]
    assert churn(events, 3600)["completed_count"] == 2


def test_a_revision_that_is_not_told_is_no_second_one() -> None:
    assert churn([*synced(1), *synced(6, message="Sync operation to  succeeded")], 3600)["revision_count"] == 1


def test_one_sync_has_no_gap_and_a_short_window_makes_no_high_rate() -> None:
    found = churn(synced(59), 30)
    assert (found["median_gap_seconds"], found["syncs_per_hour"]) == (None, 10.0)


def one(events: t.Sequence[Item] | None, spec: Item | None = None, **status: t.Any) -> Item:
    """The Application of a cluster with these events."""
    nouns = {} if events is None else {"events": list(events)}
    app = application("app", spec=spec, **{"sync": {"status": "OutOfSync", "revision": "a1"}, **status})
    unread = "events" if events is None else ""
    found: Item = lab(kubernetes(applications=[app], unread=unread, **nouns))["applications"][0]
    return found


NO_HEAL = {"syncPolicy": {"automated": {}}}
SYNCED = {"sync": {"status": "Synced"}}
FLAPS = [event("Updated sync status: Synced -> OutOfSync", at(minute), "ResourceUpdated") for minute in (9, 19, 29)]
NEW = synced(50, message="Partial sync operation to b2 succeeded")


@pytest.mark.parametrize(
    ("events", "spec", "status", "expected"),
    [
        (synced(10, 15, 20), None, {}, True),
        (synced(10, 15), None, {}, False),
        (synced(10, 15, 20), NO_HEAL, {}, False),
        (synced(10, 15, 20), None, SYNCED, False),
        (synced(10, 15, 20) + FLAPS, None, SYNCED, True),
        (synced(10, 15, 20) + NEW, None, {}, False),
        (synced(10, 15, 20, message="Sync operation to a1 succeeded"), None, {}, False),
        (synced(10, 15, 20, message="Partial sync operation to  succeeded"), None, {}, True),
        (synced(1, 21, 41), None, {}, False),
    ],
    ids=["loop", "two", "no self-heal", "in sync", "flapping", "new revision", "whole", "no revision told", "too slow"],
)
def test_a_loop_by_its_events(events: list[Item], spec: Item | None, status: Item, expected: bool) -> None:
    assert one([OLD, *events], spec, **status)["loop"] is expected


def state(finished: str = at(58), phase: str = "Succeeded", automated: bool = True, **sync: t.Any) -> Item:
    """The last sync, a self-heal unless it says otherwise."""
    operation = {"initiatedBy": {"automated": automated}, "sync": {"resources": [{"kind": "A", "name": "a"}], **sync}}
    return {"operationState": {"phase": phase, "startedAt": finished, "finishedAt": finished, "operation": operation}}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (state(), True),
        (state(finished=at(51)), True),
        (state(finished=at(30)), False),
        (state(autoHealAttemptsCount=1), False),
        (state(finished=at(59, 30), autoHealAttemptsCount=1), True),
        (state(finished=at(51), autoHealAttemptsCount=6), True),
        (state(finished=at(51), autoHealAttemptsCount=5), False),
        (state(phase="Failed"), None),
        (state(phase="Failed", autoHealAttemptsCount=4), None),
        (state(phase="Failed", autoHealAttemptsCount=5), True),
        (state(automated=False), False),
        (state(resources=[]), False),
        ({**state(autoHealAttemptsCount=9), **SYNCED}, None),
        ({**state(finished=at(30)), **SYNCED}, False),
        ({}, False),
    ],
)
def test_without_events_the_last_sync_may_tell(status: Item, expected: bool | None) -> None:
    assert one(None, **status).get("loop") is expected
    assert one(None, NO_HEAL, **status)["loop"] is False


def test_events_that_reach_back_a_few_minutes_do_not_deny_a_loop() -> None:
    assert "loop" not in one(synced(55), **state(phase="Failed"))
    assert one(synced(56, 57, 58), **state(phase="Failed"))["loop"] is True
    assert one([OLD, *synced(55)], **state(phase="Failed"))["loop"] is False


def test_a_longer_wait_of_argo_cd_is_no_reason_to_miss_a_loop() -> None:
    settings = {
        "metadata": {"name": "argocd-cmd-params-cm", "namespace": "argocd"},
        "data": {"controller.self.heal.backoff.cap.seconds": "600"},
    }
    app = application("app", sync={"status": "OutOfSync"})
    model = lab(kubernetes(applications=[app], configmaps=[settings], events=[OLD, *synced(1, 19, 37)]))
    assert model["applications"][0]["loop"] is True


@pytest.mark.parametrize(
    ("events", "status", "there"),
    [
        (None, {}, False),
        ([], {}, False),
        ([OLD], {}, True),
        ([OLD], state(), False),
        ([OLD], state(finished="2026-01-01T00:00:00Z"), True),
        ([OLD, *synced(58)], state(), True),
    ],
    ids=["unread", "none at all", "none of it", "a sync without an event", "a sync before them", "events"],
)
def test_churn_is_there_when_events_can_tell(events: list[Item] | None, status: Item, there: bool) -> None:
    assert ("churn" in one(events, **status)) is there
