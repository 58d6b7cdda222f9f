# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the roles ``metallb`` and ``longhorn`` need to make these parts of a cluster again."""

from __future__ import annotations

import re
import typing as t

from .._evidence.redaction import MASK
from .._words import listed
from .lab import Lab, Object, pick
from .rebuild_gitops import add_gitops
from .rebuild_values import UNREAD, Variables, in_order, rows_of

_PARTS = ("argocd", "longhorn", "metallb")
_LOGIN = re.compile(rf"(?<=//){MASK.pattern}@")
# Backup targets of these kinds want a login; others, such as NFS, have none.
_WITH_LOGIN = ("s3:", "cifs:", "azblob:")
_DRIVER = "driver.longhorn.io"
_STATIC = "default-longhorn-static-storage-class"
# Of the API, and how the variables call it.
_ADVERTISEMENT = (
    ("ipAddressPools", "pools"),
    ("ipAddressPoolSelectors", "pool_selectors"),
    ("nodeSelectors", "node_selectors"),
    ("interfaces", "interfaces"),
)


def add_parts(variables: Variables, lab: Lab, cluster: Object) -> None:
    """Which parts the cluster has, and the variables of those that it has."""
    if "parts" not in cluster:
        variables.unknown("rebuild_parts", f"which of {listed(_PARTS)} the cluster had is not known: {UNREAD}")
        return
    parts = [part for part in _PARTS if part in cluster["parts"]]
    lacking = [part for part in _PARTS if part not in parts]
    variables.put("rebuild_parts", parts, f"It has no {' and no '.join(lacking)}." if lacking else "")
    if "argocd" in parts:
        _put_version(variables, "rebuild_argocd_version", cluster.get("argocd_version"))
        add_gitops(variables, lab, cluster, [part for part in parts if part != "argocd"])
    if "metallb" in parts:
        _add_metallb(variables, lab, cluster)
    if "longhorn" in parts:
        _add_longhorn(variables, lab, cluster)


def _put_version(variables: Variables, name: str, version: str | None) -> None:
    variables.put_or_unknown(name, version, "no image of its controller told the version: enter it")


def _add_metallb(variables: Variables, lab: Lab, cluster: Object) -> None:
    _put_version(variables, "metallb_version", cluster.get("metallb_version"))
    pools = rows_of(lab, "ip_pools", cluster)
    variables.put_or_unknown("metallb_pools", None if pools is None else [_pool(row) for row in pools], UNREAD)
    advertisements = cluster.get("metallb_advertisements")
    if advertisements is None:
        variables.unknown("metallb_l2_advertisements", UNREAD)
        return
    by_kind = {kind: [one for one in advertisements if one["kind"] == kind] for kind in ("L2Advertisement", "BGPAdvertisement")}
    variables.put(
        "metallb_l2_advertisements",
        [_advertisement(one) for one in by_kind["L2Advertisement"]],
        "One without pools and pool selectors is for every pool.",
    )
    if by_kind["BGPAdvertisement"]:
        found = [{"name": one["name"], "spec": in_order(one["spec"])} for one in by_kind["BGPAdvertisement"]]
        variables.put("metallb_bgp_advertisements", found)
        variables.unknown("metallb_bgp_peers", "the audit does not read BGP peers: enter address and number of each router")


def _pool(row: Object) -> dict[str, t.Any]:
    pool = {"name": row["name"], "addresses": row["ranges"], "auto_assign": row["auto_assign"]}
    if row.get("avoid_buggy_addresses"):
        pool["avoid_buggy_ips"] = True
    if row.get("service_allocation"):
        pool["service_allocation"] = in_order(row["service_allocation"])
    return pool


def _advertisement(one: Object) -> dict[str, t.Any]:
    return {
        "name": one["name"],
        **{ours: in_order(one["spec"][theirs]) for theirs, ours in _ADVERTISEMENT if one["spec"].get(theirs)},
    }


def _add_longhorn(variables: Variables, lab: Lab, cluster: Object) -> None:
    _put_version(variables, "longhorn_version", cluster.get("longhorn_version"))
    settings = cluster.get("longhorn_settings")
    if settings is None:
        variables.unknown("longhorn_settings", UNREAD)
    else:
        kept = {key: value for key, value in sorted(settings.items()) if value and key != "backup-target"}
        variables.put("longhorn_settings", kept, "Those of Longhorn's settings that people set; empty ones are left out.")
    _add_classes(variables, lab, cluster, (settings or {}).get(_STATIC) or "longhorn-static")
    disks = rows_of(lab, "storage_disks", cluster)
    variables.put_or_unknown("longhorn_disks", None if disks is None else [_disk(lab, row) for row in disks], UNREAD)
    jobs = cluster.get("longhorn_recurring_jobs")
    variables.put_or_unknown("longhorn_recurring_jobs", None if jobs is None else [_job(job) for job in jobs], UNREAD)
    _add_backup_target(variables, cluster)


def _add_classes(variables: Variables, lab: Lab, cluster: Object, static: str) -> None:
    classes = rows_of(lab, "storage_classes", cluster)
    if classes is None:
        variables.unknown("longhorn_storage_classes", UNREAD)
        return
    others = [f"{row['name']} ({row.get('provisioner', 'unknown')})" for row in classes if row.get("provisioner") != _DRIVER]
    said = f"Longhorn makes {static} by itself." if any(row["name"] == static for row in classes) else ""
    foreign = f"Not of Longhorn, and not rebuilt by these roles: {listed(others)}." if others else ""
    own = [_class(row) for row in classes if row.get("provisioner") == _DRIVER and row["name"] != static]
    variables.put("longhorn_storage_classes", own, f"{said} {foreign}".strip())


def _class(row: Object) -> dict[str, t.Any]:
    """Without a number of replicas it takes that of the setting."""
    parameters = {key: value for key, value in row["parameters"].items() if key != "numberOfReplicas"}
    return {
        **{key: row[key] for key in ("name", "default")},
        **({"replica_count": row["replica_wanted_count"]} if row["replica_wanted_count"] is not None else {}),
        **{key: row[key] for key in ("reclaim_policy", "binding_mode", "expandable", "mount_options")},
        "parameters": in_order(parameters),
    }


def _disk(lab: Lab, row: Object) -> dict[str, t.Any]:
    return {"node": lab.name(row["node_id"]), **pick(row, "name", "path", "reserved_bytes", "tags", "node_tags")}


def _job(job: Object) -> dict[str, t.Any]:
    return {"name": job["name"], **in_order({key: value for key, value in job.items() if key != "name"})}


def _add_backup_target(variables: Variables, cluster: Object) -> None:
    """The target without its login."""
    if "backup_target" not in cluster:
        variables.unknown("longhorn_backup_target", UNREAD)
        return
    target = cluster["backup_target"] or ""
    bare = _LOGIN.sub("", target)
    variables.put("longhorn_backup_target", bare)
    if bare != target or bare.startswith(_WITH_LOGIN):
        variables.unknown("longhorn_backup_target_credentials", "the audit reads no secrets: enter its login, best from a vault")
