# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which sources feed what the report shows, and which of their nouns it needs: a gap in one of them stands before the table."""

from __future__ import annotations

import typing as t

_WORKLOADS = frozenset({"pods", "deployments", "statefulsets", "daemonsets", "cronjobs", "jobs", "replicasets"})
_LONGHORN = frozenset({"longhorn_volumes", "longhorn_replicas", "longhorn_recurring_jobs"})

# By collection of lab.json, or by a view of one that needs other nouns. The first source is the one whose absence explains that of
# the whole. None: every noun of the source.
FEEDS: t.Mapping[str, t.Mapping[str, frozenset[str] | None]] = {
    "proxmox_clusters": {"proxmox": frozenset({"cluster_status", "version"})},
    "hosts": {"proxmox": frozenset({"cluster_status", "resources", "hosts"})},
    "guests": {"proxmox": frozenset({"resources", "guests", "backup_jobs", "not_backed_up"})},
    "host_storages": {"proxmox": frozenset({"resources", "storages"})},
    "kube_clusters": {"kubernetes": frozenset({"version", "api_groups", "nodes"})},
    "controllers": {"kubernetes": frozenset({"controlnodes", "etcdmembers", "leases"}), "k0s": None},
    "nodes": {"kubernetes": frozenset({"nodes"})},
    "namespaces": {"kubernetes": frozenset({"namespaces"})},
    "workloads": {"kubernetes": _WORKLOADS | {"persistentvolumeclaims"}},
    "services": {
        "kubernetes": _WORKLOADS
        | {"services", "endpointslices", "ingresses", "persistentvolumeclaims", "persistentvolumes", "storageclasses"}
    },
    "kube_services": {"kubernetes": frozenset({"services", "endpointslices"})},
    "routes": {"kubernetes": frozenset({"ingresses"})},
    "claims": {"kubernetes": frozenset({"persistentvolumeclaims", "persistentvolumes"})},
    "storage_classes": {"kubernetes": frozenset({"storageclasses"})},
    "applications": {"kubernetes": frozenset({"applications"})},
    "drift": {"kubernetes": frozenset({"applications", "drifted_objects"})},
    "churn": {"kubernetes": frozenset({"applications", "events"})},
    "ip_pools": {"kubernetes": frozenset({"ipaddresspools", "l2advertisements", "bgpadvertisements"})},
    "volumes": {"kubernetes": frozenset({"persistentvolumes"})},
    "longhorn_volumes": {"kubernetes": _LONGHORN | {"persistentvolumes"}},
    "storage_disks": {"kubernetes": frozenset({"longhorn_nodes"})},
    "longhorn_settings": {"kubernetes": frozenset({"longhorn_settings", "longhorn_backup_targets"})},
    "node_usage": {"kubernetes": frozenset({"node_metrics"})},
    "pod_usage": {"kubernetes": frozenset({"pod_metrics"})},
    "repositories": {"repository": None},
    "repository_files": {"repository": None},
    "repository_folders": {"repository": None},
    "declared_nodes": {"repository": None},
    "declared_guests": {"repository": None},
    "declared_applications": {"repository": None},
    "declared_routes": {"repository": None},
    "documented_machines": {"repository": None},
}
