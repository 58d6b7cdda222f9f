# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Longhorn: replicas, disks, settings, and what it knows of volumes."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, by_name, kubernetes, lab, named, node, proxmox, qemu


def cluster(unread: str = "", **nouns: list[Item]) -> Item:
    """The cluster itself."""
    return t.cast("Item", lab(kubernetes(unread=unread, **nouns))["kube_clusters"][0])


def volume(name: str = "pv", handle: str = "pvc-1", driver: str = "driver.longhorn.io") -> Item:
    """A PersistentVolume of a CSI driver."""
    return {"metadata": {"name": name}, "spec": {"csi": {"driver": driver, "volumeHandle": handle}}}


def replica(name: str, volume_name: str = "pvc-1", node_name: str = "w1", **spec: t.Any) -> Item:
    """A replica that is well."""
    return named(name, spec={"volumeName": volume_name, "nodeID": node_name, "healthyAt": "2026-01-01T00:00:00Z", **spec})


@pytest.mark.parametrize(
    ("spec", "state", "healthy"),
    [
        ({}, "running", True),
        ({}, "stopped", True),
        ({}, "error", False),
        ({"failedAt": "2026-01-01T00:00:00Z"}, "stopped", False),
        ({"healthyAt": ""}, "running", False),
    ],
)
def test_health_of_a_replica(spec: Item, state: str, healthy: bool) -> None:
    one = {**replica("r", **spec), "status": {"currentState": state}}
    assert lab(kubernetes(longhorn_replicas=[one]))["replicas"][0]["healthy"] is healthy


def test_replicas_lead_from_volumes_to_hosts() -> None:
    nouns: dict[str, list[Item]] = {
        "nodes": [node("w1")],
        "persistentvolumes": [volume(), volume("foreign", "pvc-2", "other.test")],
        "longhorn_volumes": [
            named("pvc-1", spec={"numberOfReplicas": 3}, status={"robustness": "degraded", "state": "attached", "actualSize": "7"})
        ],
        "longhorn_replicas": [
            replica("a", diskPath="/disk"),
            replica("b", failedAt="x"),
            replica("gone", node_name="w9"),
            replica("unplaced", node_name=""),
            replica("orphan", "pvc-2"),
        ],
    }
    model = lab(proxmox(qemu(1, "w1")), kubernetes(**nouns))
    a = by_name(model["replicas"], "a")
    assert a["volume_id"] == "volume/lab//pv"
    assert (a["node_id"], a["guest_id"], a["host_id"]) == ("node/lab//w1", "guest/home//1", "host/home//pve1")
    assert a["disk_path"] == "/disk"
    for name in ("gone", "unplaced"):
        assert [by_name(model["replicas"], name)[field] for field in ("node_id", "guest_id", "host_id")] == [None] * 3
    assert by_name(model["replicas"], "orphan")["volume_id"] is None
    pv = by_name(model["volumes"], "pv")
    assert (pv["replica_wanted_count"], pv["replica_healthy_count"], pv["actual_bytes"]) == (3, 3, 7)
    assert (pv["robustness"], pv["attachment"], pv["backed_up_by"]) == ("degraded", "attached", [])
    assert "replica_wanted_count" not in by_name(model["volumes"], "foreign")
    edges = [(edge["to"].rsplit("/", 1)[-1], edge["group"], edge["min"]) for edge in model["edges"] if edge["kind"] == "stored_on"]
    assert edges == [("a", "replicas", 1), ("gone", "replicas", 1), ("unplaced", "replicas", 1)]
    assert [edge["to"] for edge in model["edges"] if edge["from"] == a["id"]] == ["node/lab//w1"]
    unread = lab(kubernetes(**nouns, unread="longhorn_replicas longhorn_recurring_jobs"))
    assert not {"replica_healthy_count", "backed_up_by"} & set(by_name(unread["volumes"], "pv"))


def test_longhorn_tells_which_volume_is_its_own() -> None:
    # A handle that looks random is masked.
    pvs = [volume("restored", "«masked:12345678»"), volume("foreign", "pvc-2", "other.test")]
    told = [
        named(name, status={"kubernetesStatus": {"pvName": pv}})
        for name, pv in (("pvc-1", "restored"), ("pvc-2", "foreign"), ("x", ""))
    ]
    model = lab(kubernetes(persistentvolumes=pvs, longhorn_volumes=told, longhorn_replicas=[replica("a"), replica("b", "pvc-2")]))
    assert [one["volume_id"] for one in model["replicas"]] == ["volume/lab//restored", None]


def test_without_a_healthy_replica_all_of_them_count() -> None:
    failed = [replica("a", failedAt="x"), replica("b", failedAt="x")]
    model = lab(kubernetes(persistentvolumes=[volume()], longhorn_replicas=failed))
    assert len([edge for edge in model["edges"] if edge["kind"] == "stored_on"]) == 2


JOBS = [
    named("nightly", spec={"task": "backup", "groups": ["default"]}),
    named("weekly", spec={"task": "backup-force-create", "groups": ["media"]}),
    named("trim", spec={"task": "filesystem-trim", "groups": ["default"]}),
    named("own", spec={"task": "backup"}),
]


@pytest.mark.parametrize(
    ("labels", "jobs"),
    [
        ({}, ["nightly"]),
        ({"recurring-job-group.longhorn.io/default": "enabled"}, ["nightly"]),
        ({"recurring-job-group.longhorn.io/media": "enabled"}, ["weekly"]),
        ({"recurring-job.longhorn.io/own": "enabled"}, ["own"]),
        ({"recurring-job.longhorn.io/trim": "enabled"}, []),
        ({"recurring-job.longhorn.io/own": "disabled"}, ["nightly"]),
    ],
)
def test_jobs_that_back_a_volume_up(labels: dict[str, str], jobs: list[str]) -> None:
    one = {"metadata": {"name": "pvc-1", "labels": labels}, "spec": {}}
    model = lab(kubernetes(persistentvolumes=[volume()], longhorn_volumes=[one], longhorn_recurring_jobs=JOBS))
    assert model["volumes"][0]["backed_up_by"] == jobs


def test_disks_of_a_node() -> None:
    fit, unfit = {"type": "Schedulable", "status": "True"}, {"type": "Schedulable", "status": "False"}
    sizes = {"storageMaximum": 100, "storageAvailable": 60, "storageScheduled": 40}
    disks = {
        name: {"path": f"/{name}", "allowScheduling": name != "off", "storageReserved": 5} for name in ("a", "full", "off", "new")
    }
    status = {"a": {**sizes, "conditions": [fit]}, "full": {**sizes, "conditions": [unfit]}, "off": {**sizes, "conditions": [fit]}}
    nodes = [
        named("w1", spec={"allowScheduling": True, "disks": disks}, status={"diskStatus": status}),
        named("w2", spec={"allowScheduling": False, "disks": {"a": disks["a"]}}, status={"diskStatus": status}),
    ]
    found = lab(kubernetes(longhorn_nodes=nodes))["storage_disks"]
    assert found[0] == {
        "id": "storage_disk/lab/w1/a",
        "name": "a",
        "cluster": "lab",
        "node_id": "node/lab//w1",
        "path": "/a",
        "tags": [],
        "node_tags": [],
        "schedulable": True,
        "capacity_bytes": 100,
        "available_bytes": 60,
        "scheduled_bytes": 40,
        "reserved_bytes": 5,
    }
    assert [disk["schedulable"] for disk in found[1:]] == [False, True, False, False]
    assert "capacity_bytes" not in by_name(found, "new")


def setting(name: str, value: str) -> Item:
    """A Longhorn setting."""
    return {"metadata": {"name": name}, "value": value}


@pytest.mark.parametrize(
    ("settings", "targets", "unread", "target"),
    [
        ([], [], "", None),
        ([setting("backup-target", "nfs://old")], [], "", "nfs://old"),
        ([setting("backup-target", "")], [named("default", spec={"backupTargetURL": "s3://new"})], "", "s3://new"),
        ([], [named("default", spec={"backupTargetURL": ""})], "", None),
        ([setting("backup-target", "nfs://old")], [], "longhorn_backup_targets", "nfs://old"),
        ([], [], "longhorn_backup_targets", "absent"),
        ([], [], "longhorn_settings", "absent"),
        ([], [named("default", spec={"backupTargetURL": "s3://new"})], "longhorn_settings", "s3://new"),
    ],
)
def test_where_backups_go(settings: list[Item], targets: list[Item], unread: str, target: str | None) -> None:
    nouns = {"longhorn_settings": settings, "longhorn_backup_targets": targets}
    assert cluster(**nouns, unread=unread).get("backup_target", "absent") == target


def test_only_some_settings_are_kept() -> None:
    settings = [setting("default-replica-count", "2"), setting("replica-soft-anti-affinity", "false"), setting("other", "x")]
    assert cluster(longhorn_settings=settings)["longhorn_settings"] == {
        "default-replica-count": "2",
        "replica-soft-anti-affinity": "false",
    }


def test_recurring_jobs_of_a_cluster() -> None:
    jobs = [named("b", spec={"name": "b", "task": "backup", "cron": "0 3 * * *", "retain": 4}), named("a")]
    assert cluster(longhorn_recurring_jobs=jobs)["longhorn_recurring_jobs"] == [
        {"name": "a"},
        {"name": "b", "task": "backup", "cron": "0 3 * * *", "retain": 4},
    ]
    assert "longhorn_recurring_jobs" not in cluster(unread="longhorn_recurring_jobs")


def test_tags_of_disks_and_their_node() -> None:
    one = named("w1", spec={"tags": ["z", "a"], "disks": {"d": {"tags": ["ssd", "fast"]}}})
    (disk,) = lab(kubernetes(longhorn_nodes=[one]))["storage_disks"]
    assert (disk["tags"], disk["node_tags"]) == (["fast", "ssd"], ["a", "z"])
