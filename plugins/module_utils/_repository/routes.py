# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Ingresses and HTTPRoutes in the files of a repository: which host and path leads to which Service."""

from __future__ import annotations

import typing as t

from .applications import texts
from .nodes import Mapping, Node, Sequence

_INGRESS = ("networking.k8s.io/", "extensions/")
_GATEWAY = "gateway.networking.k8s.io/"

Row = dict[str, t.Any]
# Host, None for all; path; name of the Service, None when it is none.
Route = tuple[t.Optional[str], str, t.Optional[str]]


def route_rows(path: str, version: str, kind: str, document: Mapping) -> list[Row]:
    """One row per rule and path, and per default backend; none for objects that are no route."""
    if kind == "Ingress" and version.startswith(_INGRESS):
        routes = _ingress(document)
    elif kind == "HTTPRoute" and version.startswith(_GATEWAY):
        routes = _http_route(document)
    else:
        return []
    identity = {
        "path": path,
        "namespace": document.text("metadata", "namespace"),
        "name": document.text("metadata", "name") or document.text("metadata", "generateName"),
    }
    return [
        {**identity, "host": host, "route_path": route_path, "kube_service_name": service} for host, route_path, service in routes
    ]


def _ingress(document: Mapping) -> list[Route]:
    routes: list[Route] = []
    for rule in _maps(document.get("spec", "rules")):
        for entry in _maps(rule.get("http", "paths")):
            routes.append((rule.text("host") or None, entry.text("path") or "/", _service(entry.get("backend"))))
    for key in ("defaultBackend", "backend"):
        backend = document.get("spec", key)
        if isinstance(backend, Mapping):
            routes.append((None, "/", _service(backend)))
    return routes


def _service(backend: Node | None) -> str | None:
    """The Service of a backend, in the form of networking.k8s.io/v1 or in the one before it."""
    if not isinstance(backend, Mapping):
        return None
    return backend.text("service", "name") or backend.text("serviceName")


def _http_route(document: Mapping) -> list[Route]:
    hosts: list[str | None] = [*texts(document.get("spec", "hostnames"))] or [None]
    rules = _maps(document.get("spec", "rules")) or [Mapping()]
    return [(host, path, _first_service(rule)) for host in hosts for rule in rules for path in _paths(rule)]


def _paths(rule: Mapping) -> list[str]:
    found = [match.text("path", "value") or "/" for match in _maps(rule.get("matches"))] or ["/"]
    return list(dict.fromkeys(found))


def _first_service(rule: Mapping) -> str | None:
    for backend in _maps(rule.get("backendRefs")):
        if (backend.text("kind") or "Service") == "Service":
            return backend.text("name")
    return None


def _maps(node: Node | None) -> list[Mapping]:
    """The maps in a list."""
    return [item for item in node.items if isinstance(item, Mapping)] if isinstance(node, Sequence) else []
