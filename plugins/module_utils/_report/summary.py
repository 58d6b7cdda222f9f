# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 1: the executive summary, one fact a sentence, and what is not part of this lab. Pure, and plain text as the verdict."""

from __future__ import annotations

import typing as t

from .._words import listed
from .gitops import ABSENT as ABSENT_ARGOCD
from .lab import Lab, no_source, plain_names
from .network import ABSENT_POOLS
from .storage import ABSENT_LONGHORN, STATE, claim_row, data_paths
from .text import UNKNOWN, clean
from .usage import judgement
from .verdict import (
    claim_sentence,
    cluster_sentence,
    gitops_sentence,
    health_sentence,
    repository_sentence,
    service_sentence,
    substrate_sentence,
)
from .words import count, gib

_MOST_SERVICES = 15


def summary(lab: Lab) -> list[str]:
    """The sentences of section 1."""
    sentences = [
        health_sentence(lab),
        substrate_sentence(lab),
        *_hosts(lab),
        cluster_sentence(lab),
        service_sentence(lab),
        *_services(lab),
        *_clusters(lab),
        *_controllers(lab),
        gitops_sentence(lab),
        *_sources(lab),
        *_pools(lab),
        claim_sentence(lab),
        *_data(lab),
        judgement(lab),
        repository_sentence(lab),
        *_absent(lab),
    ]
    return [sentence for sentence in sentences if sentence]


def _hosts(lab: Lab) -> t.Iterator[str]:
    for host in lab.rows("hosts"):
        guests = [lab.name(identity) for identity in host.get("guests", ()) if not lab.find(identity).get("template")]
        if guests:
            yield f"{lab.full_name(host, 'proxmox')} carries {plain_names(guests)}."


def _clusters(lab: Lab) -> t.Iterator[str]:
    for cluster in lab.rows("kube_clusters"):
        if "endpoint" in cluster:
            yield f"The API of {clean(cluster['name'])} answers at {clean(cluster['endpoint'])}."


def _controllers(lab: Lab) -> t.Iterator[str]:
    only = [lab.full_name(row, "kubernetes") for row in lab.rows("controllers") if row.get("runs_workloads") is False]
    if only:
        are = "is a controller only, and runs" if len(only) == 1 else "are controllers only, and run"
        yield f"{plain_names(only)} {are} no workloads."


def _sources(lab: Lab) -> t.Iterator[str]:
    """Where Argo CD takes things from."""
    applications = lab.rows("applications")
    if not applications or not all("sources" in row for row in applications):
        return
    charts = sum(any(source.get("chart") for source in row["sources"]) for row in applications)
    folders = sum(any(source.get("path") for source in row["sources"]) for row in applications)
    told = [f"{charts} {'uses a Helm chart' if charts == 1 else 'use Helm charts'}"] if charts else []
    told += [f"{folders} {'reads a folder' if folders == 1 else 'read folders'} of Git"] if folders else []
    if told:
        yield f"Of the applications, {listed(told)}."


def _pools(lab: Lab) -> t.Iterator[str]:
    for pool in lab.rows("ip_pools"):
        counted = "used_count" in pool and "address_count" in pool
        used = f", {pool['used_count']} of {count(pool['address_count'], 'address', 'addresses')} in use" if counted else ""
        ranges = "unknown addresses"
        if "ranges" in pool:
            ranges = listed([clean(text) for text in pool["ranges"]]) or "no addresses"
        yield f"MetalLB{lab.of_cluster(pool, 'kubernetes')} gives out {ranges}{used}."


def _data(lab: Lab) -> t.Iterator[str]:
    """Where state lies, and where bulk data."""
    for path in data_paths([claim_row(lab, claim) for claim in lab.rows("claims")]):
        what = ("State" if path["use"] == STATE else "Bulk data") + lab.of_cluster(path, "kubernetes")
        amount = f", {gib(path['requested_bytes'])}" if "requested_bytes" in path else ""
        export = clean(path.get("export", UNKNOWN) or "")
        place = f"{clean(path['server'])}:{export}" if path.get("server") else clean(path["backend"])
        of_class = f" (class {clean(path['storage_class'])})" if path.get("storage_class") else ""
        yield f"{what} lies on {place}{of_class}: {count(path['claim_count'], 'claim')}{amount}."


def _services(lab: Lab) -> t.Iterator[str]:
    services = lab.rows("services")
    if services:
        names = sorted({lab.full_name(service, "kubernetes") for service in services})
        yield f"The {'service is' if len(names) == 1 else 'services are'} {plain_names(names, _MOST_SERVICES)}."


def _absent(lab: Lab) -> t.Iterator[str]:
    for source in ("proxmox", "kubernetes", "repository"):
        if not lab.configured(source):
            yield no_source(source)
    absent = {"argocd": ABSENT_ARGOCD, "metallb": ABSENT_POOLS, "longhorn": ABSENT_LONGHORN}
    yield from (sentence for part, sentence in absent.items() if lab.lacks(part))
