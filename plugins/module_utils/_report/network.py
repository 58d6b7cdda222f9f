# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 6: addresses that the cluster gives out, host names, and DNS services."""

from __future__ import annotations

import typing as t

from .lab import Lab, Object, Part, Section, pick

ABSENT_POOLS = "MetalLB is not installed."

_DNS_PORT = 53
_NO_DNS = "No Service answers on the DNS port, beside the DNS of the cluster itself."
# Where distributions keep the resolver of the cluster itself.
_OWN_DNS_NAMESPACE = "kube-system"
_SERVICE_FIELDS = (
    *("id", "name", "cluster", "namespace", "type", "addresses", "requested_address", "external_traffic_policy", "ports"),
    "ready_endpoint_count",
)


def network(lab: Lab) -> Section:
    """Section 6."""
    services = lab.rows("kube_services")
    reached = [row for row in services if row.get("type") == "LoadBalancer"]
    resolvers = [row for row in services if _is_dns(row)]
    known = all("routes" in row for row in lab.rows("services")) and lab.state("services") != "unread"
    of_route = {identity: row["name"] for row in lab.rows("services") for identity in row["routes"]} if known else None
    no_dns = _NO_DNS if all("ports" in row for row in services) else "Which Services answer on the DNS port is unknown."
    return Section(
        {
            "ip_pools": _pools(lab),
            "load_balancers": lab.part("kube_services", "Services of type LoadBalancer", [_service(row) for row in reached]),
            "routes": lab.part("routes", "routes", [_route(row, of_route) for row in _by_host(lab.rows("routes"))]),
            "dns": lab.part("kube_services", "DNS services", [_service(row) for row in resolvers], empty=no_dns),
        }
    )


def _pools(lab: Lab) -> Part:
    fields = (
        *("id", "name", "cluster", "namespace", "ranges", "auto_assign", "address_count", "used", "used_count", "free_count"),
        "advertised_by",
    )
    part = lab.part("ip_pools", "address pools of MetalLB", [pick(row, *fields) for row in lab.rows("ip_pools")])
    if lab.lacks("metallb") and not part.rows and part.state in ("read", "partial"):
        return Part(part.state, (), (), ABSENT_POOLS)
    return part


def _service(row: Object) -> dict[str, t.Any]:
    pool = {"pool": row["pool_id"] and row["pool_id"].rsplit("/", 1)[-1]} if "pool_id" in row else {}
    return {**pick(row, *_SERVICE_FIELDS), **pool}


def _is_dns(row: Object) -> bool:
    return row["namespace"] != _OWN_DNS_NAMESPACE and any(port.get("port") == _DNS_PORT for port in row.get("ports", ()))


def _by_host(routes: t.Sequence[Object]) -> list[Object]:
    """By host name; what takes every host name comes last."""
    return sorted(routes, key=lambda row: (row["host"] is None, row["host"] or "", row["path"], row["id"]))


def _route(row: Object, of_route: t.Mapping[str, str] | None) -> dict[str, t.Any]:
    """A route with the Service behind it, and the service that a person knows it as; null when it is part of none.

    of_route: the name of the service by id of a route; None when that was not read.
    """
    fields = (
        "id",
        "cluster",
        "namespace",
        "host",
        "path",
        "tls",
        "addresses",
        "port",
        "kube_service_exists",
        "ready_endpoint_count",
    )
    backend = (
        {"kube_service": row["kube_service_id"] and row["kube_service_id"].rsplit("/", 1)[-1]} if "kube_service_id" in row else {}
    )
    return {**pick(row, *fields), **backend, **({} if of_route is None else {"service": of_route.get(row["id"])})}
