# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 10: what the repository says, beside what is there."""

from __future__ import annotations

import dataclasses
import typing as t

from .judged import Findings
from .lab import Lab, Object, Part, Section, pick
from .structure import linked

# Subsections by name: title, and the rules whose findings stand there. Other findings on the repository and on Argo CD come last.
_TOPICS: t.Mapping[str, tuple[str, t.Sequence[str]]] = {
    "names": ("Names", ("NODE-007",)),
    "machines": ("Machines", ("NODE-005", "NODE-006", "REPO-001", "REPO-002", "REPO-003", "REPO-004", "REPO-005")),
    "drift": ("Drift", ("ARGO-001", "ARGO-002", "ARGO-003", "MON-009")),
    "files": ("Files", ("REPO-006", "REPO-007", "REPO-017")),
    "destinations": ("Destinations of Applications", ("ARGO-010",)),
    "hosts": ("Host names", ("DNS-006", "REPO-014")),
    "folders": ("Files and folders that nothing reads", ("ARGO-009",)),
    "other": ("Other findings", ()),
}
_NO_ROUTES = "The repository declares no host names."
_ABOUT_REPOSITORY = ("REPO-", "ARGO-")


@dataclasses.dataclass(frozen=True)
class Topic:
    """What the rules say on one subject. undecided, passed: ids of rules, sorted."""

    name: str
    title: str
    fails: t.Sequence[Object]
    undecided: t.Sequence[str]
    passed: t.Sequence[str]


def topics(findings: Findings) -> list[Topic]:
    """The subsections of section 10; the last one only when it has something to tell."""
    placed = {rule for title, rules in _TOPICS.values() for rule in rules}
    others = sorted({result["rule"] for result in findings.of("fail") if result["rule"].startswith(_ABOUT_REPOSITORY)} - placed)
    found = [_topic(findings, name, title, rules or others) for name, (title, rules) in _TOPICS.items()]
    return [topic for topic in found if topic.name != "other" or topic.fails]


def comparison(lab: Lab) -> Section:
    """The facts beside the findings of section 10."""
    return Section(
        {
            "repositories": lab.part("repositories", "repositories", [_repository(lab, row) for row in lab.rows("repositories")]),
            "machines": lab.part("declared_nodes", "machines that are not there", _machines(lab)),
            "applications": lab.part("declared_applications", "declared applications", _applications(lab)),
            "hosts": _host_part(lab),
            "folders": lab.part("repository_folders", "folders that nothing reads", _unread_folders(lab)),
            "files": lab.part("repository_files", "files with two extensions", _files(lab)),
        }
    )


def _host_part(lab: Lab) -> Part:
    """Host names of the repository that no cluster has. Where the routes of the clusters were not read, nothing can be said."""
    rows = _hosts(lab)
    same = "Every host name of the repository is also in a cluster." if lab.rows("declared_routes") else _NO_ROUTES
    part = lab.part("declared_routes", "host names", rows, empty=same)
    if rows or part.state in ("unread", "not_configured") or not any("live" not in row for row in lab.rows("declared_routes")):
        return part
    return dataclasses.replace(part, state="partial", lacking="Whether the host names of the repository are live is unknown.")


def _machines(lab: Lab) -> list[dict[str, t.Any]]:
    """Machines of k0sctl files and documents that no source knows; those of which that is unknown are not among them."""
    fields = ("id", "name", "address", "role", "path", "line", "repository")
    told = [*lab.rows("declared_nodes"), *lab.rows("documented_machines")]
    return [pick(row, *fields) for row in told if row.get("present") is False]


def _topic(findings: Findings, name: str, title: str, rules: t.Sequence[str]) -> Topic:
    outcomes = {
        outcome: sorted({result["rule"] for result in findings.of(outcome) if result["rule"] in rules})
        for outcome in ("unknown", "pass")
    }
    return Topic(name, title, findings.found(*rules), outcomes["unknown"], outcomes["pass"])


def _repository(lab: Lab, row: Object) -> dict[str, t.Any]:
    """A repository with the versions of k0s that it names, beside those that run."""
    fields = (
        *("id", "name", "branch", "file_count", "manifest_count", "k0sctl_paths", "k0s_versions"),
        *("route_hosts_only_here", "route_hosts_only_live"),
    )
    clusters = lab.rows("kube_clusters")
    running = {"running_versions": sorted({one["version"] for one in clusters if one.get("distribution") == "k0s"})}
    return {**pick(row, *fields), **(running if clusters else {})}


def _applications(lab: Lab) -> list[dict[str, t.Any]]:
    """Declared Applications that Argo CD does not have, or whose own namespace is not where their children go."""
    rows = []
    for row in lab.rows("declared_applications"):
        children = row.get("child_namespaces") or []
        differs = bool(children) and row.get("destination_namespace") not in children
        if differs or row.get("application_id", ...) is None:
            fields = ("id", "name", "namespace", "path", "repository", "destination_namespace", "child_namespaces")
            rows.append({**pick(row, *fields), "destination_differs": differs, **linked(lab, row, application="application_id")})
    return rows


def _unread_folders(lab: Lab) -> list[dict[str, t.Any]]:
    fields = ("id", "path", "repository", "manifest_count", "route_hosts")
    return [pick(row, *fields) for row in lab.rows("repository_folders") if row.get("read_by") == [] and row.get("manifest_count")]


def _files(lab: Lab) -> list[dict[str, t.Any]]:
    fields = ("id", "path", "repository", "kinds", "manifest_count")
    return [
        {**pick(row, *fields), **_reader_names(lab, row)} for row in lab.rows("repository_files") if row.get("double_extension")
    ]


def _hosts(lab: Lab) -> list[dict[str, t.Any]]:
    """Routes of the repository that no cluster has. Those of which that is unknown are not among them."""
    fields = ("id", "host", "route_path", "path", "repository", "read_by")
    rows = [pick(row, *fields) for row in lab.rows("declared_routes") if row.get("live") is False]
    return [{**row, **_reader_names(lab, row)} for row in rows]


def _reader_names(lab: Lab, row: Object) -> dict[str, t.Any]:
    """read_by with names instead of ids; nothing when it was not read."""
    return {"read_by": [lab.name(identity) for identity in row["read_by"]]} if "read_by" in row else {}
