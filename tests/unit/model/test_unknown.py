# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins across sources, and that nothing unread turns into an answer."""

from __future__ import annotations

import pytest
from unit.model.builders import EVERY_NOUN, UUID, by_name, kubernetes, lab, node, proxmox, qemu, source, workload

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.format import FORMAT

SMBIOS = {"smbios1": f"uuid={UUID}"}
NET = {"ipconfig0": "ip=192.0.2.21/24"}


@pytest.mark.parametrize(
    ("guests", "expected"),
    [
        ([qemu(1, "other", config=SMBIOS)], "guest/home//1"),
        ([qemu(1, "other", config=NET)], "guest/home//1"),
        ([qemu(1, "W1")], "guest/home//1"),
        ([qemu(1, "w1", config=NET), qemu(2, "other", config=SMBIOS)], "guest/home//2"),
        ([qemu(1, "a", config=SMBIOS), qemu(2, "b", config=SMBIOS)], None),
        ([qemu(1, "a", config={**SMBIOS, "template": 1}), qemu(2, "b", config=SMBIOS)], "guest/home//2"),
        ([qemu(1, "stranger")], None),
    ],
    ids=["uuid", "address", "name", "uuid before name", "two are none", "templates never", "no match"],
)
def test_a_node_finds_its_guest(guests: list[dict[str, object]], expected: str | None) -> None:
    model = lab(proxmox(*guests), kubernetes(nodes=[node("w1")]))
    found = model["nodes"][0]
    assert found["guest_id"] == expected
    assert found["host_id"] == ("host/home//pve1" if expected else None)
    carriers = [guest["id"] for guest in model["guests"] if guest["carries"] == ["node"]]
    assert carriers == ([expected] if expected else [])


def test_no_match_is_unknown_while_guests_are_unread() -> None:
    failed = source("proxmox", "away", {}, state="failed")
    model = lab(failed, kubernetes(nodes=[node("w1")]))
    assert "guest_id" not in model["nodes"][0]
    assert "guests" not in model
    assert model["coverage"]["guests"] == {"proxmox/away": "unread"}


def test_no_match_is_an_answer_when_nothing_is_configured() -> None:
    absent = source("proxmox", "", {}, state="not_configured")
    model = lab(absent, kubernetes(nodes=[node("w1")]))
    assert model["nodes"][0]["guest_id"] is None
    assert model["coverage"]["guests"] == {}


def test_guests_carry_nothing_known_while_a_cluster_is_unread() -> None:
    model = lab(
        proxmox(qemu(1, "w1", config=SMBIOS), qemu(2, "x")), kubernetes(nodes=[node("w1")]), source("kubernetes", "b", {}, "failed")
    )
    assert by_name(model["guests"], "w1")["carries"] == ["node"]
    assert not {"carries", "node_id", "controller_id"} & set(by_name(model["guests"], "x"))


def test_a_service_on_an_unmatched_node_has_no_known_hosts_while_guests_are_unread() -> None:
    pod = {
        "metadata": {"name": "app", "namespace": "default"},
        "spec": {"nodeName": "w1", "containers": []},
        "status": {"phase": "Running"},
    }
    cluster = kubernetes(nodes=[node("w1")], pods=[pod])
    unread = by_name(lab(source("proxmox", "away", {}, "failed"), cluster)["services"], "app")
    assert unread["nodes"] == ["node/lab//w1"]
    assert not {"guests", "hosts"} & set(unread)
    read = by_name(lab(proxmox(), cluster)["services"], "app")
    assert (read["guests"], read["hosts"]) == ([], [])


def test_a_guest_that_serves_a_volume_carries_storage() -> None:
    volume = {"metadata": {"name": "media"}, "spec": {"nfs": {"server": "192.0.2.21", "path": "/pool"}}}
    model = lab(proxmox(qemu(9, "nas", config=NET)), kubernetes(persistentvolumes=[volume]))
    assert model["volumes"][0]["server_guest_id"] == "guest/home//9"
    assert model["guests"][0]["carries"] == ["storage"]


def test_declared_machines_are_present_absent_or_unknown() -> None:
    hosts = [
        {"path": "k0sctl.yaml", "role": "worker", "address": "192.0.2.21", "hostname": None},
        {"path": "k0sctl.yaml", "role": "worker", "address": "192.0.2.99", "hostname": "pi"},
    ]
    repository = source("repository", "homelab", {"files": [], "k0sctl_hosts": hosts})
    present = [one["present"] for one in lab(repository, kubernetes(nodes=[node("w1")]))["declared_nodes"]]
    assert present == [True, False]
    unread = lab(repository, kubernetes(nodes=[node("w1")], unread="controlnodes"))["declared_nodes"]
    assert unread[0]["present"] is True
    assert "present" not in unread[1]
    alone = lab(repository, source("kubernetes", "", {}, "not_configured"))["declared_nodes"]
    assert all("present" not in one for one in alone)


@pytest.mark.parametrize(
    ("unread", "collection", "fields"),
    [
        ("pods", "workloads", {"nodes"}),
        ("services", "workloads", {"kube_services"}),
        ("endpointslices", "kube_services", {"ready_endpoint_count"}),
        ("ingresses", "kube_services", {"routed"}),
        ("cronjobs", "kube_services", {"workloads"}),
        ("services", "routes", {"kube_service_exists"}),
        ("endpointslices", "routes", {"ready_endpoint_count"}),
        ("deployments", "claims", {"workloads"}),
        ("services", "services", {"kube_services", "routes", "hostnames", "addresses"}),
        ("ingresses", "services", {"routes", "hostnames"}),
        ("persistentvolumeclaims", "services", {"volumes"}),
        ("pods", "services", {"nodes", "guests", "hosts"}),
        ("persistentvolumeclaims", "storage_classes", {"claim_count"}),
        ("pods", "kube_clusters", {"pod_count"}),
        ("pods", "nodes", {"pod_count"}),
        ("api_groups", "kube_clusters", {"parts"}),
        ("applications", "workloads", {"application_id"}),
        ("applications", "services", {"applications"}),
        ("ipaddresspools", "kube_services", {"pool_id"}),
        ("deployments", "kube_clusters", {"argocd_version", "longhorn_version", "metallb_version"}),
        ("longhorn_settings", "kube_clusters", {"longhorn_settings", "backup_target"}),
        ("jobs", "namespaces", {"workload_count"}),
        ("services", "namespaces", {"kube_service_count"}),
        ("nodes", "kube_clusters", {"node_count"}),
    ],
)
def test_a_noun_that_was_not_read_leaves_its_fields_out(unread: str, collection: str, fields: set[str]) -> None:
    objects = {
        "namespaces": [{"metadata": {"name": "default"}}],
        "statefulsets": [workload("app")],
        "services": [{"metadata": {"name": "web", "namespace": "default"}, "spec": {"selector": {"app": "app"}}}],
        "ingresses": [
            {"metadata": {"name": "i", "namespace": "default"}, "spec": {"defaultBackend": {"service": {"name": "web"}}}},
        ],
        "persistentvolumeclaims": [{"metadata": {"name": "c", "namespace": "default"}}],
        "nodes": [node("w1")],
        "storageclasses": [{"metadata": {"name": "s"}, "provisioner": "p"}],
    }
    whole = lab(kubernetes(**objects))[collection][0]
    assert fields <= set(whole)
    partly = lab(kubernetes(unread=unread, **objects))[collection][0]
    assert set(whole) - set(partly) == fields


@pytest.mark.parametrize("noun", EVERY_NOUN.split())
def test_no_noun_is_needed_to_build_a_model(noun: str) -> None:
    model = lab(kubernetes(unread=noun, nodes=[node("w1")], deployments=[workload("app")]))
    assert model["format"] == FORMAT
