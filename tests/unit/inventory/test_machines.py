# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs that the demo lab is not: what is one machine, what its groups are, and what is not known of it."""

from __future__ import annotations

import typing as t

from unit.model.builders import UUID, kubernetes, node, proxmox, qemu

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import Evidence, SourceEvidence
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory import build_inventory

Hosts = dict[str, dict[str, t.Any]]


def hosts(*sources: SourceEvidence) -> Hosts:
    """Name to {name, groups, variables}."""
    built = build_inventory(Evidence("0.0.0", "2026-01-02T03:04:05Z", list(sources), []), [])
    assert built.missing == []
    return {host["name"]: host for host in built.hosts}


def groups(machines: Hosts, name: str) -> set[str]:
    return set(machines[name]["groups"])


def with_role(item: dict[str, t.Any]) -> dict[str, t.Any]:
    item["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}
    return item


STATUS = [{"type": "node", "name": "pve1", "ip": "192.0.2.11", "online": 1}]
K3S = [{"gitVersion": "v1.30.2+k3s1"}]


def test_a_node_is_its_guest_by_uuid_whatever_both_are_called() -> None:
    machines = hosts(proxmox(qemu(101, "vm-a", config={"smbios1": f"uuid={UUID}"})), kubernetes(nodes=[node("worker-1")]))
    assert sorted(machines) == ["pve1", "vm-a"]
    assert machines["vm-a"]["variables"]["lab_node"] == "worker-1"
    assert groups(machines, "vm-a") >= {"guests", "kube_workers", "k0s_workers", "host_pve1"}
    assert machines["vm-a"]["variables"]["ansible_host"] == "192.0.2.21"
    assert machines["vm-a"]["variables"]["lab_address_source"] == "node"


def test_a_node_on_the_metal_of_a_proxmox_host_is_that_host() -> None:
    single = with_role(node("server-1", address="192.0.2.11"))
    machines = hosts(proxmox(cluster_status=STATUS), kubernetes(nodes=[single], version=K3S))
    assert sorted(machines) == ["pve1"]
    assert groups(machines, "pve1") == {"hosts", "cluster_home", "cluster_lab", "status_online", "kube_controllers"}
    assert machines["pve1"]["variables"]["lab_kind"] == "host"
    assert machines["pve1"]["variables"]["ansible_host"] == "192.0.2.11"


def test_a_server_of_k3s_is_a_controller_and_no_worker() -> None:
    machines = hosts(kubernetes(nodes=[with_role(node("server-1")), node("agent-1", "192.0.2.22", "")], version=K3S))
    assert groups(machines, "server-1") == {"cluster_lab", "kube_controllers"}
    assert groups(machines, "agent-1") == {"cluster_lab", "kube_workers"}
    assert machines["server-1"]["variables"]["lab_distribution"] == "k3s"


def test_two_nodes_in_one_guest_are_both_there() -> None:
    twins = [node("kind-a"), node("kind-b", "192.0.2.22")]
    machines = hosts(proxmox(qemu(101, "vm-a", config={"smbios1": f"uuid={UUID}"})), kubernetes(nodes=twins))
    assert sorted(machines) == ["kind-b", "pve1", "vm-a"]
    assert machines["vm-a"]["variables"]["lab_node"] == "kind-a"


def test_a_controller_without_a_node_is_its_guest_by_address() -> None:
    member = {"metadata": {"name": "ctrl-1"}, "status": {"peerAddress": "192.0.2.31"}}
    guest = qemu(131, "k0s-a", config={"ipconfig0": "ip=192.0.2.31/24"})
    machines = hosts(proxmox(guest), kubernetes(etcdmembers=[member]))
    assert sorted(machines) == ["k0s-a", "pve1"]
    assert machines["k0s-a"]["variables"]["lab_controller"] == "ctrl-1"
    assert machines["k0s-a"]["variables"]["lab_etcd_member"] is True
    assert groups(machines, "k0s-a") >= {"kube_controllers", "k0s_controllers"}


def test_containers_pools_and_tags() -> None:
    container = qemu(102, "dns", config={"hostname": "dns", "tags": "infra;k8s-prod"}, type="lxc", pool="edge/dns")
    machines = hosts(proxmox(container))
    assert groups(machines, "dns") == {
        *("guests", "kind_lxc", "cluster_home", "host_pve1", "status_running"),
        *("tag_infra", "tag_k8s_prod", "pool_edge_dns"),
    }
    assert machines["dns"]["variables"]["lab_pool"] == "edge/dns"


def test_a_template_is_selected_by_its_own_group_only() -> None:
    template = qemu(9000, "cloud", config={"template": 1, "tags": "k0s"}, status="stopped", pool="edge")
    assert groups(hosts(proxmox(template)), "cloud") == {"kind_template"}


def test_what_was_not_read_is_absent_and_what_is_not_there_is_null() -> None:
    alone = hosts(proxmox(qemu(101, "vm-a")))["vm-a"]["variables"]
    assert alone["lab_node"] is alone["lab_controller"] is None
    half = hosts(proxmox(qemu(101, "vm-a")), kubernetes(unread="nodes"))["vm-a"]["variables"]
    assert not {"lab_node", "lab_controller", "lab_carries"} & set(half)
    assert "lab_kernel" not in alone


def test_guests_of_one_number_on_two_clusters() -> None:
    other = proxmox(qemu(101, "web"))
    other.record = type(other.record)("proxmox", "away", "read")
    machines = hosts(proxmox(qemu(101, "web")), other)
    assert sorted(machines) == ["pve1-away", "pve1-home", "web-101", "web-101-home"]
    assert machines["web-101"]["variables"]["lab_cluster"] == "away"
