# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which well known parts a cluster has, in which version, and how busy it is."""

from __future__ import annotations

import re
import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id
from .events import add_event_counts
from .workloads import KINDS, runs

Workload = t.Mapping[str, t.Any]

_GROUPS = {"argoproj.io": "argocd", "longhorn.io": "longhorn", "metallb.io": "metallb", "metrics.k8s.io": "metrics"}
# Name of a workload and image without registry and tag, of the controller whose image has the version of the part.
_CONTROLLERS: t.Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "argocd": (re.compile(r".*application-controller"), re.compile(r".*argo-?cd")),
    "longhorn": (re.compile(r".*"), re.compile(r".*longhorn-manager")),
    "metallb": (re.compile(r".*"), re.compile(r".*metallb[/-](?:controller|speaker)")),
}
# Tasks keep the image that they were made with.
_CONTROLLER_NOUNS = ("deployments", "statefulsets", "daemonsets")


def add_parts(draft: Draft, source: SourceEvidence) -> None:
    """Add parts, versions and counts to the cluster of one source."""
    nouns, name = source.nouns, source.record.name
    cluster = draft.collections.get("kube_clusters", {}).get(entity_id("kube_cluster", name, "", name))
    if cluster is None:
        return
    if "api_groups" in nouns:
        cluster["parts"] = sorted({_GROUPS[group["name"]] for group in nouns["api_groups"] if group.get("name") in _GROUPS})
    if "pods" in nouns:
        cluster["pod_count"] = sum(map(runs, nouns["pods"]))
    if "events" in nouns:
        add_event_counts(draft, cluster, nouns["events"])
    for field, version in _versions(draft.in_cluster("workloads", name)).items():
        if version or all(noun in nouns for noun in _CONTROLLER_NOUNS):
            cluster[field] = version


def image_tag(image: str) -> str | None:
    """The tag of an image; None when it has none."""
    return image.partition("@")[0].rsplit("/", 1)[-1].partition(":")[2] or None


def controllers_of(part: str, workloads: t.Iterable[Workload]) -> t.Iterator[tuple[Workload, str | None]]:
    """The workloads that are the controllers of argocd, longhorn or metallb, each with the version in the tag of its image."""
    names, images = _CONTROLLERS[part]
    kinds = [KINDS[noun] for noun in _CONTROLLER_NOUNS]
    for workload in workloads:
        for image in workload["images"] if workload["kind"] in kinds and names.fullmatch(workload["name"]) else ():
            tag = image_tag(image)
            bare = image.partition("@")[0]
            if images.fullmatch(bare[: -len(tag) - 1] if tag else bare):
                yield workload, tag


def _versions(workloads: t.Sequence[Entity]) -> dict[str, str | None]:
    return {
        f"{part}_version": next((tag for workload, tag in controllers_of(part, workloads) if tag), None) for part in _CONTROLLERS
    }
