# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What k0s hosts know of themselves, added to the controllers and nodes that the API told of."""

from __future__ import annotations

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, configured, entity_id, known


def add_k0s_host(draft: Draft, source: SourceEvidence) -> None:
    """Add to the controller with the name of this host, or add the controller when no API told of it; to a node as well.

    A host belongs to the cluster whose controller or node has its name; a controller, with one cluster only, to that one. Where
    those of several clusters have its name, nobody knows which of them it is, and nothing is added. A cluster that could not be
    read counts as well.
    """
    nouns, name = source.nouns, source.record.name
    status = next(iter(nouns.get("status", [])), {})
    if status.get("Role") == "worker":
        nodes = [one for one in draft.all("nodes") if one["name"].lower() == name.lower()]
        if len(nodes) == 1:
            nodes[0].update(_started(status))
    if status.get("Role") != "controller":
        return
    named = [one for one in draft.all("controllers") if one["name"].lower() == name.lower()]
    if len(named) > 1:
        return
    controller = named[0] if named else None
    if controller is None:
        controller = draft.add("controllers", _alone(draft, name))
    expiries = sorted(certificate["not_after"] for certificate in nouns.get("certificates", []))
    controller.update(
        _started(status),
        **known(
            runs_workloads=status.get("Workloads"),
            k0s_config=next(iter(nouns.get("config", [])), None),
            certificate_expiry=expiries[0] if expiries else None,
        ),
    )


def _alone(draft: Draft, name: str) -> Entity:
    """A controller that no API told of. Whether it is a node as well is known where the nodes of its cluster are."""
    entries = [one.record.name for one in draft.evidence.of("kubernetes") if configured(one)]
    clusters = draft.all("kube_clusters")
    cluster = clusters[0] if len(entries) == 1 and clusters else {"name": ""}
    nodes = {node["name"].lower(): node["id"] for node in draft.in_cluster("nodes", cluster["name"])}
    return {
        "id": entity_id("controller", cluster["name"], "", name),
        "name": name,
        "cluster": cluster["name"],
        "addresses": [],
        **({"node_id": nodes.get(name.lower())} if "node_count" in cluster else {}),
    }


def _started(status: Entity) -> Entity:
    """Version and arguments; the first word of a command line is the path of the program."""
    return known(k0s_version=status.get("Version"), config_args=list(status["Args"][1:]) if status.get("Args") else None)
