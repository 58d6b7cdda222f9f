# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Joins across sources: which guest a node or controller runs in, which guest serves a volume, what a guest carries.

A match is written down wherever it is found. Where none is found the answer is null only if everything that could have
matched was read; otherwise the field is left out, because the match may be in what we did not see.
"""

from __future__ import annotations

import ipaddress
import typing as t
from functools import lru_cache

from .draft import Draft, Entity, configured, known

_NOT_READ: t.Final = object()
# A machine that is known only as the one that its file was used on.
_LOCALHOST = "localhost"


def join(draft: Draft) -> None:
    """Write the joined fields into nodes, controllers, guests, volumes, replicas and declared nodes."""
    no_guest = _NOT_READ if draft.unread("proxmox", "guests") else None
    for node in draft.all("nodes"):
        _set_guest(node, "guest_id", _guest_of_node(draft, node), no_guest)
    for controller in draft.all("controllers"):
        # A controller that is also a node is found more surely through the UUID of that node.
        nodes = [node for node in draft.in_cluster("nodes", controller["cluster"]) if node["name"] == controller["name"]]
        guest = _guest_of_node(draft, nodes[0]) if nodes else None
        guest = guest or _by_address(draft, controller["addresses"]) or _by_name(draft, controller["name"])
        _set_guest(controller, "guest_id", guest, no_guest)
    for volume in draft.all("volumes"):
        server = volume["server"]
        guest = (_by_address(draft, [server]) or _by_name(draft, server)) if server else None
        _set_guest(volume, "server_guest_id", guest, None if server is None else no_guest, host_field=None)
        _set_server_host(draft, volume)
    _join_servers_of_workloads(draft, no_guest)
    _join_guests(draft)
    _join_declared_nodes(draft)
    _join_replicas(draft)


def _set_server_host(draft: Draft, volume: Entity) -> None:
    """A Proxmox host can serve volumes, too. Guests of equal name stand before it."""
    server = volume["server"]
    host = _host_of(draft, server) if server and not volume.get("server_guest_id") else None
    if host or not server or not draft.unread("proxmox", "cluster_status"):
        volume["server_host_id"] = host["id"] if host else None


def _host_of(draft: Draft, server: str) -> Entity | None:
    wanted = short_name(server)
    return _only([host for host in draft.all("hosts") if host.get("address") == server or short_name(host["name"]) == wanted])


def _join_servers_of_workloads(draft: Draft, no_guest: object) -> None:
    """Shares that a pod mounts without a volume object."""
    unread = no_guest is _NOT_READ or draft.unread("proxmox", "cluster_status")
    for workload in draft.all("workloads"):
        found = [_by_address(draft, [one]) or _by_name(draft, one) or _host_of(draft, one) for one in workload["servers"]]
        if all(found) or not unread:
            workload["server_ids"] = sorted({one["id"] for one in found if one})


@lru_cache(maxsize=100_000)
def short_name(name: str) -> str:
    """A host name without its domain, to be compared; an address stays as it is."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower().partition(".")[0]


def _set_guest(entity: Entity, field: str, guest: Entity | None, otherwise: object, host_field: str | None = "host_id") -> None:
    if guest is None and otherwise is _NOT_READ:
        return
    entity[field] = guest["id"] if guest else None
    if host_field:
        entity[host_field] = guest["host_id"] if guest else None


def _guest_of_node(draft: Draft, node: Entity) -> Entity | None:
    """By UUID, which survives renames; then by address, then by name."""
    by_uuid = [guest for guest in _machines(draft) if node["uuid"] and guest.get("uuid") == node["uuid"]]
    return _only(by_uuid) or _by_address(draft, node["addresses"]) or _by_name(draft, node["name"])


def _by_address(draft: Draft, addresses: t.Sequence[str]) -> Entity | None:
    return _only([guest for guest in _machines(draft) if set(guest.get("addresses", ())) & set(addresses)])


def _by_name(draft: Draft, name: str) -> Entity | None:
    """With its domain or without: which of the two a source tells is chance."""
    same = [guest for guest in _machines(draft) if short_name(guest["name"]) == short_name(name)]
    return _only([guest for guest in same if guest["name"].lower() == name.lower()]) or _only(same)


def _machines(draft: Draft) -> list[Entity]:
    return [guest for guest in draft.all("guests") if not guest.get("template")]


def _only(found: list[Entity]) -> Entity | None:
    """Two that match are no match: a wrong machine is worse than none."""
    return found[0] if len(found) == 1 else None


def _join_replicas(draft: Draft) -> None:
    """What is below the node of a replica; nothing is below no node."""
    nodes = draft.collections.get("nodes", {})
    for replica in draft.all("replicas"):
        below = nodes.get(replica["node_id"], {}) if replica["node_id"] else {"guest_id": None, "host_id": None}
        replica.update({field: below[field] for field in ("guest_id", "host_id") if field in below})


def _join_guests(draft: Draft) -> None:
    nothing = _NOT_READ if draft.unread("kubernetes", "nodes", "controlnodes", "persistentvolumes") else None
    backs = {
        "node_id": {node.get("guest_id"): node["id"] for node in draft.all("nodes")},
        "controller_id": {controller.get("guest_id"): controller["id"] for controller in draft.all("controllers")},
    }
    servers = {volume.get("server_guest_id") for volume in draft.all("volumes")}
    for guest in draft.all("guests"):
        for field, ids in backs.items():
            if guest["id"] in ids or nothing is None:
                guest[field] = ids.get(guest["id"])
        carries = known(
            control_plane=guest.get("controller_id"),
            node=guest.get("node_id"),
            storage=guest["id"] if guest["id"] in servers else None,
        )
        if carries or nothing is None:
            guest["carries"] = sorted(carries)


def _join_declared_nodes(draft: Draft) -> None:
    """Beside a file with live machines, one without any builds a cluster that is not read: of that one nothing is told."""
    # Without any cluster to look in, "not there" would be true of every machine and say nothing.
    unread = draft.unread("kubernetes", "nodes", "controlnodes") or not any(map(configured, draft.evidence.of("kubernetes")))
    live = draft.all("nodes") + draft.all("controllers")
    known_as = {address for machine in live for address in machine["addresses"]} | {short_name(machine["name"]) for machine in live}
    files: dict[tuple[str, str], list[Entity]] = {}
    for declared in draft.all("declared_nodes"):
        files.setdefault((declared["repository"], declared["path"]), []).append(declared)
    found = {place: any(_is_live(one, known_as) for one in members) for place, members in files.items()}
    for place, members in files.items():
        ours = found[place] or not any(found.values())
        for declared in members:
            present = _is_live(declared, known_as)
            nameless = declared["name"] == declared["address"] == _LOCALHOST
            if present or (ours and not unread and not nameless):
                declared["present"] = present


def _is_live(declared: Entity, known_as: t.Container[str]) -> bool:
    return any(declared[field] in known_as or short_name(declared[field]) in known_as for field in ("address", "name"))
