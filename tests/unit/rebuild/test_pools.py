# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address pools: everything that makes one unusable, in exact words, and what makes none so."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.pools import Surroundings, address_count, pool_problems
from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.ranges import Range, RangeError, parse_range

NODES = [{"name": "worker-1", "address": "192.0.2.31/24"}, {"name": "worker-2", "address": "192.0.2.32/24"}]
AROUND: dict[str, t.Any] = {
    "nodes": NODES,
    "gateways": ["192.0.2.1"],
    "hypervisors": [{"name": "pve-1", "address": "192.0.2.11"}],
    "nfs_servers": [{"name": "nas", "address": "192.0.2.20"}],
    "dhcp_ranges": ["192.0.2.100-192.0.2.149"],
    "pod_cidrs": ["10.244.0.0/16"],
    "service_cidrs": ["10.96.0.0/12"],
}
DUAL = [{"name": "worker-1", "address": "192.0.2.31/24"}, {"name": "worker-1", "address": "2001:db8::31/64"}]
NO_RANGE = "is no range of addresses; write 192.0.2.240/28 or 192.0.2.240-192.0.2.250"


def pool(*addresses: t.Any, name: str = "lab") -> dict[str, t.Any]:
    return {"name": name, "addresses": list(addresses)}


def problems(*pools: t.Any, **changes: t.Any) -> list[str]:
    """What is wrong with the pools in the usual surroundings, changed."""
    return pool_problems(pools, Surroundings(**{**AROUND, **changes}))


@pytest.mark.parametrize(
    ("addresses", "changes"),
    [
        (["192.0.2.240-192.0.2.245"], {}),
        (["192.0.2.240 - 192.0.2.245"], {}),
        (["192.0.2.240/29", "192.0.2.248-192.0.2.250"], {}),
        (["192.0.2.240/32"], {}),
        (["192.0.2.150-192.0.2.150"], {}),
        (["192.0.2.240/29", "2001:db8::f0-2001:db8::ff"], {"nodes": DUAL}),
        (["2001:DB8::f0/124"], {"nodes": DUAL}),
        (["198.51.100.0/24"], {"same_subnet": False, "nodes": ["192.0.2.31"]}),
        (["192.0.2.240/29"], {"nodes": [*NODES, "198.51.100.7/24"]}),
        (["192.0.2.240/29"], {"other_pools": [pool("192.0.2.240/28"), pool("192.0.2.230-192.0.2.239", name="else")]}),
        (["192.0.2.240-192.0.2.245"], {"service_count": 6}),
        # A subnet of two has no broadcast address.
        (["192.0.2.30/31"], {"nodes": ["192.0.2.29/24", "192.0.2.30/31"], "same_subnet": False, "reserved": []}),
    ],
)
def test_pools_that_work(addresses: list[str], changes: dict[str, t.Any]) -> None:
    found = problems(pool(*addresses), **changes)
    # The last case holds its node, and nothing else is said of it.
    assert found in ([], ["cannot use 192.0.2.30/31 of pool 'lab': it holds the node 192.0.2.30; leave that address out"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("192.0.2.245-192.0.2.240", "cannot use '{}' of pool 'lab': it ends before it starts; write 192.0.2.240-192.0.2.245"),
        ("192.0.2.240-2001:db8::1", "cannot use '{}' of pool 'lab': it mixes IPv4 and IPv6; write a range for each"),
        (
            "192.0.2.242/28",
            "cannot use '{}' of pool 'lab': it does not start where a network starts; "
            "write 192.0.2.240/28, or a range with - between two addresses",
        ),
        (
            "192.0.2.240",
            "cannot use '{}' of pool 'lab': it is one address, which MetalLB does not take; write 192.0.2.240-192.0.2.240",
        ),
        ("", f"cannot use '{{}}' of pool 'lab': it {NO_RANGE}"),
        ("192.0.2.240/33", f"cannot use '{{}}' of pool 'lab': it {NO_RANGE}"),
        ("192.0.2.240-250", f"cannot use '{{}}' of pool 'lab': it {NO_RANGE}"),
        ("192.0.2.240-192.0.2.250-192.0.2.251", f"cannot use '{{}}' of pool 'lab': it {NO_RANGE}"),
        ("lab.example/28", f"cannot use '{{}}' of pool 'lab': it {NO_RANGE}"),
        ("fe80::1%eth0-fe80::2%eth0", f"cannot use '{{}}' of pool 'lab': it {NO_RANGE}"),
        ("192.0.2.31-192.0.2.31", "cannot use {} of pool 'lab': it holds the node worker-1 (192.0.2.31); leave that address out"),
        (
            "192.0.2.0-192.0.2.0",
            "cannot use {} of pool 'lab': it holds the network address 192.0.2.0 of 192.0.2.0/24; leave that address out",
        ),
        (
            "192.0.2.254/31",
            "cannot use {} of pool 'lab': it holds the broadcast address 192.0.2.255 of 192.0.2.0/24; leave that address out",
        ),
        ("192.0.2.1-192.0.2.2", "cannot use {} of pool 'lab': it holds the gateway 192.0.2.1; leave that address out"),
        (
            "192.0.2.11-192.0.2.12",
            "cannot use {} of pool 'lab': it holds the hypervisor pve-1 (192.0.2.11); leave that address out",
        ),
        ("192.0.2.19-192.0.2.20", "cannot use {} of pool 'lab': it holds the NFS server nas (192.0.2.20); leave that address out"),
        (
            "192.0.2.149-192.0.2.151",
            "cannot use {} of pool 'lab': it overlaps the DHCP range 192.0.2.100-192.0.2.149; "
            "take addresses that no DHCP server hands out",
        ),
        (
            "198.51.100.0/28",
            "cannot use {} of pool 'lab': it is not inside one subnet of a node; "
            "the nodes are in 192.0.2.0/24, take addresses from there",
        ),
        (
            "192.0.3.0-192.0.3.9",
            "cannot use {} of pool 'lab': it is not inside one subnet of a node; "
            "the nodes are in 192.0.2.0/24, take addresses from there",
        ),
        (
            "2001:db8::f0/124",
            "cannot use {} of pool 'lab': it is not inside one subnet of a node; "
            "the nodes are in 192.0.2.0/24, take addresses from there",
        ),
    ],
)
def test_one_thing_wrong_with_an_entry(entry: str, message: str) -> None:
    assert problems(pool(entry)) == [message.format(entry)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "10.244.7.0/24",
            "cannot use {} of pool 'lab': it overlaps the pod network 10.244.0.0/16; take addresses of the network of the nodes",
        ),
        (
            "10.100.0.0/24",
            "cannot use {} of pool 'lab': it overlaps the service network 10.96.0.0/12; take addresses of the network of the nodes",
        ),
    ],
)
def test_networks_of_the_cluster(entry: str, message: str) -> None:
    assert problems(pool(entry), same_subnet=False) == [message.format(entry)]


@pytest.mark.parametrize(
    ("pools", "changes", "messages"),
    [
        (
            [{"addresses": ["192.0.2.240/29"]}],
            {},
            ["cannot use pool number 1: it has no name; write a mapping with name and addresses"],
        ),
        (["192.0.2.240/29"], {}, ["cannot use pool number 1: it has no name; write a mapping with name and addresses"]),
        ([pool()], {}, ["cannot use pool 'lab': it has no list of addresses; write one, such as ['192.0.2.240/28']"]),
        (
            [{"name": "lab", "addresses": "192.0.2.240/29"}],
            {},
            ["cannot use pool 'lab': it has no list of addresses; write one, such as ['192.0.2.240/28']"],
        ),
        (
            [pool("192.0.2.240/29"), pool("192.0.2.248/30")],
            {},
            ["cannot use pool 'lab': there are two of this name; rename one, or put their addresses together"],
        ),
        (
            [pool("192.0.2.240/29", "192.0.2.247-192.0.2.248")],
            {},
            [
                "cannot use 192.0.2.240/29 of pool 'lab': it overlaps 192.0.2.247-192.0.2.248 of pool 'lab'; "
                "give each address to one of them"
            ],
        ),
        (
            [pool("192.0.2.240/29"), pool("192.0.2.240/30", name="b")],
            {},
            ["cannot use 192.0.2.240/29 of pool 'lab': it overlaps 192.0.2.240/30 of pool 'b'; give each address to one of them"],
        ),
        (
            [pool("192.0.2.240/29")],
            {"other_pools": [pool("192.0.2.247-192.0.2.250", name="old")]},
            [
                "cannot use 192.0.2.240/29 of pool 'lab': it overlaps 192.0.2.247-192.0.2.250 of pool 'old'; "
                "give each address to one of them"
            ],
        ),
        (
            [pool("192.0.2.240/30")],
            {"service_count": 6},
            ["cannot serve 6 Services of type LoadBalancer: the pools have 4 addresses; add 2 or more"],
        ),
        (
            [pool("192.0.2.240/32")],
            {"service_count": 2},
            ["cannot serve 2 Services of type LoadBalancer: the pools have 1 address; add 1 or more"],
        ),
        (
            [pool("192.0.2.240/29")],
            {"nodes": [{"name": "worker-1", "address": "192.0.2.31"}, "2001:db8::31", "192.0.2.32/24"]},
            [
                "cannot check the subnet of the pools: the node worker-1 (192.0.2.31) has no prefix length; "
                "write its address like 192.0.2.31/24",
                "cannot check the subnet of the pools: the node 2001:db8::31 has no prefix length; "
                "write its address like 2001:db8::31/64",
            ],
        ),
        (
            [pool("192.0.2.240/29")],
            {"nodes": []},
            ["cannot check the subnet of the pools: no address of a node is known; give the addresses of the nodes"],
        ),
        (
            [pool("192.0.2.240/29")],
            {"gateways": ["router.lan"], "hypervisors": [{"name": "pve-1"}], "dhcp_ranges": ["some"]},
            [
                "cannot check the pools against a gateway: 'router.lan' is no IP address; write its address",
                "cannot check the pools against hypervisor pve-1: 'None' is no IP address; write its address",
                f"cannot check the pools against a DHCP range: 'some' {NO_RANGE}",
            ],
        ),
        ([], {"nodes": []}, []),
    ],
)
def test_problems(pools: list[t.Any], changes: dict[str, t.Any], messages: list[str]) -> None:
    assert problems(*pools, **changes) == messages


def test_everything_is_told_at_once() -> None:
    found = problems(pool("nonsense", "192.0.2.0/24"), pool("192.0.2.150-192.0.2.160", name="b"))
    assert len(found) == 10
    for word in (
        "nonsense",
        "worker-1",
        "worker-2",
        "gateway",
        "pve-1",
        "nas",
        "DHCP",
        "network address",
        "broadcast",
        "of pool 'b'",
    ):
        assert sum(word in one for one in found) == 1, word


def test_a_range_over_two_subnets_of_nodes() -> None:
    nodes = ["192.0.2.31/25", "192.0.2.200/25"]
    found = problems(pool("192.0.2.120-192.0.2.130"), nodes=nodes, dhcp_ranges=[])
    assert found[0].endswith("the nodes are in 192.0.2.0/25 and 192.0.2.128/25, take addresses from there")


def test_only_nodes_have_a_subnet_for_pools() -> None:
    found = problems(pool("198.51.100.16/28"), gateways=["198.51.100.1/24"])
    assert found == [
        "cannot use 198.51.100.16/28 of pool 'lab': it is not inside one subnet of a node; "
        "the nodes are in 192.0.2.0/24, take addresses from there"
    ]


def test_ipv6_has_a_network_address_and_no_broadcast_address() -> None:
    nodes = ["2001:db8::31/120"]
    assert problems(pool("2001:db8::f0/124"), nodes=nodes) == []
    assert problems(pool("2001:db8::/126"), nodes=nodes) == [
        "cannot use 2001:db8::/126 of pool 'lab': it holds the network address 2001:db8:: of 2001:db8::/120; leave that address out"
    ]


def test_address_count() -> None:
    assert address_count([]) == 0
    assert address_count(["192.0.2.240/29", "192.0.2.244-192.0.2.250", "192.0.2.245/32", "2001:db8::/64"]) == 11 + 2**64
    with pytest.raises(RangeError):
        address_count(["x"])


numbers = st.integers(0, 255)
ranges = st.tuples(numbers, numbers).map(lambda two: (min(two), max(two)))


def text_of(first: int, last: int, version: int) -> str:
    prefix = "192.0.2.{}" if version == 4 else "2001:db8::{:x}"
    return f"{prefix.format(first)}-{prefix.format(last)}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(entries=st.lists(st.tuples(ranges, st.sampled_from([4, 6])), max_size=6))
def test_counting_is_like_a_set(entries: list[tuple[tuple[int, int], int]]) -> None:
    expected = {(version, number) for (first, last), version in entries for number in range(first, last + 1)}
    assert address_count([text_of(*two, version) for two, version in entries]) == len(expected)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(one=ranges, two=ranges, node=numbers, version=st.sampled_from([4, 6]))
def test_relations_are_like_those_of_sets(one: tuple[int, int], two: tuple[int, int], node: int, version: int) -> None:
    left, right = parse_range(text_of(*one, version)), parse_range(text_of(*two, version))
    first, second = set(range(one[0], one[1] + 1)), set(range(two[0], two[1] + 1))
    assert left.overlaps(right) == right.overlaps(left) == bool(first & second)
    assert left.inside(right) == (first <= second)
    assert left.count == len(first)
    address = text_of(node, node, version).partition("-")[0]
    around = Surroundings(nodes=[address], same_subnet=False)
    assert bool(pool_problems([pool(left.text)], around)) == (node in first)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(address=st.ip_addresses(), length=st.integers(0, 128))
def test_a_network_is_the_range_of_its_addresses(address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int) -> None:
    network = ipaddress.ip_network((address, min(length, address.max_prefixlen)), strict=False)
    assert parse_range(str(network)) == parse_range(f"{network[0]}-{network[-1]}")
    assert parse_range(str(network)) == Range(network.version, int(network[0]), int(network[-1]), "")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    found = problems(pool(text), gateways=[text], dhcp_ranges=[text])
    assert found and all(one.startswith("cannot ") and "; " in one for one in found)
