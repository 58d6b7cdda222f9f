# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What a repository holds and which machines it declares, from the evidence of one checkout."""

from __future__ import annotations

import re
import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id

_DOUBLE_EXTENSION = re.compile(r"\.(?:ya?ml|json)\.(?:ya?ml|json)$", re.IGNORECASE)


def add_repository(draft: Draft, source: SourceEvidence) -> None:
    """Add the repository, its files and the machines that its k0sctl files declare."""
    nouns, name = source.nouns, source.record.name
    if "files" not in nouns:
        return
    head = next(iter(nouns.get("head", [])), {})
    draft.add(
        "repositories",
        {
            "id": entity_id("repository", name=name),
            "name": name,
            "branch": head.get("branch"),
            "file_count": len(nouns["files"]),
            "manifest_count": len(nouns.get("manifests", [])),
            **_k0sctl(nouns),
        },
    )
    draft.open("repository_files")
    for file in nouns["files"]:
        draft.add(
            "repository_files",
            {
                "id": entity_id("file", "", name, file["path"]),
                "path": file["path"],
                "repository": name,
                "double_extension": bool(_DOUBLE_EXTENSION.search(file["path"])),
            },
        )
    _add_nodes(draft, name, nouns.get("k0sctl_hosts", []))


def _add_nodes(draft: Draft, name: str, hosts: t.Iterable[Entity]) -> None:
    draft.open("declared_nodes")
    for host in hosts:
        identity = entity_id("declared_node", "", name, host["address"])
        taken = draft.collections["declared_nodes"].get(identity)
        if taken and taken["path"] != host["path"]:
            # Another file has a machine with this address: "localhost" is a different one in each.
            identity = entity_id("declared_node", "", name, f"{host['path']}:{host['address']}")
        draft.add(
            "declared_nodes",
            {
                "id": identity,
                "name": host.get("hostname") or host["address"],
                "address": host["address"],
                "role": host["role"],
                "path": host["path"],
                "repository": name,
            },
        )


def _k0sctl(nouns: t.Mapping[str, list[Entity]]) -> Entity:
    if "k0sctl_files" not in nouns:
        return {}
    return {
        "k0sctl_paths": sorted(row["path"] for row in nouns["k0sctl_files"]),
        "k0s_versions": sorted({row["k0s_version"] for row in nouns["k0sctl_files"] if row.get("k0s_version")}),
    }
