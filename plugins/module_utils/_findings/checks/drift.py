# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The check that explains drift by known causes."""

from __future__ import annotations

import typing as t

from ..drift_causes import Chart, DriftCause, Row
from ..lab_index import Entity, LabIndex, NotReadError
from ..messages import objects_in_words, shortened
from ..patches import as_yaml
from ..verdicts import Check, Thresholds, Verdict


def _known_drift(application: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: an application. Fails when its live objects prove a known cause of drift that never ends."""
    explained = _explained(application, lab.facts.get("drift_causes", ()))
    if not explained:
        if any(row["cause"] == "unexplained" for row in application["drift"]):
            if _waits(application):
                return Verdict("not_applicable", reason="another revision of Git than the applied one waits for a sync")
            raise NotReadError("what differs")
        return Verdict("pass")
    rows = [row for _cause, mine in explained for row in mine]
    show = {
        "explained": "; ".join(_explanation(cause, mine) for cause, mine in explained),
        "causes": [cause.id for cause, _mine in explained],
        "paths": sorted({row["path"] for row in rows}),
        "owners": sorted({row["owner"] for row in rows if row["owner"] is not None}),
        "fixed_in": sorted({f"{cause.chart.name} {cause.chart.fixed_in}" for cause, _mine in explained if cause.chart}),
        "patch": _patch(application, explained),
        "references": sorted({text for cause, _mine in explained for text in cause.references}),
    }
    return Verdict("fail", show, fix=" ".join(filter(None, (_remedy(application, cause, mine) for cause, mine in explained))))


def _waits(application: Entity) -> bool:
    """Whether Git has moved on since the last sync: a difference that nobody has applied yet does not come back by itself."""
    revisions = {application["revision"], application["synced_revision"]}
    return None not in revisions and len(revisions) > 1


def _explained(application: Entity, causes: t.Sequence[DriftCause]) -> list[tuple[DriftCause, list[Row]]]:
    """The causes that were found, by id, each with its rows of drift; a row is of the first cause that fits."""
    groups = {(one["kind"], one["namespace"], one["name"]): one["group"] for one in application["out_of_sync"]}
    found: dict[str, tuple[DriftCause, list[Row]]] = {}
    for row in application["drift"]:
        group = groups.get((row["kind"], row["namespace"], row["name"]), "")
        for cause in causes:
            if cause.fits(row, group):
                found.setdefault(cause.id, (cause, []))[1].append({**row, "group": group})
                break
    return [found[key] for key in sorted(found)]


def _explanation(cause: DriftCause, rows: t.Sequence[Row]) -> str:
    paths = sorted({row["path"] for row in rows})
    owners = sorted({row["owner"] for row in rows if row["owner"] is not None})
    kept = f"kept by {shortened(owners)}" if owners else "kept by nobody"
    return f"{shortened(paths)} of {objects_in_words(rows)}, {kept}: {cause.text}"


def _remedy(application: Entity, cause: DriftCause, rows: t.Sequence[Row]) -> str:
    """What to do about one cause: the chart first, which ends it, then what the entry says."""
    chart = _chart_remedy(application, cause.chart, {row["name"] for row in rows}) if cause.chart else ""
    return " ".join(filter(None, (chart, cause.remedy)))


def _chart_remedy(application: Entity, chart: Chart, names: t.Collection[str]) -> str:
    versions = [source["target_revision"] for source in application["sources"] if source["chart"] == chart.name]
    version = versions[0] if versions else None
    if version is None:
        return f"Chart {chart.name} {chart.fixed_in} and later no longer bring this."
    if chart.is_fixed(version):
        return f"Chart {chart.name} {version} should no longer bring this: look whether older objects were left over."
    known = f"Chart {chart.name} {version} is known for it. " if chart.brings(version, names) else ""
    return f"{known}Upgrade chart {chart.name} to {chart.fixed_in} or later, one minor version at a time."


def _patch(application: Entity, explained: t.Sequence[tuple[DriftCause, t.Sequence[Row]]]) -> str | None:
    """What to put into the spec of the Application, as YAML text; None when nothing should be ignored."""
    ignored = [item for cause, rows in explained if cause.ignore is not None for item in _ignored(cause.ignore, rows)]
    if not ignored:
        return None
    spec: dict[str, t.Any] = {"ignoreDifferences": ignored}
    added = [option for cause, _rows in explained for option in cause.sync_options]
    if added:
        # A patch replaces the whole list, so what stands there now stays in it.
        spec["syncPolicy"] = {"syncOptions": list(dict.fromkeys([*application["sync_options"], *added]))}
    return as_yaml({"spec": spec})


def _ignored(selectors: t.Mapping[str, tuple[str, ...]], rows: t.Sequence[Row]) -> list[dict[str, t.Any]]:
    """One entry of ignoreDifferences per kind, with the name when there is one object of it."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        kinds.setdefault((row["group"], row["kind"]), []).append(row)
    entries = []
    for (group, kind), mine in sorted(kinds.items()):
        entry: dict[str, t.Any] = {"group": group, "kind": kind} if group else {"kind": kind}
        if len({(row["namespace"], row["name"]) for row in mine}) == 1:
            entry["name"] = mine[0]["name"]
        found = {"jsonPointers": sorted({row["path"] for row in mine})}
        entries.append({**entry, **{key: list(value) for key, value in (selectors or found).items()}})
    return entries


CHECKS: t.Mapping[str, Check] = {
    "known_drift": Check(_known_drift, shows=("explained", "causes", "paths", "owners", "fixed_in", "patch", "references")),
}
