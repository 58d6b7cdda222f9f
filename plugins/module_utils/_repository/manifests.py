# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the YAML and JSON files of a repository hold: Kubernetes objects, among them Applications and routes; files of Kustomize and
k0sctl."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._evidence.gaps import Gap
from .._evidence.redaction import Redactor
from .applications import application_row, is_application, is_kustomization, kustomization_row
from .nodes import Mapping, Node, Scalar, Sequence
from .routes import route_rows

# Files of tools that look like Kubernetes objects and are none.
_TOOLS = ("kustomize.config.k8s.io/", "k0sctl.k0sproject.io/")
_K0SCTL = "k0sctl.k0sproject.io/"
_VARIABLE = re.compile(r"\$(?:(?P<bare>\w+)|\{(?P<name>\w+)(?::?-(?P<default>[^}]*))?\})")

Row = dict[str, t.Any]


@dataclasses.dataclass
class Found:
    """What the documents of files hold."""

    manifests: list[Row] = dataclasses.field(default_factory=list)
    applications: list[Row] = dataclasses.field(default_factory=list)
    routes: list[Row] = dataclasses.field(default_factory=list)
    kustomizations: list[Row] = dataclasses.field(default_factory=list)
    clusters: list[Row] = dataclasses.field(default_factory=list)
    hosts: list[Row] = dataclasses.field(default_factory=list)
    gaps: list[Gap] = dataclasses.field(default_factory=list)


def add_documents(found: Found, path: str, documents: t.Sequence[Node], redactor: Redactor) -> None:
    """Add what one file holds. path: as evidence shows it."""
    for index, document in enumerate(documents):
        if not isinstance(document, Mapping):
            continue
        if (document.text("apiVersion") or "").startswith(_K0SCTL):
            _add_cluster(found, path, document)
            _add_hosts(found, path, document)
        elif is_kustomization(path, document):
            found.kustomizations.append(kustomization_row(path, document, redactor))
        else:
            _add_objects(found, path, index, document, redactor)


def _add_objects(found: Found, path: str, index: int, document: Mapping, redactor: Redactor) -> None:
    """One object, or the objects of a list."""
    version, kind = document.text("apiVersion"), document.text("kind")
    if not version or not kind or "{{" in version + kind or version.startswith(_TOOLS):
        return
    items = document.get("items")
    if kind.endswith("List") and isinstance(items, Sequence):
        for item in items.items:
            # A list in a list is not followed, so that a list that holds itself ends.
            if isinstance(item, Mapping) and not (item.text("kind") or "").endswith("List"):
                _add_objects(found, path, index, item, redactor)
        return
    name = document.text("metadata", "name") or document.text("metadata", "generateName")
    if name:
        namespace = document.text("metadata", "namespace")
        found.manifests.append(
            {"path": path, "index": index, "apiVersion": version, "kind": kind, "namespace": namespace, "name": name}
        )
        found.routes += route_rows(path, version, kind, document)
        if is_application(version, kind):
            found.applications.append(application_row(path, document, redactor))


def _add_cluster(found: Found, path: str, document: Mapping) -> None:
    """The cluster that a k0sctl file describes."""
    version = _resolved(document.text("spec", "k0s", "version"))
    found.clusters.append({"path": path, "k0s_version": version, "cluster_name": document.text("metadata", "name")})


def _add_hosts(found: Found, path: str, document: Mapping) -> None:
    """The machines that a k0sctl file declares, without those that it is about to remove."""
    hosts = document.get("spec", "hosts")
    for number, host in enumerate(hosts.items if isinstance(hosts, Sequence) else [], start=1):
        if not isinstance(host, Mapping) or host.text("reset") == "true":
            continue
        row = {
            "path": path,
            "role": _resolved(host.text("role")),
            "address": _resolved(_address(host)),
            "hostname": _resolved(host.text("hostname")),
        }
        if row["role"] and row["address"]:
            found.hosts.append(row)
        else:
            detail = (
                f"cannot tell address and role of host {number} in {path}: the file does not say, or leaves it to the environment"
            )
            found.gaps.append(Gap(f"k0sctl_hosts/{path}", "unsupported", detail, "write them into the file"))


def _address(host: Mapping) -> str | None:
    """Where k0sctl connects to; a host that is the machine k0sctl runs on is known by its own names only."""
    for connection in ("ssh", "openSSH", "winRM"):
        address = host.text(connection, "address")
        if address:
            return address
    if isinstance(host.get("localhost"), (Mapping, Scalar)):
        return host.text("privateAddress") or host.text("hostname") or "localhost"
    return None


def _resolved(value: str | None) -> str | None:
    """The text with the defaults of its variables, as k0sctl puts them in; None when one has no default."""
    if value is None:
        return None
    if any(match["default"] is None for match in _VARIABLE.finditer(value)):
        return None
    return _VARIABLE.sub(lambda match: match["default"], value)
