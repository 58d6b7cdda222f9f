# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks of storage."""

from __future__ import annotations

import typing as t

from ..lab_index import Entity, LabIndex
from ..verdicts import Check, Thresholds, Verdict


def _default_storage_classes(cluster: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a Kubernetes cluster. Fails unless exactly one of its storage classes is the default."""
    classes = lab.beside(cluster, "storage_classes")
    if not classes:
        return Verdict("not_applicable", reason="the cluster has no storage classes")
    defaults = [storage_class["name"] for storage_class in classes if storage_class["default"]]
    if len(defaults) == 1:
        return Verdict("pass")
    return Verdict("fail", {"classes": [storage_class["name"] for storage_class in classes], "defaults": defaults})


def _services_on_one_server(cluster: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a Kubernetes cluster. Fails when one storage server carries volumes of at least threshold ``services`` services."""
    users: dict[str, set[str]] = {volume["server"]: set() for volume in lab.beside(cluster, "volumes") if volume["server"]}
    users.update((server, set()) for workload in lab.beside(cluster, "workloads") for server in workload["servers"])
    if not users:
        return Verdict("not_applicable", reason="no volume comes from a server on the network")
    for service in lab.beside(cluster, "services"):
        servers = {lab.ref(volume)["server"] for volume in service["volumes"]} - {None}
        for server in servers.union(*(lab.ref(workload)["servers"] for workload in service["workloads"])):
            users[server].add(service["name"])
    crowded = {server: names for server, names in users.items() if len(names) >= thresholds["services"]}
    if not crowded:
        return Verdict("pass")
    return Verdict("fail", {"servers": sorted(crowded), "services": sorted(set().union(*crowded.values()))})


CHECKS: t.Mapping[str, Check] = {
    "default_storage_classes": Check(_default_storage_classes, shows=("classes", "defaults")),
    "services_on_one_server": Check(_services_on_one_server, shows=("servers", "services"), thresholds=("services",)),
}
