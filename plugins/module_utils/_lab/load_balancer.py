# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""MetalLB address pools of one Kubernetes source: how many addresses they have, and which of them Services use."""

from __future__ import annotations

import ipaddress
import typing as t

from .._evidence.folder import SourceEvidence
from .draft import Draft, Entity, entity_id

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
# IP version, first and last address as numbers.
_Range = tuple[int, int, int]

_ADVERTISEMENTS = (("l2advertisements", "L2Advertisement"), ("bgpadvertisements", "BGPAdvertisement"))


def add_pools(draft: Draft, source: SourceEvidence) -> None:
    """Add the pools, and to each Service the pool of its address."""
    nouns, cluster = source.nouns, source.record.name
    if "ipaddresspools" not in nouns:
        return
    draft.open("ip_pools")
    kube_cluster = draft.collections.get("kube_clusters", {}).get(entity_id("kube_cluster", cluster, "", cluster))
    if kube_cluster is not None and all(noun in nouns for noun, _kind in _ADVERTISEMENTS):
        kube_cluster["metallb_advertisements"] = [
            _advertisement(kind, one) for noun, kind in _ADVERTISEMENTS for one in nouns[noun]
        ]
    services = draft.in_cluster("kube_services", cluster)
    for service in services:
        service["pool_id"] = None
    for item in nouns["ipaddresspools"]:
        pool = draft.add("ip_pools", _pool(cluster, item, nouns))
        if "services" in nouns:
            _use(pool, _ranges(item), services)


def _pool(cluster: str, item: Entity, nouns: t.Mapping[str, list[Entity]]) -> Entity:
    metadata, spec = item["metadata"], item.get("spec") or {}
    pool = {
        "id": entity_id("ip_pool", cluster, metadata["namespace"], metadata["name"]),
        "name": metadata["name"],
        "cluster": cluster,
        "namespace": metadata["namespace"],
        "ranges": sorted(spec.get("addresses") or []),
        "auto_assign": spec.get("autoAssign") is not False,
        "avoid_buggy_addresses": bool(spec.get("avoidBuggyIPs")),
        "service_allocation": spec.get("serviceAllocation") or None,
        "address_count": sum(last - first + 1 for _version, first, last in _ranges(item)),
    }
    if all(noun in nouns for noun, _kind in _ADVERTISEMENTS):
        pool["advertised_by"] = sorted(
            f"{kind} {one['metadata']['name']}" for noun, kind in _ADVERTISEMENTS for one in nouns[noun] if _advertises(one, item)
        )
    return pool


def _advertisement(kind: str, item: Entity) -> Entity:
    metadata = item["metadata"]
    return {"kind": kind, "namespace": metadata["namespace"], "name": metadata["name"], "spec": item.get("spec") or {}}


def _use(pool: Entity, ranges: t.Sequence[_Range], services: t.Iterable[Entity]) -> None:
    used: set[Address] = set()
    for service in services:
        if service["type"] == "LoadBalancer":
            inside = [address for address in map(_address, service["addresses"]) if address and _inside(address, ranges)]
            used.update(inside)
            # With an IPv4 and an IPv6 address it may be in two: the first by id.
            if inside:
                service["pool_id"] = min(pool["id"], service["pool_id"] or pool["id"])
    pool["used"] = [str(address) for address in sorted(used, key=lambda address: (address.version, int(address)))]
    pool["used_count"] = len(used)
    pool["free_count"] = pool["address_count"] - len(used)


def _ranges(item: Entity) -> list[_Range]:
    """The ranges of a pool without overlaps. MetalLB leaves out first and last addresses of a /24 when it is told to."""
    spec = item.get("spec") or {}
    parsed = sorted(found for text in spec.get("addresses") or [] if (found := _range(str(text))))
    if spec.get("avoidBuggyIPs"):
        parsed = [part for one in parsed for part in _without_buggy(one)]
    merged: list[_Range] = []
    for version, first, last in parsed:
        if merged and merged[-1][0] == version and first <= merged[-1][2]:
            merged[-1] = (version, merged[-1][1], max(last, merged[-1][2]))
        else:
            merged.append((version, first, last))
    return merged


def _range(text: str) -> _Range | None:
    """ "192.0.2.50-192.0.2.55", "192.0.2.0/28" or an IPv6 form of either; None for what is none."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            start, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
            return (start.version, int(start), int(end)) if start.version == end.version and int(start) <= int(end) else None
        network = ipaddress.ip_network(first, strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.broadcast_address)


def _without_buggy(one: _Range) -> list[_Range]:
    """Some old devices cannot reach .0 and .255."""
    version, first, last = one
    if version != 4:
        return [one]
    parts, start = [], first
    for block in range(first // 256, last // 256 + 1):
        for bad in (block * 256, block * 256 + 255):
            if first <= bad <= last:
                if start < bad:
                    parts.append((version, start, bad - 1))
                start = bad + 1
    return [*parts, (version, start, last)] if start <= last else parts


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _inside(address: Address, ranges: t.Sequence[_Range]) -> bool:
    return any(version == address.version and first <= int(address) <= last for version, first, last in ranges)


def _advertises(advertisement: Entity, pool: Entity) -> bool:
    """One that names no pool at all is for every pool of its namespace."""
    spec = advertisement.get("spec") or {}
    if advertisement["metadata"].get("namespace") != pool["metadata"].get("namespace"):
        return False
    names, selectors = spec.get("ipAddressPools") or [], spec.get("ipAddressPoolSelectors") or []
    if not names and not selectors:
        return True
    return pool["metadata"]["name"] in names or any(_selects(one, pool["metadata"].get("labels") or {}) for one in selectors)


def _selects(selector: Entity, labels: t.Mapping[str, str]) -> bool:
    """A label selector as Kubernetes defines it."""
    for need in selector.get("matchExpressions") or []:
        key, operator, values = need.get("key"), need.get("operator"), need.get("values") or []
        met = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not met.get(operator, False):
            return False
    return (selector.get("matchLabels") or {}).items() <= labels.items()
