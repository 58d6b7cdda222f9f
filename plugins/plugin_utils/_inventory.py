# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""From evidence to the hosts of an inventory: one machine, one host. No I/O.

The model of the audit does the joins, so that a node is that guest here exactly when the report says so.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..module_utils._evidence.folder import Evidence
from ..module_utils._evidence.gaps import Gap
from ..module_utils._lab.build import build_lab
from ..module_utils._lab.draft import entity_id
from ._inventory_addresses import Candidate, Network, choose, of_addresses, of_guest
from ._inventory_names import Called, name_machines
from ._inventory_sources import hides_machines, sentence

# Of what the cache keeps.
FORMAT = 1

# Variables by the field of the model that they copy; a field that was not read gives no variable.
HOST_VARIABLES = {"name": "lab_name", "cluster": "lab_cluster", "cpu_count": "lab_cpu_count", "memory_bytes": "lab_memory_bytes"}
GUEST_VARIABLES = {
    **HOST_VARIABLES,
    "vmid": "lab_vmid",
    "host": "lab_host",
    "state": "lab_state",
    "uuid": "lab_uuid",
    "macs": "lab_macs",
    "tags": "lab_tags",
    "disk_bytes": "lab_disk_bytes",
    "onboot": "lab_onboot",
    "agent_enabled": "lab_agent_enabled",
    "agent_answers": "lab_agent_answers",
    "carries": "lab_carries",
}
NODE_VARIABLES = {
    "name": "lab_node",
    "cluster": "lab_kube_cluster",
    "ready": "lab_node_ready",
    "schedulable": "lab_node_schedulable",
    "roles": "lab_node_roles",
    "kubelet_version": "lab_kubelet_version",
    "os_image": "lab_os_image",
    "kernel": "lab_kernel",
    "distribution": "lab_distribution",
}
CONTROLLER_VARIABLES = {"name": "lab_controller", "cluster": "lab_kube_cluster", "etcd_member": "lab_etcd_member"}

Entity = t.Mapping[str, t.Any]


@dataclasses.dataclass
class Machine:
    """One machine while everything about it is put together.

    kind: host, qemu, lxc, template, node or controller, by what told of it first. suffix: tells it from others of its name.
    """

    kind: str
    name: str
    suffix: str
    cluster: str
    variables: dict[str, t.Any]
    addresses: list[Candidate]
    groups: set[str] = dataclasses.field(default_factory=set)

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"{'guest ' + self.suffix if 'lab_vmid' in self.variables else self.kind} of {self.cluster}"

    def add(self, entity: Entity, variables: t.Mapping[str, str], source: str) -> None:
        """Add what another entity of the model, which is the same machine, says."""
        self.variables.update(_copied(entity, variables))
        self.addresses += of_addresses(entity["addresses"], source)


@dataclasses.dataclass
class Inventory:
    """hosts: {name, groups, variables} by name. missing: what hides machines. warnings: what else a person should know."""

    hosts: list[dict[str, t.Any]]
    missing: list[str]
    warnings: list[str]


def build_inventory(evidence: Evidence, preference: t.Sequence[Network], reserved: t.Collection[str] = ()) -> Inventory:
    """The inventory of what was read. preference: of addresses. reserved: further names that no host may have."""
    lab = build_lab(evidence)
    machines = _machines(lab, evidence)
    unreached = set()
    for machine in machines:
        _finish(machine, preference)
        if machine.variables.get("lab_state") == "running" and "ansible_host" not in machine.variables:
            unreached.add((machine.cluster, str(machine.variables.get("lab_vmid"))))
    groups = {group for machine in machines for group in machine.groups}
    names, warnings = name_machines(
        [Called(one.name, one.suffix, one.cluster, one.label) for one in machines], {*groups, *reserved}
    )
    hosts = [
        {"name": name, "groups": sorted(machine.groups), "variables": dict(sorted(machine.variables.items()))}
        for name, machine in sorted(zip(names, machines), key=lambda pair: pair[0])
    ]
    missing = []
    for source in evidence.sources:
        for gap in source.gaps:
            if hides_machines(source, gap):
                missing.append(sentence(source, gap))
            elif _matters(gap, source.record.name, unreached):
                warnings.append(sentence(source, gap))
    return Inventory(hosts, list(dict.fromkeys(missing)), list(dict.fromkeys(warnings)))


def _matters(gap: Gap, entry: str, unreached: t.Collection[tuple[str, str]]) -> bool:
    """Addresses that a guest did not tell are worth a word only where nothing else told one."""
    parts = gap.what.split("/")
    if len(parts) < 3 or parts[0] != "guests":
        return True
    return (entry, parts[1]) in unreached or (parts[1] == "*" and any(cluster == entry for cluster, vmid in unreached))


def _machines(lab: Entity, evidence: Evidence) -> list[Machine]:
    hosts = {one["id"]: _host(one) for one in lab.get("hosts", [])}
    guests = _guests(lab, evidence)
    machines = [*hosts.values(), *guests.values()]
    by_address = {candidate.address: host for host in hosts.values() for candidate in host.addresses}
    distributions = {one["cluster"]: {"lab_distribution": one["distribution"]} for one in lab.get("kube_clusters", [])}
    nodes: dict[tuple[str, str], Machine] = {}
    for node in lab.get("nodes", []):
        machine = guests.get(node.get("guest_id") or "") or _at(by_address, node)
        # A second node on one machine, as kind and k3d make them, is a host of its own.
        if machine is None or machine.variables.get("lab_node"):
            machine = Machine("node", node["name"], node["cluster"], node["cluster"], _copied(node, {"uuid": "lab_uuid"}), [])
            machines.append(machine)
        machine.add(node, NODE_VARIABLES, "node")
        nodes[node["cluster"], node["name"].lower()] = machine
    for controller in lab.get("controllers", []):
        machine = guests.get(controller.get("guest_id") or "") or _at(by_address, controller)
        machine = nodes.get((controller["cluster"], controller["name"].lower())) or machine
        if machine is None or machine.variables.get("lab_controller"):
            machine = Machine("controller", controller["name"], controller["cluster"], controller["cluster"], {}, [])
            machines.append(machine)
        machine.add(controller, CONTROLLER_VARIABLES, "controller")
        machine.variables.update(distributions.get(controller["cluster"], {}))
    return machines


def _at(by_address: t.Mapping[str, Machine], entity: Entity) -> Machine | None:
    """The Proxmox host that the entity runs on itself, without a guest."""
    return next((by_address[address] for address in entity["addresses"] if address in by_address), None)


def _host(host: Entity) -> Machine:
    variables = _copied(host, HOST_VARIABLES)
    if "online" in host:
        variables["lab_state"] = "online" if host["online"] else "offline"
    addresses = of_addresses([host["address"]] if "address" in host else [], "cluster_status")
    return Machine("host", host["name"], host["cluster"], host["cluster"], variables, addresses)


def _guests(lab: Entity, evidence: Evidence) -> dict[str, Machine]:
    """By their id in the model."""
    rows: dict[str, dict[str, t.Any]] = {}
    for source in evidence.of("proxmox"):
        for row in [*source.nouns.get("resources", []), *source.nouns.get("guests", [])]:
            if "vmid" in row:
                rows.setdefault(entity_id("guest", source.record.name, "", str(row["vmid"])), {}).update(row)
    return {guest["id"]: _guest(guest, rows[guest["id"]]) for guest in lab.get("guests", [])}


def _guest(guest: Entity, row: Entity) -> Machine:
    """row: of /cluster/resources, with configuration and network cards."""
    variables = _copied(guest, GUEST_VARIABLES)
    variables["lab_pool"] = row.get("pool")
    # That it is none was read; which one it is comes later.
    joins = {"node_id": "lab_node", "controller_id": "lab_controller"}
    variables.update({variable: None for field, variable in joins.items() if field in guest})
    kind = "template" if guest.get("template") else guest["kind"]
    return Machine(kind, guest["name"], str(guest["vmid"]), guest["cluster"], variables, of_guest(row))


def _copied(entity: Entity, variables: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {variable: entity[field] for field, variable in variables.items() if field in entity}


def _finish(machine: Machine, preference: t.Sequence[Network]) -> None:
    """Settle address, kind and groups, once all that is known of a machine has been added."""
    chosen = choose(machine.addresses, preference)
    machine.variables["lab_kind"] = machine.kind
    machine.variables["lab_addresses"] = sorted({candidate.address for candidate in machine.addresses})
    machine.variables["lab_address_source"] = chosen.source if chosen else "none"
    if chosen:
        machine.variables["ansible_host"] = chosen.address
    machine.groups = _groups(machine)


def _groups(machine: Machine) -> set[str]:
    variables = machine.variables
    # Templates cannot run, so nothing but their own group may select them.
    if machine.kind == "template":
        return {"kind_template"}
    groups = {f"cluster_{variables[name]}" for name in ("lab_cluster", "lab_kube_cluster") if variables.get(name)}
    if variables.get("lab_state"):
        groups.add(f"status_{variables['lab_state']}")
    if machine.kind == "host":
        groups.add("hosts")
    elif "lab_vmid" in variables:
        groups |= {"guests", f"kind_{machine.kind}", f"host_{variables['lab_host']}"}
        groups |= {f"tag_{tag}" for tag in variables.get("lab_tags", [])}
        groups |= {f"pool_{variables['lab_pool']}"} if variables["lab_pool"] else set()
    role = "controllers" if variables.get("lab_controller") else "workers" if variables.get("lab_node") else ""
    if role:
        groups |= {f"kube_{role}"} | ({f"k0s_{role}"} if variables.get("lab_distribution") == "k0s" else set())
    return {re.sub(r"\W", "_", group) for group in groups}
