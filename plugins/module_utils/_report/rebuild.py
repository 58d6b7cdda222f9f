# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""rebuild_vars.yml: the variables with which the roles k0s, metallb and longhorn build a cluster of the lab anew. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._words import listed
from .lab import Lab, Object
from .rebuild_k0s import add_k0s
from .rebuild_parts import add_parts
from .rebuild_values import Variables, to_yaml
from .text import clean

FORMAT = 1
FILE = "rebuild_vars.yml"
ABOUT = "variables with which the cluster can be built anew; needs what its last list asks for"


@dataclasses.dataclass(frozen=True)
class RebuildFile:
    """One file. unread: the sources whose absence makes it worse than one of an earlier audit, which is then to be kept."""

    name: str
    text: str
    unread: t.Sequence[str] = ()


def rebuild_files(data: Object, banner: str) -> list[RebuildFile]:
    """From lab.json: FILE; where the lab file names several Kubernetes clusters, one file for each that k0s made, and an index."""
    lab = Lab(data)
    configured = lab.configured("kubernetes")
    if len(configured) < 2:
        return [_cluster_file(lab, banner, configured[0] if configured else None, FILE)]
    files = []
    for source in configured:
        if source["state"] == "failed" or _is_k0s(_cluster(lab, source)):
            files.append(_cluster_file(lab, banner, source, f"rebuild_vars.{source['name']}.yml"))
    return [_index(lab, banner, files), *files]


def _index(lab: Lab, banner: str, files: t.Sequence[RebuildFile]) -> RebuildFile:
    variables = Variables()
    variables.put("rebuild_format", FORMAT)
    names = [file.name for file in files]
    if names:
        variables.unknown(
            "rebuild_cluster_name", f"the lab has several clusters, each with a file of its own: load {_either(names)}"
        )
    said = "This lab has several Kubernetes clusters." if names else _nothing(lab)
    return RebuildFile(FILE, to_yaml([*_banner(banner), said, *_origin(lab)], variables))


def _either(names: t.Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {listed(names)}"


def _cluster_file(lab: Lab, banner: str, source: Object | None, name: str) -> RebuildFile:
    """source: the Kubernetes source of the cluster, None when the lab file names none."""
    cluster = _cluster(lab, source)
    variables = Variables()
    variables.put("rebuild_format", FORMAT)
    failed = source is not None and source["state"] == "failed"
    if not failed and not _is_k0s(cluster):
        return RebuildFile(name, to_yaml([*_banner(banner), _nothing(lab), *_origin(lab)], variables))
    if cluster["name"]:
        variables.put("rebuild_cluster_name", cluster["name"])
    else:
        variables.unknown("rebuild_cluster_name", "no Kubernetes source told it: choose a name")
    add_k0s(variables, lab, cluster)
    add_parts(variables, lab, cluster)
    return RebuildFile(name, to_yaml([*_banner(banner), *_head(cluster), *_origin(lab)], variables), _unread(lab, source))


def _cluster(lab: Lab, source: Object | None) -> Object:
    """The cluster of a source; without one, or when it could not be read, as much as k0s hosts tell."""
    name = source["name"] if source else ""
    # With several clusters nobody knows which of them such a host belongs to.
    theirs = (name,) if len(lab.configured("kubernetes")) > 1 else (name, "")
    found = next((row for row in lab.rows("kube_clusters") if row["cluster"] == name), None)
    if found is not None:
        return found
    told = [row for row in lab.rows("controllers") if row["cluster"] in theirs and "k0s_version" in row]
    return {"name": name, "cluster": told[0]["cluster"] if told else name, **({"distribution": "k0s"} if told else {})}


def _is_k0s(cluster: Object) -> bool:
    return cluster.get("distribution") == "k0s"


def _unread(lab: Lab, source: Object | None) -> list[str]:
    """The Kubernetes source when nothing of it was read, and the k0s hosts when not one was."""
    hosts = lab.configured("k0s")
    lost = hosts if all(host["state"] == "failed" for host in hosts) else []
    return [one["id"] for one in (*([source] if source else ()), *lost) if one["state"] == "failed"]


def _banner(banner: str) -> list[str]:
    return [clean(banner)] if banner else []


def _nothing(lab: Lab) -> str:
    why = "no cluster of this lab was made with k0s" if lab.configured("kubernetes") else "this lab has no cluster"
    return f"There is nothing to rebuild: {why}."


def _head(cluster: Object) -> list[str]:
    where = f" (API server {cluster['endpoint']})" if "endpoint" in cluster else ""
    which = f"Kubernetes cluster {cluster['name']}{where}" if cluster["name"] else "Kubernetes cluster of the k0s hosts"
    return [
        f"For building the {which} anew with the roles k0s, metallb and longhorn.",
        "The new cluster is empty and has new keys. Data comes from backups, applications from the repository.",
        "A value of null is not known, and is never 'none': fill in what rebuild_missing at the end asks for.",
    ]


def _origin(lab: Lab) -> list[str]:
    return [f"Written by each audit with homelab.deepdive {lab.data['collection']} from lab.json alone. Change a copy of it."]
