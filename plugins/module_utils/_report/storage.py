# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 7: classes, claims, where which kind of data lies, and Longhorn."""

from __future__ import annotations

import typing as t

from .lab import NOT_TOLD, Lab, Object, Part, Section, pick
from .structure import linked

ABSENT_LONGHORN = "Longhorn is not installed."

_UNKNOWN_PLACES = "Where the data of the claims lies is unknown."
_LONGHORN_DRIVER = "driver.longhorn.io"
STATE = "state"
BULK = "bulk data"
_VOLUMES = "volumes of Longhorn"
_SETTINGS = "settings of Longhorn"
_SHARED_MODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})
_CLASS_FIELDS = (
    *("id", "name", "cluster", "provisioner", "default", "reclaim_policy", "binding_mode", "expandable", "server", "export"),
    *("replica_wanted_count", "mount_options", "claim_count"),
)


def storage(lab: Lab) -> Section:
    """Section 7 without Longhorn."""
    classes = [pick(row, *_CLASS_FIELDS) for row in lab.rows("storage_classes")]
    claims = [claim_row(lab, row) for row in lab.rows("claims")]
    claims.sort(key=lambda row: (row["cluster"], row["namespace"], row["name"]))
    return Section(
        {
            "storage_classes": lab.part("storage_classes", "storage classes", classes),
            "claims": lab.part("claims", "claims", claims),
            "data_paths": lab.part("claims", "claims", data_paths(claims), empty=_UNKNOWN_PLACES if claims else ""),
        }
    )


def longhorn(lab: Lab) -> Section:
    """What Longhorn adds to section 7."""
    replicas: dict[str, list[dict[str, t.Any]]] = {}
    for row in lab.rows("replicas"):
        replicas.setdefault(row.get("volume_id") or "", []).append(_replica(lab, row))
    volumes = [_volume(lab, row, replicas) for row in lab.rows("volumes") if "replica_wanted_count" in row]
    unread = any(row.get("backend") == _LONGHORN_DRIVER for row in lab.rows("volumes"))
    disks = [_disk(lab, row) for row in lab.rows("storage_disks")]
    parts = {
        "longhorn_volumes": _or_unread(lab.part("volumes", _VOLUMES, volumes, view="longhorn_volumes"), _VOLUMES, unread),
        "storage_disks": lab.part("storage_disks", "disks of Longhorn", disks),
        "longhorn_settings": _settings(lab),
    }
    return Section(parts, ABSENT_LONGHORN if lab.lacks("longhorn") and not volumes and not disks else "")


def claim_row(lab: Lab, claim: Object) -> dict[str, t.Any]:
    """A claim with what is behind it and who mounts it. What needs its volume is absent when that was not read."""
    volume = lab.find(claim.get("volume_id") or "")
    users = {"used_by": sorted({lab.name(identity) for identity in claim["workloads"]})} if "workloads" in claim else {}
    return {
        **pick(claim, "id", "name", "cluster", "namespace", "phase", "storage_class", "access_modes", "requested_bytes"),
        **pick(volume, "backend", "server", "export", "reclaim_policy"),
        **linked(lab, volume, server_guest="server_guest_id"),
        **users,
    }


def data_paths(claims: t.Sequence[Object]) -> list[dict[str, t.Any]]:
    """Claims added up by where they lie; those of which that was not read are left out. State first, then bulk data.

    What several may mount or a server shares over the network is bulk data; what belongs to one is its state.
    """
    groups: dict[tuple[str, ...], list[Object]] = {}
    for claim in claims:
        if "backend" in claim and "server" in claim and "access_modes" in claim:
            bulk = claim.get("server") or _SHARED_MODES & set(claim["access_modes"])
            place = (claim.get("storage_class"), claim["backend"], claim.get("server"), claim.get("export"))
            groups.setdefault((BULK if bulk else STATE, claim["cluster"], *(part or "" for part in place)), []).append(claim)
    return [_path(groups[key], key[0]) for key in sorted(groups, key=lambda key: (key[0] == BULK, key))]


def _path(claims: t.Sequence[Object], use: str) -> dict[str, t.Any]:
    """Claims that lie in one place. requested_bytes is absent when the size of one was not read."""
    sizes = [claim["requested_bytes"] for claim in claims if "requested_bytes" in claim]
    return {
        "use": use,
        **pick(claims[0], "cluster", "storage_class", "backend", "server", "export", "server_guest"),
        "claim_count": len(claims),
        "access_modes": sorted({mode for claim in claims for mode in claim["access_modes"]}),
        **({"requested_bytes": sum(sizes)} if len(sizes) == len(claims) else {}),
        "shared": [pick(claim, "name", "namespace", "used_by") for claim in claims if len(claim.get("used_by", ())) > 1],
    }


def _volume(lab: Lab, row: Object, replicas: t.Mapping[str, list[dict[str, t.Any]]]) -> dict[str, t.Any]:
    fields = (
        *("id", "name", "cluster", "capacity_bytes", "actual_bytes", "replica_wanted_count", "replica_healthy_count"),
        *("robustness", "attachment", "backed_up_by"),
    )
    placed = {"replicas": replicas.get(row["id"], [])} if "replicas" in lab.data else {}
    return {**pick(row, *fields), **linked(lab, row, claim="claim_id"), **placed}


def _replica(lab: Lab, row: Object) -> dict[str, t.Any]:
    return {**pick(row, "name", "healthy", "disk_path"), **linked(lab, row, node="node_id", host="host_id")}


def _disk(lab: Lab, row: Object) -> dict[str, t.Any]:
    fields = (
        *("id", "name", "cluster", "path", "schedulable", "capacity_bytes", "available_bytes", "scheduled_bytes"),
        "reserved_bytes",
    )
    return {**pick(row, *fields), **linked(lab, row, node="node_id")}


def _settings(lab: Lab) -> Part:
    """Settings by cluster as a list of name and value, with the backup target."""
    rows = [
        {
            **pick(row, "name", "cluster", "longhorn_version", "backup_target"),
            "settings": [{"name": name, "value": value} for name, value in sorted(row["longhorn_settings"].items())],
        }
        for row in lab.rows("kube_clusters")
        if row.get("longhorn_settings")
    ]
    unread = any("longhorn_settings" not in row for row in lab.rows("kube_clusters"))
    return _or_unread(lab.part("kube_clusters", _SETTINGS, rows, view="longhorn_settings"), _SETTINGS, unread)


def _or_unread(part: Part, words: str, unread: bool) -> Part:
    """The part; when it has no rows, and unread says that some should be there, one that was not read."""
    if part.rows or part.state not in ("read", "partial") or not unread:
        return part
    return Part("unread", (), part.gaps, f"The {words} could not be read.{'' if part.gaps else NOT_TOLD}")
