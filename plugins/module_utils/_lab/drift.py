# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Why the resources of an Application are out of sync: what Argo CD applied last, against what the cluster holds."""

from __future__ import annotations

import json
import re
import typing as t

from .draft import Entity

# Managers of fields that write on behalf of Argo CD.
_ARGO = re.compile(r"argocd-.*")
# Managers that are the hand of a person, not a controller that writes again and again.
_PERSON = re.compile(r"kubectl.*|helm")

Cause = t.Literal["dropped", "overwritten", "missing", "extra", "different", "unexplained"]


def drift_of(application: Entity, rows: t.Sequence[Entity]) -> list[Entity]:
    """One entry per differing field, and one for each resource whose drift is not a field.

    rows: the drifted objects of this Application. A resource that is out of sync and has no row stays unexplained.
    """
    by_resource = {_key(row): row for row in rows}
    found = []
    for resource in application["out_of_sync"]:
        row = by_resource.get(_key(resource))
        base = {field: resource[field] for field in ("kind", "namespace", "name")}
        found += [{**base, **entry} for entry in _entries(resource, row)]
    return sorted(found, key=lambda entry: (entry["kind"], entry["namespace"], entry["name"], entry["path"]))


def _key(row: Entity) -> tuple[str, ...]:
    return tuple(str(row.get(field) or "") for field in ("group", "kind", "namespace", "name"))


def _entries(resource: Entity, row: Entity | None) -> list[Entity]:
    if row is not None and row["state"] == "missing":
        return [_entry("missing")]
    if resource["requires_pruning"]:
        return [_entry("extra")]
    differences = (row.get("differences") or []) if row is not None else []
    return [_difference(one) for one in differences] or [_entry("unexplained")]


def _difference(one: Entity) -> Entity:
    """One field. in_applied without in_live: the server took it and does not keep it."""
    owner, rewrites = _owner(one.get("owners") or [])
    cause: Cause = "different"
    if one["in_applied"] and not one["in_live"]:
        cause = "dropped"
    elif not one["in_applied"]:
        cause = "extra"
    elif rewrites:
        cause = "overwritten"
    return {
        **_entry(cause),
        "path": one["path"],
        "owner": owner,
        "applied": _text(one.get("applied")) if one["in_applied"] else None,
        "live": _text(one.get("live")) if one["in_live"] else None,
    }


def _entry(cause: Cause) -> Entity:
    return {"path": "", "cause": cause, "owner": None, "applied": None, "live": None}


def _owner(owners: t.Sequence[Entity]) -> tuple[str | None, bool]:
    """Who besides Argo CD wrote a field last, and whether that is a controller; a controller goes before a person."""
    others = sorted(
        (owner for owner in owners if not _ARGO.fullmatch(owner["manager"])),
        key=lambda owner: (not _PERSON.fullmatch(owner["manager"]), owner.get("time") or "", owner["manager"]),
    )
    if not others:
        return None, False
    name = str(others[-1]["manager"])
    return name, not _PERSON.fullmatch(name)


def _text(value: t.Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
