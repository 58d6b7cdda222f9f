# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Joins across sources: which guest a node or controller runs in, which guest serves a volume, what a guest carries.

A match is written down wherever it is found. Where none is found the answer is null only if everything that could have
matched was read; otherwise the field is left out, because the match may be in what we did not see.
"""

from __future__ import annotations

import typing as t

from .draft import Draft, Entity, configured, known

_NOT_READ: t.Final = object()


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
    _join_guests(draft)
    _join_declared_nodes(draft)
    _join_replicas(draft)


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
    return _only([guest for guest in _machines(draft) if guest["name"].lower() == name.lower()])


def _machines(draft: Draft) -> list[Entity]:
    return [guest for guest in draft.all("guests") if not guest.get("template")]


def _only(guests: list[Entity]) -> Entity | None:
    """Two that match are no match: a wrong machine is worse than none."""
    return guests[0] if len(guests) == 1 else None


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
    # Without any cluster to look in, "not there" would be true of every machine and say nothing.
    unread = draft.unread("kubernetes", "nodes", "controlnodes") or not any(map(configured, draft.evidence.of("kubernetes")))
    live = draft.all("nodes") + draft.all("controllers")
    addresses = {address for machine in live for address in machine["addresses"]}
    names = {machine["name"].lower() for machine in live}
    for declared in draft.all("declared_nodes"):
        present = declared["address"] in addresses or declared["name"].lower() in names
        if present or not unread:
            declared["present"] = present
