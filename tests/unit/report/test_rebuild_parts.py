# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuild_vars.yml: MetalLB, Longhorn and the version of Argo CD."""

from __future__ import annotations

import typing as t

import pytest
from unit.report.builders import Item
from unit.report.rebuilt import MASK, controller, k0s_lab, missing_of, text_of, variables, without

UNREAD = "it could not be read: see the gaps of the report"
NO_VERSION = "no image of its controller told the version: enter it"


def pool(name: str, **fields: t.Any) -> Item:
    """A MetalLB pool."""
    base = {"id": f"ip_pool/lab/metallb-system/{name}", "name": name, "cluster": "lab", "namespace": "metallb-system"}
    return {**base, "ranges": ["192.0.2.50-192.0.2.55"], "auto_assign": True, "address_count": 6, **fields}


def advertisement(kind: str = "L2Advertisement", name: str = "default", **spec: t.Any) -> Item:
    """As the model has it."""
    return {"kind": kind, "namespace": "metallb-system", "name": name, "spec": spec}


def metallb(cluster: Item | None = None, **changes: t.Any) -> Item:
    """A cluster with MetalLB alone."""
    own = {"parts": ["metallb"], "metallb_version": "v0.15.2", "metallb_advertisements": [], **(cluster or {})}
    return k0s_lab(controller(), cluster=own, **{"ip_pools": [], **changes})


def longhorn(cluster: Item | None = None, **changes: t.Any) -> Item:
    """A cluster with Longhorn alone."""
    own = {"parts": ["longhorn"], "longhorn_version": "v1.9.1", "longhorn_settings": {}, "longhorn_recurring_jobs": []}
    empty: Item = {"storage_classes": [], "storage_disks": []}
    return k0s_lab(controller(), cluster={**own, "backup_target": None, **(cluster or {})}, **{**empty, **changes})


def named(lab: Item, start: str) -> Item:
    """The variables whose names begin so."""
    return {name: value for name, value in variables(lab).items() if name.startswith(start)}


def test_pools_and_advertisements() -> None:
    selector = {"matchLabels": {"room": "attic"}}
    allocation = {"priority": 10, "namespaces": ["media"]}
    lab = metallb(
        {
            "metallb_advertisements": [
                advertisement(),
                advertisement(
                    name="one", ipAddressPools=["a"], nodeSelectors=[selector], interfaces=["eth0"], ipAddressPoolSelectors=[]
                ),
            ]
        },
        ip_pools=[pool("a"), pool("b", auto_assign=False, avoid_buggy_addresses=True, service_allocation=allocation)],
    )
    addresses = ["192.0.2.50-192.0.2.55"]
    assert named(lab, "metallb_") == {
        "metallb_version": "v0.15.2",
        "metallb_pools": [
            {"name": "a", "addresses": addresses, "auto_assign": True},
            {"name": "b", "addresses": addresses, "auto_assign": False, "avoid_buggy_ips": True, "service_allocation": allocation},
        ],
        "metallb_l2_advertisements": [
            {"name": "default"},
            {"name": "one", "pools": ["a"], "node_selectors": [selector], "interfaces": ["eth0"]},
        ],
    }
    assert missing_of(lab) == {}


def test_peers_of_bgp_are_asked_for() -> None:
    lab = metallb({"metallb_advertisements": [advertisement("BGPAdvertisement", localPref=1)]})
    loaded = named(lab, "metallb_")
    assert loaded["metallb_bgp_advertisements"] == [{"name": "default", "spec": {"localPref": 1}}]
    assert missing_of(lab) == {"metallb_bgp_peers": "the audit does not read BGP peers: enter address and number of each router"}


def test_metallb_that_was_not_read() -> None:
    lab = metallb(ip_pools=None)
    cluster = without(lab["kube_clusters"][0], "metallb_version", "metallb_advertisements")
    lab["kube_clusters"] = [cluster]
    assert named(lab, "metallb_") == dict.fromkeys(("metallb_version", "metallb_pools", "metallb_l2_advertisements"))
    assert missing_of(lab) == {"metallb_version": NO_VERSION, "metallb_pools": UNREAD, "metallb_l2_advertisements": UNREAD}


def storage_class(name: str, **fields: t.Any) -> Item:
    """A class of Longhorn with one replica."""
    base = {"id": f"storage_class/lab//{name}", "name": name, "cluster": "lab", "provisioner": "driver.longhorn.io"}
    rest = {"default": False, "reclaim_policy": "Retain", "binding_mode": "Immediate", "expandable": True, "mount_options": []}
    parameters = {"numberOfReplicas": "1", "fsType": "ext4", "dataLocality": "disabled"}
    return {**base, **rest, "replica_wanted_count": 1, "parameters": parameters, **fields}


def test_longhorn() -> None:
    disk = {"id": "storage_disk/lab/w1/d", "cluster": "lab", "node_id": "node/lab//w1", "schedulable": True, "capacity_bytes": 9}
    own = {"name": "d", "path": "/data", "reserved_bytes": 5, "tags": ["fast"], "node_tags": []}
    job = {"name": "weekly", "task": "backup", "cron": "0 3 * * 0", "groups": ["default"], "retain": 4}
    lab = longhorn(
        {
            "longhorn_settings": {"default-replica-count": "1", "backup-target": "nfs://nas:/b", "priority-class": ""},
            "longhorn_recurring_jobs": [job],
            "backup_target": "nfs://nas:/b",
        },
        storage_disks=[{**disk, **own}],
        storage_classes=[
            storage_class("longhorn", default=True),
            storage_class("longhorn-static", parameters={}, replica_wanted_count=None),
            storage_class("mine", parameters={"fsType": "xfs"}, replica_wanted_count=None),
            storage_class("nas", provisioner="nfs.csi.k8s.io"),
        ],
    )
    rest = {"reclaim_policy": "Retain", "binding_mode": "Immediate", "expandable": True, "mount_options": []}
    parameters = {"dataLocality": "disabled", "fsType": "ext4"}
    assert named(lab, "longhorn_") == {
        "longhorn_version": "v1.9.1",
        "longhorn_settings": {"default-replica-count": "1"},
        "longhorn_storage_classes": [
            {"name": "longhorn", "default": True, "replica_count": 1, **rest, "parameters": parameters},
            {"name": "mine", "default": False, **rest, "parameters": {"fsType": "xfs"}},
        ],
        "longhorn_disks": [{"node": "w1", **own}],
        "longhorn_recurring_jobs": [job],
        "longhorn_backup_target": "nfs://nas:/b",
    }
    assert missing_of(lab) == {}
    assert (
        "# Longhorn makes longhorn-static by itself. Not of Longhorn, and not rebuilt by these roles: nas (nfs.csi.k8s.io).\n"
        in (text_of(lab))
    )


def test_longhorn_that_was_not_read() -> None:
    lab = longhorn(storage_classes=None, storage_disks=None)
    fields = ("longhorn_version", "longhorn_settings", "longhorn_recurring_jobs", "backup_target")
    lab["kube_clusters"] = [without(lab["kube_clusters"][0], *fields)]
    names = (
        *("longhorn_version", "longhorn_settings", "longhorn_storage_classes", "longhorn_disks", "longhorn_recurring_jobs"),
        "longhorn_backup_target",
    )
    assert named(lab, "longhorn_") == dict.fromkeys(names)
    assert missing_of(lab) == {**dict.fromkeys(names, UNREAD), "longhorn_version": NO_VERSION}


@pytest.mark.parametrize(
    ("target", "written", "login"),
    [
        (None, "", False),
        ("nfs://nas:/b", "nfs://nas:/b", False),
        (f"cifs://{MASK}@nas/b", "cifs://nas/b", True),
        ("cifs://nas/b", "cifs://nas/b", True),
        ("s3://bucket@eu/", "s3://bucket@eu/", True),
        (f"nfs://nas:/b?key={MASK}", None, False),
    ],
)
def test_the_backup_target_has_no_login(target: str | None, written: str | None, login: bool) -> None:
    lab = longhorn({"backup_target": target})
    loaded = variables(lab)
    assert loaded["longhorn_backup_target"] == written
    assert ("longhorn_backup_target_credentials" in loaded) is login
    assert MASK not in text_of(lab)


def test_parts_that_a_cluster_does_not_have() -> None:
    lab = k0s_lab(controller(), cluster={"parts": ["argocd", "metrics"], "argocd_version": "v3.2.3"}, applications=[])
    assert {name: value for name, value in variables(lab).items() if not name.startswith("k0s_")} == {
        "rebuild_format": 1,
        "rebuild_cluster_name": "lab",
        "rebuild_parts": ["argocd"],
        "rebuild_argocd_version": "v3.2.3",
        "rebuild_applications": {},
        "rebuild_bootstrap": [],
        "rebuild_missing": [],
    }
    assert "# It has no longhorn and no metallb.\nrebuild_parts:\n" in text_of(lab)


def test_parts_that_are_not_known() -> None:
    lab = k0s_lab(controller())
    lab["kube_clusters"] = [without(lab["kube_clusters"][0], "parts")]
    assert missing_of(lab) == {
        "rebuild_parts": f"which of argocd, longhorn and metallb the cluster had is not known: {UNREAD}",
    }
