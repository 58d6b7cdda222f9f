# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks of Argo CD."""

from __future__ import annotations

import typing as t

from ..lab_index import Entity, LabIndex
from ..messages import in_words, objects_in_words
from ..verdicts import Check, Thresholds, Verdict

# How much a loop hurts, by what keeps it going: a field that the server drops is noise, one that a controller writes back is a
# real write each time. What is not explained may restart pods.
_LOOP_SEVERITIES = {"dropped": "low", "overwritten": "medium"}


def _sync_loop(application: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: an application. Fails when Argo CD syncs it over and over without a new revision."""
    if not application["loop"]:
        return Verdict("pass")
    # A single self-heal just now can tell of a loop, too, where events are switched off or do not reach back far enough.
    show: dict[str, t.Any] = {
        "objects": objects_in_words(application["out_of_sync"]),
        "pace": "it healed itself just now and differs again; no events tell how often",
    }
    if "churn" in application:
        churn = application["churn"]
        show["syncs_per_hour"] = round(churn["syncs_per_hour"], 1)
        show["revisions_count"] = churn["revision_count"]
        show["window_seconds"] = churn["window_seconds"]
        show["gap_seconds"] = churn["median_gap_seconds"]
        show["pace"] = _pace(show)
    causes = {row["cause"] for row in application["drift"]} if "drift" in application else set()
    grades = [_LOOP_SEVERITIES.get(cause, "high") for cause in causes]
    severity = next((grade for grade in ("high", "medium", "low") if grade in grades), "")
    return Verdict("fail", show, severity=severity)


def _pace(show: t.Mapping[str, t.Any]) -> str:
    gap, window = (in_words(name, show[name]) for name in ("gap_seconds", "window_seconds"))
    often = f"{in_words('syncs', show['syncs_per_hour'])} syncs per hour"
    every = "" if show["gap_seconds"] is None else f", one every {gap}"
    revisions = f"{show['revisions_count']} {'revision' if show['revisions_count'] == 1 else 'revisions'}"
    return f"{often}{every}, over {window}, {revisions} of Git"


def _unread_folder(folder: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a repository folder. Fails when it holds objects and no application loads it."""
    if not lab.whole("applications"):
        return Verdict("not_applicable", reason="there is no Argo CD application")
    if folder["in_chart"]:
        # A chart can be a part of other charts, and is also installed without Argo CD.
        return Verdict("not_applicable", reason="it is a part of a Helm chart")
    loadable = [] if folder["manifest_count"] == 0 else _loadable(folder, lab)
    if not loadable:
        return Verdict("not_applicable", reason="it holds nothing that Argo CD would load")
    # The first of all are applied by hand, and no Application loads them.
    if folder["read_by"] or folder["live_roots"]:
        return Verdict("pass")
    return Verdict("fail", {"files": loadable, "hosts": folder["route_hosts"]})


def _loadable(folder: Entity, lab: LabIndex) -> list[str]:
    """Paths of its files with objects for a cluster."""
    files = lab.files_by_folder.get((folder["repository"], folder["path"]), ())
    return [file["path"] for file in files if file["manifest_count"] > 0]


CHECKS: t.Mapping[str, Check] = {
    "sync_loop": Check(_sync_loop, shows=("objects", "pace", "syncs_per_hour", "revisions_count", "window_seconds", "gap_seconds")),
    "unread_folder": Check(_unread_folder, shows=("files", "hosts")),
}
