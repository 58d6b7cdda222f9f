# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""From an evidence folder to the model of the lab: a pure function, field by field as docs/docsite/rst/model.rst says."""

from __future__ import annotations

import typing as t

from .._evidence.folder import Evidence, SourceEvidence
from .cluster import add_cluster
from .draft import Draft
from .edges import edges
from .format import FORMAT
from .joins import join
from .k0s import add_k0s_host
from .network import add_network
from .proxmox import add_proxmox
from .repository import add_repository
from .services import add_services
from .sources import coverage, requests, sources
from .storage import add_storage
from .workloads import add_workloads, count_workloads

# Kubernetes before k0s: a host adds to the controllers that its cluster told of.
_BUILDERS: t.Sequence[tuple[str, tuple[t.Callable[[Draft, SourceEvidence], None], ...]]] = (
    ("proxmox", (add_proxmox,)),
    ("kubernetes", (add_cluster, add_workloads, add_network, add_storage, count_workloads)),
    ("k0s", (add_k0s_host,)),
    ("repository", (add_repository,)),
)


def build_lab(evidence: Evidence) -> dict[str, t.Any]:
    """lab.json as a dict."""
    draft = Draft(evidence)
    for kind, builders in _BUILDERS:
        for source in evidence.of(kind):
            for build in builders:
                build(draft, source)
    join(draft)
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
