# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""From an evidence folder to the model of the lab: a pure function, field by field as docs/docsite/rst/model.rst says."""

from __future__ import annotations

import typing as t

from .._evidence.folder import Evidence, SourceEvidence
from .cluster import add_cluster
from .declared import add_declared
from .draft import Draft
from .edges import edges
from .format import FORMAT
from .gitops import add_applications, join_applications
from .joins import join
from .k0s import add_k0s_host
from .load_balancer import add_pools
from .longhorn import add_longhorn
from .network import add_network
from .parts import add_parts
from .proxmox import add_proxmox
from .repository import add_repository
from .repository_joins import join_repositories
from .services import add_services
from .sources import coverage, requests, sources
from .storage import add_storage
from .usage import add_usage
from .workloads import add_workloads, count_workloads

_Builder = t.Callable[[Draft, SourceEvidence], None]
_OBJECTS: tuple[_Builder, ...] = (add_cluster, add_workloads, add_network, add_storage, count_workloads)
# Each of these adds to what the objects above are.
_PARTS: tuple[_Builder, ...] = (add_parts, add_pools, add_longhorn, add_usage, add_applications)
# Kubernetes before k0s: a host adds to the controllers that its cluster told of.
_BUILDERS: t.Sequence[tuple[str, tuple[_Builder, ...]]] = (
    ("proxmox", (add_proxmox,)),
    ("kubernetes", (*_OBJECTS, *_PARTS)),
    ("k0s", (add_k0s_host,)),
    ("repository", (add_repository, add_declared)),
)


def build_lab(evidence: Evidence) -> dict[str, t.Any]:
    """lab.json as a dict."""
    draft = Draft(evidence)
    for kind, builders in _BUILDERS:
        for source in evidence.of(kind):
            for build in builders:
                build(draft, source)
    join(draft)
    join_applications(draft)
    join_repositories(draft)
    add_services(draft)
    return {
        "format": FORMAT,
        "collected": evidence.started,
        "collection": evidence.collection,
        "sources": sources(evidence),
        "coverage": coverage(evidence),
        **{name: draft.all(name) for name in sorted(draft.collections)},
        "edges": edges(draft),
        "requests": requests(evidence),
    }
