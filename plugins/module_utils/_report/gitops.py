# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 5: what Argo CD keeps in step, what drifts and why, and what it does again and again."""

from __future__ import annotations

import typing as t

from .judged import Findings
from .lab import NOT_TOLD, Lab, Object, Part, Section, pick, plain_names
from .structure import linked

ABSENT = "Argo CD is not installed."

_FIELDS = (
    *("id", "name", "cluster", "namespace", "project", "sources", "source_kinds", "destination_namespace", "destination_server"),
    *(
        "automated",
        "self_heal",
        "prune",
        "sync_options",
        "sync_status",
        "health_status",
        "revision",
        "resource_count",
        "conditions",
    ),
    *("external_urls", "last_sync", "declared_in"),
)
_CAUSES = {
    "dropped": "set in Git, and the API server does not keep it",
    "overwritten": "set in Git, and something else writes another value",
    "missing": "in Git, and not in the cluster",
    "extra": "in the cluster, and no longer in Git",
    "different": "the value in the cluster is not the one that was applied",
    "unexplained": "no difference is to be seen in what was read",
}
_SYNCED = "No application is OutOfSync."
_NOT_TOLD_OTHERS = "Which applications manage others is unknown."
_ADVICE = ("ARGO-002",)


def gitops(lab: Lab, findings: Findings) -> Section:
    """Section 5. The parts after applications are views of them, for those that have something to tell there."""
    applications = lab.rows("applications")
    rows = [_application(lab, row) for row in applications]
    bootstrap = [_bootstrap(lab, row) for row in applications if row.get("children")]
    drifting = {row["id"] for row in out_of_sync(lab)}
    drift = [_drift(row, findings) for row in applications if row["id"] in drifting or row.get("out_of_sync") or row.get("drift")]
    unsure = [row["name"] for row in applications if row.get("sync_status") not in ("Synced", "OutOfSync")]
    synced = f"No application is known to be OutOfSync; of {plain_names(unsure)} this is unknown." if unsure else _SYNCED
    alone = "No application manages others." if all("children" in row for row in applications) else _NOT_TOLD_OTHERS
    parts = {
        "applications": lab.part("applications", "applications", rows),
        "bootstrap": lab.part("applications", "bootstrap", bootstrap, empty=alone),
        "drift": lab.part("applications", "differences from Git", drift, view="drift", empty=synced),
        "churn": _churn(lab),
        "events": _events(lab),
    }
    return Section(parts, ABSENT if lab.lacks("argocd") and not applications else "")


def out_of_sync(lab: Lab) -> list[Object]:
    """Applications that Argo CD says differ from Git."""
    return [row for row in lab.rows("applications") if row.get("sync_status") == "OutOfSync"]


def _application(lab: Lab, row: Object) -> dict[str, t.Any]:
    amount = {"out_of_sync_count": len(row["out_of_sync"])} if "out_of_sync" in row else {}
    return {**pick(row, *_FIELDS), **amount, **linked(lab, row, parent="parent_id")}


def _bootstrap(lab: Lab, row: Object) -> dict[str, t.Any]:
    return {
        **pick(row, "id", "name", "cluster", "declared_in", "sources"),
        "children": [lab.name(identity) for identity in row["children"]],
    }


def _drift(row: Object, findings: Findings) -> dict[str, t.Any]:
    """What drifts of one application. differences is absent when the objects were not compared."""
    compared = {"differences": [_difference(one) for one in row["drift"]]} if "drift" in row else {}
    return {
        **pick(row, "id", "name", "cluster", "health_status"),
        "resources": [_resource(one) for one in row.get("out_of_sync", ())],
        **compared,
        "advice": [
            {**pick(result, "rule", "severity", "fix"), "message": result["message"].rstrip("."), "patch": patch(result)}
            for result in findings.about(row["id"])
            if result["rule"] in _ADVICE
        ],
    }


def patch(result: Object) -> str:
    """The ready change that a finding shows, "" when it has none."""
    found = result.get("show", {}).get("patch")
    return found if isinstance(found, str) else ""


def _resource(one: Object) -> dict[str, t.Any]:
    return pick(one, "group", "kind", "namespace", "name", "requires_pruning")


def _difference(one: Object) -> dict[str, t.Any]:
    row = pick(one, "kind", "namespace", "name", "path", "cause", "owner", "applied", "live")
    return {**row, "words": _CAUSES.get(one["cause"], one["cause"])}


def _churn(lab: Lab) -> Part:
    """Applications that were synced while events were kept, and those of which that is unknown."""
    applications = lab.rows("applications")
    if applications and not any("churn" in row or row.get("loop") for row in applications):
        gaps = lab.gaps_of("churn")
        return Part("unread", (), gaps, f"How often applications are synced could not be read.{'' if gaps else NOT_TOLD}")
    fields = ("id", "name", "cluster", "churn", "loop", "last_sync")
    rows = [{**pick(row, *fields), "harmless": _is_harmless(row)} for row in applications if _is_busy(row)]
    quiet = "No application was synced while events were kept."
    return lab.part("applications", "syncs of applications", rows, view="churn", empty=quiet)


def _is_busy(row: Object) -> bool:
    """Whether something happened to an application while events were kept, or that is unknown."""
    churn = row.get("churn")
    return (
        churn is None
        or bool(row.get("loop"))
        or any(churn.get(field) for field in ("started_count", "completed_count", "failed_count"))
    )


def _is_harmless(row: Object) -> bool:
    """Whether it is known that nothing failed and nothing repeats itself."""
    return row.get("loop") is False and "churn" in row and not row["churn"]["failed_count"]


def _events(lab: Lab) -> Part:
    """How much of what the cluster tells is Argo CD: a flood hides what matters."""
    fields = ("name", "cluster", "event_count", "warning_event_count", "argocd_event_count", "event_window_seconds")
    rows = [pick(row, *fields) for row in lab.rows("kube_clusters") if "event_count" in row]
    return lab.part("kube_clusters", "events", rows, view="churn")
