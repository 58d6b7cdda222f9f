# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks of the repository against what is live."""

from __future__ import annotations

import typing as t

from ..._lab.joins import short_name
from ..lab_index import Entity, LabIndex
from ..verdicts import Check, Thresholds, Verdict

_LOCALHOST = "localhost"


def _cluster_files(repository: Entity, lab: LabIndex, thresholds: Thresholds) -> Verdict:
    """subject: a repository. Fails when its k0sctl files and the members of the cluster that they build are not the same."""
    everything = lab.beside(repository, "declared_nodes")
    if not everything:
        return Verdict("not_applicable", reason="it declares no machines of a cluster")
    # What is told of no machine of a file is another cluster's file, beside one of a cluster that is read.
    told = {one["path"] for one in everything if "present" in one}
    declared = [one for one in everything if one["path"] in told] or everything
    members = [*lab.whole("nodes"), *lab.whole("controllers")]
    ours = {member["cluster"] for member in members if any(map(_member_of(member), declared))}
    missing = [f"{one['name']} ({one['role']})" for one in declared if not _is_there(one)]
    extra = {member["name"] for member in members if member["cluster"] in ours and not any(map(_member_of(member), declared))}
    if len(extra) <= sum(one["name"] == _LOCALHOST for one in declared):
        # Those are the machines that k0sctl runs on.
        extra = set()
    if not missing and not extra:
        return Verdict("pass")
    return Verdict("fail", {"missing": missing, "extra": sorted(extra), "paths": sorted({one["path"] for one in declared})})


def _member_of(member: Entity) -> t.Callable[[Entity], bool]:
    """Whether a declared machine is this member of a cluster, by address or name."""
    names = {short_name(name) for name in (member["name"], *member["addresses"])}
    return lambda declared: short_name(declared["address"]) in names or short_name(declared["name"]) in names


def _is_there(declared: Entity) -> bool:
    """A machine that its file names only as localhost may be any of them."""
    return declared["name"] == _LOCALHOST or bool(declared["present"])


CHECKS: t.Mapping[str, Check] = {
    "cluster_files": Check(_cluster_files, shows=("missing", "extra", "paths")),
}
