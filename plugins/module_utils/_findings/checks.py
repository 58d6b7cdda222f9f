# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks that JMESPath cannot say: small pure functions that a rule names with ``check``.

A check gets the subject, the lab and the thresholds of the rule, and returns a Verdict. What it touches that was not read
raises NotReadError, which makes the outcome unknown. Lists in ``show`` are sorted.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .lab_index import Entity, LabIndex


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a check found. show: values for the message, only with fail. reason: a few words, only with not_applicable."""

    outcome: t.Literal["fail", "pass", "not_applicable"]
    show: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Check:
    """A registered check. shows: names that it adds to show. thresholds: names that its rule must define."""

    judge: t.Callable[[Entity, LabIndex, t.Mapping[str, float]], Verdict]
    shows: tuple[str, ...] = ()
    thresholds: tuple[str, ...] = ()


def _default_storage_classes(cluster: Entity, lab: LabIndex, thresholds: t.Mapping[str, float]) -> Verdict:
    """subject: a Kubernetes cluster. Fails unless exactly one of its storage classes is the default."""
    classes = lab.beside(cluster, "storage_classes")
    if not classes:
        return Verdict("not_applicable", reason="the cluster has no storage classes")
    defaults = [storage_class["name"] for storage_class in classes if storage_class["default"]]
    if len(defaults) == 1:
        return Verdict("pass")
    return Verdict("fail", {"classes": [storage_class["name"] for storage_class in classes], "defaults": defaults})


def _services_on_one_server(cluster: Entity, lab: LabIndex, thresholds: t.Mapping[str, float]) -> Verdict:
    """subject: a Kubernetes cluster. Fails when one storage server carries volumes of at least threshold ``services`` services."""
    users: dict[str, set[str]] = {}
    for volume in lab.beside(cluster, "volumes"):
        if volume["server"] is not None:
            users.setdefault(volume["server"], set())
    if not users:
        return Verdict("not_applicable", reason="no volume comes from a server on the network")
    for service in lab.beside(cluster, "services"):
        for volume_id in service["volumes"]:
            server = lab.ref(volume_id)["server"]
            if server is not None:
                users[server].add(service["name"])
    crowded = {server: names for server, names in users.items() if len(names) >= thresholds["services"]}
    if not crowded:
        return Verdict("pass")
    return Verdict("fail", {"servers": sorted(crowded), "services": sorted(set().union(*crowded.values()))})


def _refused_requests(source: Entity, lab: LabIndex, thresholds: t.Mapping[str, float]) -> Verdict:
    """subject: a source. Fails when the guard refused to send a request to it."""
    rows = [row for row in lab.requests if f"{row['source']}/{row['name']}" == source.id and row["refused_count"] > 0]
    if not rows:
        return Verdict("pass")
    return Verdict(
        "fail",
        {
            "refused_count": sum(row["refused_count"] for row in rows),
            "requests": sorted({f"{row['verb']} {row['endpoint']}" for row in rows}),
        },
    )


CHECKS: t.Mapping[str, Check] = {
    "default_storage_classes": Check(_default_storage_classes, shows=("classes", "defaults")),
    "refused_requests": Check(_refused_requests, shows=("refused_count", "requests")),
    "services_on_one_server": Check(_services_on_one_server, shows=("servers", "services"), thresholds=("services",)),
}
