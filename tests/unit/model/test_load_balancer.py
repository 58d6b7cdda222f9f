# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MetalLB pools and the Services that use their addresses."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, by_name, kubernetes, lab, named


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"addresses": ["192.0.2.50-192.0.2.55"]}, 6),
        ({"addresses": ["192.0.2.50 - 192.0.2.50"]}, 1),
        ({"addresses": ["192.0.2.0/28"]}, 16),
        ({"addresses": ["192.0.2.7/28"]}, 16),
        ({"addresses": ["192.0.2.0/28", "192.0.2.8-192.0.2.20", "192.0.2.30/32"]}, 22),
        ({"addresses": ["192.0.2.0/24"], "avoidBuggyIPs": True}, 254),
        ({"addresses": ["192.0.2.250-192.0.3.5"], "avoidBuggyIPs": True}, 10),
        ({"addresses": ["192.0.2.255/32"], "avoidBuggyIPs": True}, 0),
        ({"addresses": ["2001:db8::/64"]}, 2**64),
        ({"addresses": ["2001:db8::1-2001:db8::ff"], "avoidBuggyIPs": True}, 255),
        ({"addresses": ["192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "nonsense"]}, 0),
        ({}, 0),
    ],
)
def test_addresses_of_a_pool(spec: Item, count: int) -> None:
    pool = lab(kubernetes(ipaddresspools=[named("p", spec=spec)]))["ip_pools"][0]
    assert (pool["address_count"], pool["free_count"], pool["used"]) == (count, count, [])


def balancer(name: str, *addresses: str, kind: str = "LoadBalancer", **metadata: t.Any) -> Item:
    """A Service with these addresses."""
    ingress = [{"ip": address} for address in addresses]
    return {
        "metadata": {"name": name, "namespace": "default", **metadata},
        "spec": {"type": kind, "loadBalancerIP": "192.0.2.99"},
        "status": {"loadBalancer": {"ingress": ingress}},
    }


def test_services_use_addresses_of_a_pool() -> None:
    services = [
        balancer("a", "192.0.2.51"),
        balancer("b", "192.0.2.50", "2001:db8::1"),
        balancer("shared", "192.0.2.50"),
        balancer("elsewhere", "198.51.100.1"),
        balancer("named", "host.test"),
        balancer("inside", "192.0.2.52", kind="ClusterIP"),
    ]
    pools = [
        named("four", spec={"addresses": ["192.0.2.50-192.0.2.55"], "autoAssign": False}),
        named("six", spec={"addresses": ["2001:db8::/120"]}),
    ]
    model = lab(kubernetes(services=services, ipaddresspools=pools))
    four = by_name(model["ip_pools"], "four")
    assert (four["used"], four["used_count"], four["free_count"], four["auto_assign"]) == (
        ["192.0.2.50", "192.0.2.51"],
        2,
        4,
        False,
    )
    assert by_name(model["ip_pools"], "six")["used"] == ["2001:db8::1"]
    of = {service["name"]: service["pool_id"] for service in model["kube_services"]}
    first = "ip_pool/lab/system/four"
    assert of == {"a": first, "b": first, "shared": first, "elsewhere": None, "named": None, "inside": None}
    assert not {"used", "used_count", "free_count"} & set(lab(kubernetes(ipaddresspools=pools, unread="services"))["ip_pools"][0])
    assert "pool_id" not in lab(kubernetes(services=services, unread="ipaddresspools"))["kube_services"][0]


@pytest.mark.parametrize(
    ("metadata", "asked"),
    [
        ({}, "192.0.2.99"),
        ({"annotations": {"metallb.universe.tf/loadBalancerIPs": "192.0.2.52"}}, "192.0.2.52"),
        ({"annotations": {"metallb.io/loadBalancerIPs": "192.0.2.53"}}, "192.0.2.53"),
    ],
)
def test_the_address_that_a_service_asks_for(metadata: Item, asked: str) -> None:
    assert lab(kubernetes(services=[balancer("a", **metadata)]))["kube_services"][0]["requested_address"] == asked


@pytest.mark.parametrize(
    ("spec", "advertises"),
    [
        ({}, True),
        ({"ipAddressPools": ["p"]}, True),
        ({"ipAddressPools": ["q"]}, False),
        ({"ipAddressPoolSelectors": [{"matchLabels": {"zone": "a"}}]}, True),
        ({"ipAddressPoolSelectors": [{"matchLabels": {"zone": "b"}}]}, False),
        ({"ipAddressPools": ["q"], "ipAddressPoolSelectors": [{"matchLabels": {"zone": "a"}}]}, True),
        ({"ipAddressPoolSelectors": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}]}, True),
        ({"ipAddressPoolSelectors": [{"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}]}, False),
        ({"ipAddressPoolSelectors": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]}, True),
        ({"ipAddressPoolSelectors": [{"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}]}, False),
    ],
)
def test_what_makes_a_pool_known(spec: Item, advertises: bool) -> None:
    pool = {"metadata": {"name": "p", "namespace": "system", "labels": {"zone": "a"}}, "spec": {"addresses": ["192.0.2.1/32"]}}
    nouns = {"ipaddresspools": [pool], "l2advertisements": [named("l2", spec=spec), named("away", "other")]}
    found = lab(kubernetes(**nouns, bgpadvertisements=[named("bgp", spec=spec)]))["ip_pools"][0]
    assert found["advertised_by"] == (["BGPAdvertisement bgp", "L2Advertisement l2"] if advertises else [])
    assert "advertised_by" not in lab(kubernetes(**nouns, unread="bgpadvertisements"))["ip_pools"][0]


def test_a_pool_tells_what_it_is_for() -> None:
    allocation = {"priority": 10, "namespaces": ["media"]}
    plain, full = named("a", spec={}), named("b", spec={"avoidBuggyIPs": True, "serviceAllocation": allocation})
    found = lab(kubernetes(ipaddresspools=[plain, full]))["ip_pools"]
    fields = ("avoid_buggy_addresses", "service_allocation")
    assert [[pool[field] for field in fields] for pool in found] == [[False, None], [True, allocation]]


def test_advertisements_of_a_cluster() -> None:
    nouns = {"l2advertisements": [named("l", spec={"interfaces": ["eth0"]})], "bgpadvertisements": [named("b")]}
    assert lab(kubernetes(**nouns))["kube_clusters"][0]["metallb_advertisements"] == [
        {"kind": "L2Advertisement", "namespace": "system", "name": "l", "spec": {"interfaces": ["eth0"]}},
        {"kind": "BGPAdvertisement", "namespace": "system", "name": "b", "spec": {}},
    ]
    assert "metallb_advertisements" not in lab(kubernetes(unread="l2advertisements", **nouns))["kube_clusters"][0]
    assert lab(kubernetes())["kube_clusters"][0]["metallb_advertisements"] == []
