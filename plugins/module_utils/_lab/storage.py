# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Claims, volumes and storage classes of one Kubernetes source."""

from __future__ import annotations

import collections
import re
import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id, known
from .units import whole_quantity
from .workloads import KINDS

_WINDOWS_SHARE = re.compile(r"//([^/]+)(/.*)?")
# Kubernetes still takes the older of the two.
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
# Of iSCSI: an address, maybe in brackets, and a port.
_PORTAL = re.compile(r"\[?([^\[\]]+?)\]?(?::\d+)?")
# Fields of a PersistentVolume spec that are not its backend.
_NOT_BACKENDS = frozenset(
    (
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    )
)


def add_storage(draft: Draft, source: SourceEvidence) -> None:
    """Add what was read of claims, volumes and classes."""
    nouns, cluster = source.nouns, source.record.name
    for noun, collection, build in (
        ("persistentvolumes", "volumes", _volume),
        ("persistentvolumeclaims", "claims", _claim),
        ("storageclasses", "storage_classes", _storage_class),
    ):
        if noun in nouns:
            draft.open(collection)
            for item in nouns[noun]:
                draft.add(collection, build(cluster, item))
    _pin(draft, source)
    if all(noun in nouns for noun in KINDS):
        mounted: dict[str, list[str]] = {}
        for workload in draft.in_cluster("workloads", cluster):
            for claim in workload["claims"]:
                mounted.setdefault(claim, []).append(workload["id"])
        for one in draft.in_cluster("claims", cluster):
            one["workloads"] = mounted.get(one["id"], [])
    if "persistentvolumeclaims" in nouns:
        claims = collections.Counter(claim["storage_class"] for claim in draft.in_cluster("claims", cluster))
        for storage_class in draft.in_cluster("storage_classes", cluster):
            storage_class["claim_count"] = claims[storage_class["name"]]


def _pin(draft: Draft, source: SourceEvidence) -> None:
    """The nodes that local volumes are bound to. Drivers name a node by labels of their own, always with its name as the value."""
    nouns, cluster = source.nouns, source.record.name
    names = {node["name"]: node["id"] for node in draft.in_cluster("nodes", cluster)}
    for item in nouns.get("persistentvolumes", []):
        affinity = (item.get("spec") or {}).get("nodeAffinity") or {}
        if "nodes" in nouns or not affinity:
            volume = draft.collections["volumes"][entity_id("volume", cluster, "", item["metadata"]["name"])]
            volume["node_ids"] = sorted({names[value] for value in _affine(affinity) if value in names})


def _affine(affinity: Entity) -> t.Iterator[str]:
    for term in (affinity.get("required") or {}).get("nodeSelectorTerms") or []:
        for need in (*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ())):
            if need.get("operator") == "In":
                yield from need.get("values") or ()


def _claim(cluster: str, item: Entity) -> Entity:
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    volume = spec.get("volumeName")
    return {
        "id": entity_id("claim", cluster, metadata["namespace"], metadata["name"]),
        "name": metadata["name"],
        "cluster": cluster,
        "namespace": metadata["namespace"],
        "storage_class": spec.get("storageClassName") or None,
        "access_modes": sorted(spec.get("accessModes") or []),
        "volume_id": entity_id("volume", cluster, "", volume) if volume else None,
        **known(
            phase=status.get("phase"),
            requested_bytes=whole_quantity(((spec.get("resources") or {}).get("requests") or {}).get("storage")),
        ),
    }


def _volume(cluster: str, item: Entity) -> Entity:
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    claim = spec.get("claimRef")
    server, export = _server(spec)
    return {
        "id": entity_id("volume", cluster, "", metadata["name"]),
        "name": metadata["name"],
        "cluster": cluster,
        "storage_class": spec.get("storageClassName") or None,
        "backend": _backend(spec),
        "server": server,
        "export": export,
        "claim_id": entity_id("claim", cluster, claim["namespace"], claim["name"]) if claim else None,
        "access_modes": sorted(spec.get("accessModes") or []),
        "mount_options": list(spec.get("mountOptions") or []),
        **known(
            phase=status.get("phase"),
            capacity_bytes=whole_quantity((spec.get("capacity") or {}).get("storage")),
            reclaim_policy=spec.get("persistentVolumeReclaimPolicy"),
        ),
    }


def _backend(spec: Entity) -> str:
    if spec.get("csi"):
        return str(spec["csi"].get("driver") or "csi")
    return next((field for field in sorted(spec) if field not in _NOT_BACKENDS), "unknown")


def _server(spec: Entity) -> tuple[str | None, str | None]:
    """Server and path of a volume that comes over the network: in-tree NFS and iSCSI, and CSI drivers that name a server."""
    return _share(spec.get("nfs") or spec.get("iscsi") or (spec.get("csi") or {}).get("volumeAttributes") or {})


def _share(attributes: Entity) -> tuple[str | None, str | None]:
    server, path = attributes.get("server"), attributes.get("path") or attributes.get("share")
    shared = _WINDOWS_SHARE.fullmatch(str(attributes.get("source") or ""))
    if shared and not server:
        server, path = shared.groups()
    portal = _PORTAL.fullmatch(str(attributes.get("portal") or attributes.get("targetPortal") or ""))
    if portal and not server:
        server, path = portal[1], attributes.get("iqn")
    return (str(server), str(path) if path else None) if server else (None, None)


def _storage_class(cluster: str, item: Entity) -> Entity:
    metadata, parameters = item["metadata"], item.get("parameters") or {}
    server, export = _share(parameters)
    replicas = str(parameters.get("numberOfReplicas") or "")
    return {
        "id": entity_id("storage_class", cluster, "", metadata["name"]),
        "name": metadata["name"],
        "cluster": cluster,
        "default": any((metadata.get("annotations") or {}).get(key) == "true" for key in _DEFAULT_CLASS),
        "reclaim_policy": item.get("reclaimPolicy") or "Delete",
        "parameters": dict(sorted(parameters.items())),
        "server": server,
        "export": export,
        "replica_wanted_count": int(replicas) if replicas.isdecimal() else None,
        "binding_mode": item.get("volumeBindingMode") or "Immediate",
        "expandable": bool(item.get("allowVolumeExpansion")),
        "mount_options": list(item.get("mountOptions") or []),
        **known(provisioner=item.get("provisioner")),
    }
