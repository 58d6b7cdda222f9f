# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What a repository declares, from the evidence of one checkout: Applications, routes, guests of Terraform, documented machines."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id

# Fields of a declared guest that are left out when the code that sets them could not be resolved.
_GUEST_FIELDS = ("name", "vmid", "host", "cpu_count", "memory_bytes", "disk_bytes")
_NULLABLE = ("name", "vmid", "host")
_GATEWAY_ROUTE = "HTTPRoute"
_CHART = "Chart.yaml"
# Files that look like objects and are read by a program, never by a cluster: "apiVersion kind".
_TOOL = re.compile(
    r"(?:k0sctl\.k0sproject\.io|kind\.x-k8s\.io|k3d\.io|kustomize\.config\.k8s\.io|skaffold|backstage\.io|kubeadm\.k8s\.io"
    r"|kubelet\.config\.k8s\.io|kubeproxy\.config\.k8s\.io|kubescheduler\.config\.k8s\.io|apiserver\.(?:config\.)?k8s\.io|audit\.k8s\.io"
    r"|eksctl\.io|cli\.kyverno\.io|ctlptl\.dev|config\.k8s\.io|talos\.dev|kubeone\.k8c\.io|krew\.googlecontainertools)[/\w]*/.*"
    r"|v1alpha1 .*|v1 Config"
)


def add_declared(draft: Draft, source: SourceEvidence) -> None:
    """Add what was read; a noun that was not leaves its collection out."""
    nouns, name = source.nouns, source.record.name
    for noun, collection, build in (
        ("declared_applications", "declared_applications", _application),
        ("terraform_guests", "declared_guests", _guest),
        ("documented_machines", "documented_machines", _machine),
    ):
        if noun in nouns:
            draft.open(collection)
            for row in nouns[noun]:
                entity = build(name, row)
                # The same thing declared twice: the first place stands for both.
                if _place(entity) < _place(draft.open(collection).get(entity["id"], {})):
                    draft.add(collection, entity)
    if "declared_routes" in nouns and "manifests" in nouns:
        _add_routes(draft, name, nouns)
    if "files" in nouns and "manifests" in nouns:
        _add_folders(draft, name, nouns)


def _place(entity: Entity) -> tuple[bool, str, int]:
    return not entity, entity.get("path", ""), entity.get("line", 0)


def _base(kind: str, repository: str, name: str, row: Entity) -> Entity:
    return {"id": entity_id(kind, "", repository, name), "path": row["path"], "repository": repository}


def _application(repository: str, row: Entity) -> Entity:
    return {
        **_base("declared_application", repository, f"{row.get('namespace') or ''}/{row['name']}", row),
        "name": row["name"],
        "namespace": row.get("namespace") or None,
        "destination_namespace": (row.get("destination") or {}).get("namespace") or None,
        "sources": [
            {field: one.get(field) or None for field in ("repo_url", "path", "chart", "target_revision")}
            for one in row.get("sources") or []
        ],
    }


def _add_routes(draft: Draft, repository: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    gateway = {(row["path"], row["name"]) for row in nouns["manifests"] if row["kind"] == _GATEWAY_ROUTE}
    draft.open("declared_routes")
    for row in nouns["declared_routes"]:
        host, path = row.get("host") or None, row.get("route_path") or "/"
        draft.add(
            "declared_routes",
            {
                **_base("declared_route", repository, f"{row['path']}:{host or '*'}{path}", row),
                "kind": _GATEWAY_ROUTE if (row["path"], row["name"]) in gateway else "Ingress",
                "host": host,
                "route_path": path,
            },
        )


def _folders_above(folder: str) -> t.Iterator[str]:
    """A folder and all above it, the root as an empty text."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _guest(repository: str, row: Entity) -> Entity:
    unresolved = sorted(row.get("unresolved") or [])
    told = {field: row.get(field) for field in _GUEST_FIELDS if field not in unresolved}
    return {
        **_base("declared_guest", repository, row["address"], row),
        **{field: value for field, value in told.items() if value is not None or field in _NULLABLE},
        "line": row["line"],
        "unresolved": unresolved,
    }


def _machine(repository: str, row: Entity) -> Entity:
    return {
        **_base("documented_machine", repository, f"{row['path']}:{row['name']}", row),
        "name": row["name"],
        "address": row.get("address") or None,
        "role": row.get("role") or None,
        "line": row["line"],
    }


def _add_folders(draft: Draft, repository: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """Folders that hold Kubernetes objects, and what the files hold."""
    kinds: dict[str, list[str]] = {}
    for row in nouns["manifests"]:
        if not _TOOL.fullmatch(f"{row['apiVersion']} {row['kind']}"):
            kinds.setdefault(row["path"], []).append(row["kind"])
    charts = {posixpath.dirname(row["path"]) for row in nouns["files"] if posixpath.basename(row["path"]) == _CHART}
    files = draft.collections.get("repository_files", {})
    for row in nouns["files"]:
        found = kinds.get(row["path"], [])
        files[entity_id("file", "", repository, row["path"])].update(kinds=sorted(set(found)), manifest_count=len(found))
    hosts: dict[str, set[str]] = {}
    for row in nouns.get("declared_routes", []):
        if row.get("host"):
            hosts.setdefault(posixpath.dirname(row["path"]), set()).add(row["host"])
    counts: dict[str, int] = {}
    for path, found in kinds.items():
        folder = posixpath.dirname(path)
        counts[folder] = counts.get(folder, 0) + len(found)
    draft.open("repository_folders")
    for folder, count in counts.items():
        entity = {**_base("folder", repository, folder or ".", {"path": folder or "."}), "manifest_count": count}
        entity["in_chart"] = any(above in charts for above in _folders_above(folder))
        if "declared_routes" in nouns:
            entity["route_hosts"] = sorted(hosts.get(folder, ()))
        draft.add("repository_folders", entity)
