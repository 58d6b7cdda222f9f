# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Longhorn of one Kubernetes source: its settings, disks and replicas, and what it knows of the volumes."""

from __future__ import annotations

import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id, known
from .units import whole_quantity

# Those that people set. Longhorn has an object for every setting, also for what it tells of itself, such as its latest version.
_SETTINGS = (
    "allow-collecting-longhorn-usage-metrics",
    "auto-salvage",
    "backup-target",
    "concurrent-automatic-engine-upgrade-per-node-limit",
    "create-default-disk-labeled-nodes",
    "default-data-locality",
    "default-data-path",
    "default-longhorn-static-storage-class",
    "default-replica-count",
    "failed-backup-ttl",
    "log-level",
    "node-down-pod-deletion-policy",
    "node-drain-policy",
    "orphan-auto-deletion",
    "orphan-resource-auto-deletion",
    "priority-class",
    "replica-auto-balance",
    "replica-disk-soft-anti-affinity",
    "replica-soft-anti-affinity",
    "replica-zone-soft-anti-affinity",
    "snapshot-max-count",
    "storage-minimal-available-percentage",
    "storage-network",
    "storage-over-provisioning-percentage",
    "storage-reserved-percentage-for-default-disk",
    "system-managed-components-node-selector",
    "taint-toleration",
    "upgrade-checker",
    "v2-data-engine",
)
_JOB_FIELDS = ("task", "cron", "groups", "retain", "concurrency", "labels", "parameters")
_DRIVER = "driver.longhorn.io"
_JOB_LABEL = "recurring-job.longhorn.io/"
_GROUP_LABEL = "recurring-job-group.longhorn.io/"
_BACKUP_TASKS = ("backup", "backup-force-create")


def add_longhorn(draft: Draft, source: SourceEvidence) -> None:
    """Add what was read of Longhorn; a cluster without it has empty collections."""
    nouns, cluster = source.nouns, source.record.name
    _add_settings(draft, cluster, nouns)
    volumes = _volumes(draft, cluster, nouns)
    if "longhorn_replicas" in nouns:
        draft.open("replicas")
        nodes = {node["id"] for node in draft.in_cluster("nodes", cluster)} if "nodes" in nouns else None
        for item in nouns["longhorn_replicas"]:
            draft.add("replicas", _replica(cluster, item, volumes, nodes))
    if "longhorn_nodes" in nouns:
        draft.open("storage_disks")
        for item in nouns["longhorn_nodes"]:
            for disk in _disks(cluster, item):
                draft.add("storage_disks", disk)
    _add_to_volumes(draft, cluster, nouns, volumes)


def _add_settings(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    kube_cluster = draft.collections.get("kube_clusters", {}).get(entity_id("kube_cluster", cluster, "", cluster))
    if kube_cluster is None:
        return
    values = {item["metadata"]["name"]: str(item.get("value") or "") for item in nouns.get("longhorn_settings", [])}
    if "longhorn_settings" in nouns:
        kube_cluster["longhorn_settings"] = {name: values[name] for name in _SETTINGS if name in values}
    if "longhorn_recurring_jobs" in nouns:
        kube_cluster["longhorn_recurring_jobs"] = sorted(
            (_job(item) for item in nouns["longhorn_recurring_jobs"]), key=lambda job: str(job["name"])
        )
    # Newer versions keep the target in an object of its own, older ones in the setting.
    targets = [(item.get("spec") or {}).get("backupTargetURL") for item in nouns.get("longhorn_backup_targets", [])]
    target = min(filter(None, targets), default=None) or values.get("backup-target") or None
    if target or ("longhorn_settings" in nouns and "longhorn_backup_targets" in nouns):
        kube_cluster["backup_target"] = target


def _job(item: Entity) -> Entity:
    spec = item.get("spec") or {}
    return {"name": item["metadata"]["name"], **{field: spec[field] for field in _JOB_FIELDS if field in spec}}


def _volumes(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> dict[str, Entity]:
    """The PersistentVolumes of Longhorn by the name that Longhorn knows them by: what it says of them, else their handle."""
    found = {
        str(csi.get("volumeHandle")): draft.collections["volumes"][entity_id("volume", cluster, "", item["metadata"]["name"])]
        for item in nouns.get("persistentvolumes", [])
        if (csi := (item.get("spec") or {}).get("csi") or {}).get("driver") == _DRIVER
    }
    own = {volume["id"]: volume for volume in found.values()}
    for item in nouns.get("longhorn_volumes", []):
        told = ((item.get("status") or {}).get("kubernetesStatus") or {}).get("pvName") or ""
        volume = own.get(entity_id("volume", cluster, "", told))
        if volume is not None:
            found[item["metadata"]["name"]] = volume
    return found


def _replica(cluster: str, item: Entity, volumes: t.Mapping[str, Entity], nodes: t.Container[str] | None) -> Entity:
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    node = entity_id("node", cluster, "", spec["nodeID"]) if spec.get("nodeID") else None
    volume = volumes.get(str(spec.get("volumeName")))
    return {
        "id": entity_id("replica", cluster, metadata["namespace"], metadata["name"]),
        "name": metadata["name"],
        "cluster": cluster,
        "volume_id": volume["id"] if volume else None,
        # A node that left the cluster is no node any more.
        "node_id": node if nodes is None or node in nodes else None,
        "healthy": _healthy(spec, status),
        "disk_path": spec.get("diskPath") or None,
    }


def _healthy(spec: Entity, status: Entity) -> bool:
    """Longhorn marks a replica that failed; one never healthy is being built; a stopped one is of a detached volume."""
    return not spec.get("failedAt") and bool(spec.get("healthyAt")) and status.get("currentState") != "error"


def _disks(cluster: str, item: Entity) -> t.Iterator[Entity]:
    spec, node = item.get("spec") or {}, item["metadata"]["name"]
    statuses = (item.get("status") or {}).get("diskStatus") or {}
    for name, disk in (spec.get("disks") or {}).items():
        status = statuses.get(name) or {}
        ready = [one.get("status") == "True" for one in status.get("conditions") or [] if one.get("type") == "Schedulable"]
        yield {
            "id": entity_id("storage_disk", cluster, node, name),
            "name": name,
            "cluster": cluster,
            "node_id": entity_id("node", cluster, "", node),
            "path": disk.get("path") or None,
            "tags": sorted(disk.get("tags") or []),
            "node_tags": sorted(spec.get("tags") or []),
            "schedulable": bool(spec.get("allowScheduling") and disk.get("allowScheduling") and all(ready)),
            **known(
                capacity_bytes=whole_quantity(status.get("storageMaximum")),
                available_bytes=whole_quantity(status.get("storageAvailable")),
                scheduled_bytes=whole_quantity(status.get("storageScheduled")),
                reserved_bytes=whole_quantity(disk.get("storageReserved")),
            ),
        }


def _add_to_volumes(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]], volumes: t.Mapping[str, Entity]) -> None:
    healthy: dict[str, int] = {}
    for replica in draft.in_cluster("replicas", cluster):
        healthy[replica["volume_id"]] = healthy.get(replica["volume_id"], 0) + replica["healthy"]
    for item in nouns.get("longhorn_volumes", []):
        volume = volumes.get(item["metadata"]["name"])
        if volume is not None:
            spec, status = item.get("spec") or {}, item.get("status") or {}
            volume.update(
                known(
                    replica_wanted_count=spec.get("numberOfReplicas"),
                    replica_healthy_count=healthy.get(volume["id"], 0) if "longhorn_replicas" in nouns else None,
                    robustness=status.get("robustness"),
                    attachment=status.get("state"),
                    actual_bytes=whole_quantity(status.get("actualSize")),
                    backed_up_by=_backups(item, nouns["longhorn_recurring_jobs"]) if "longhorn_recurring_jobs" in nouns else None,
                )
            )


def _backups(volume: Entity, jobs: t.Iterable[Entity]) -> list[str]:
    """Recurring jobs that back a volume up: those that its labels name, alone or by group; without labels, the default group."""
    labels = [key for key, value in (volume["metadata"].get("labels") or {}).items() if value == "enabled"]
    groups = {key[len(_GROUP_LABEL) :] for key in labels if key.startswith(_GROUP_LABEL)}
    names = {key[len(_JOB_LABEL) :] for key in labels if key.startswith(_JOB_LABEL)}
    if not groups and not names:
        groups = {"default"}
    return sorted(
        job["metadata"]["name"]
        for job in jobs
        if (job.get("spec") or {}).get("task") in _BACKUP_TASKS
        and (job["metadata"]["name"] in names or groups & set(job["spec"].get("groups") or []))
    )
