# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What brings the applications back: which of the parts an Application provides, and the Applications that all others come from."""

from __future__ import annotations

import typing as t

from .._lab.parts import controllers_of
from .lab import Lab, Object, pick
from .rebuild_values import UNREAD, Variables, rows_of

# Sources whose Application needs no more than where they are.
_WITHOUT_VALUES = {"Directory", "Kustomize"}


def add_gitops(variables: Variables, lab: Lab, cluster: Object, parts: t.Sequence[str]) -> None:
    """parts: those that an Application may provide."""
    applications = rows_of(lab, "applications", cluster)
    _add_providers(variables, lab, cluster, parts, applications is not None)
    if applications is None:
        variables.unknown("rebuild_bootstrap", UNREAD)
        return
    roots = [row for row in applications if row["parent_id"] is None]
    variables.put(
        "rebuild_bootstrap",
        [_application(row) for row in roots],
        "Applications that no other Application makes. Credentials of a private repository are not among it.",
    )
    for row in roots:
        if not set(row["source_kinds"]) <= _WITHOUT_VALUES or len(row["sources"]) != 1:
            where = f"{row['declared_in']} in the repository" if row.get("declared_in") else "the file that it was made from"
            variables.lack(f"rebuild_bootstrap[{row['name']}]", f"the audit keeps no values of charts: compare it with {where}")


def _add_providers(variables: Variables, lab: Lab, cluster: Object, parts: t.Sequence[str], applications_read: bool) -> None:
    """Part to the name of the Application whose resource its controller is."""
    workloads = rows_of(lab, "workloads", cluster)
    if parts and (workloads is None or not applications_read):
        variables.unknown("rebuild_applications", UNREAD)
        return
    found = {}
    for part in parts:
        owners = [workload.get("application_id") for workload, tag in controllers_of(part, workloads or ())]
        if any(owners):
            found[part] = next(lab.name(owner) for owner in owners if owner)
    variables.put(
        "rebuild_applications", found, "Parts that an Application brings back. The roles leave these alone, unless they are told."
    )


def _application(row: Object) -> dict[str, t.Any]:
    destination = pick(row, "destination_server", "destination_namespace")
    return {
        **pick(row, "name", "namespace", "project"),
        "sources": [_told(source) for source in row["sources"]],
        **_told(destination),
        **pick(row, "automated", "self_heal", "prune", "sync_options"),
    }


def _told(fields: Object) -> dict[str, t.Any]:
    return {name: value for name, value in fields.items() if value is not None}
