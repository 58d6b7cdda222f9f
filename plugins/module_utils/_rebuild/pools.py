# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What is wrong with address pools of MetalLB, found before anything is applied."""

from __future__ import annotations

import dataclasses
import ipaddress
import itertools
import typing as t

from .ranges import Interface, Range, RangeError, network_range, parse_range

# What a sentence calls a thing, and what it is called in the options.
_MACHINES = (
    ("node", "nodes"),
    ("gateway", "gateways"),
    ("hypervisor", "hypervisors"),
    ("NFS server", "nfs_servers"),
    ("reserved address", "reserved"),
)
_NETWORKS = (("DHCP range", "dhcp_ranges"), ("pod network", "pod_cidrs"), ("service network", "service_cidrs"))
_REMEDY = {
    "DHCP range": "take addresses that no DHCP server hands out",
    "pod network": "take addresses of the network of the nodes",
    "service network": "take addresses of the network of the nodes",
}


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What the pools must not take.

    nodes, gateways, hypervisors, nfs_servers, reserved: addresses as texts ("192.0.2.31", "192.0.2.31/24"), or mappings with
    name and address. dhcp_ranges, pod_cidrs, service_cidrs: ranges as MetalLB writes them. other_pools: pools of the cluster
    that stay, like those that are checked. service_count: Services that need an address, 0 when not known.
    same_subnet: the pools must lie in a subnet of a node, as they must without BGP; the nodes then need prefix lengths.
    """

    nodes: t.Sequence[t.Any] = ()
    gateways: t.Sequence[t.Any] = ()
    hypervisors: t.Sequence[t.Any] = ()
    nfs_servers: t.Sequence[t.Any] = ()
    reserved: t.Sequence[t.Any] = ()
    dhcp_ranges: t.Sequence[str] = ()
    pod_cidrs: t.Sequence[str] = ()
    service_cidrs: t.Sequence[str] = ()
    other_pools: t.Sequence[t.Any] = ()
    service_count: int = 0
    same_subnet: bool = True


@dataclasses.dataclass(frozen=True)
class _Machine:
    kind: str
    name: str
    interface: Interface
    has_prefix: bool

    @property
    def alone(self) -> Range:
        """The address as a range of one."""
        number = int(self.interface.ip)
        return Range(self.interface.version, number, number, str(self.interface.ip))

    @property
    def called(self) -> str:
        return f"the {self.kind} {self.name} ({self.alone.text})" if self.name else f"the {self.kind} {self.alone.text}"


@dataclasses.dataclass(frozen=True)
class _Block:
    """One entry of a pool."""

    pool: str
    range: Range

    @property
    def start(self) -> str:
        return f"cannot use {self.range.text} of pool '{self.pool}'"


def pool_problems(pools: t.Sequence[t.Any], around: Surroundings) -> list[str]:
    """Everything that is wrong, one sentence each, in the order of the pools; empty when they can be applied.

    pools: mappings with name and addresses (a list of "192.0.2.0/28" or "192.0.2.50-192.0.2.55").
    """
    blocks, problems = _blocks(pools)
    names = [block.pool for block in blocks]
    others, other_problems = _blocks([pool for pool in around.other_pools if _named(pool) not in names])
    machines, machine_problems = _machines(around)
    networks, network_problems = _networks(around)
    problems += other_problems + machine_problems + network_problems
    if blocks and around.same_subnet:
        problems += _without_prefix(machines)
    for block in blocks:
        problems += [
            *(
                f"{block.start}: it holds {one.called}; leave that address out"
                for one in machines
                if one.alone.overlaps(block.range)
            ),
            *(
                f"{block.start}: it overlaps the {kind} {net.text}; {_REMEDY[kind]}"
                for kind, net in networks
                if net.overlaps(block.range)
            ),
            *_subnet_problems(block, machines, around.same_subnet),
        ]
    problems += _overlaps(blocks, others)
    have = _address_count(blocks + others)
    if blocks and around.service_count > have:
        problems.append(
            f"cannot serve {around.service_count} Services of type LoadBalancer: the pools have "
            f"{have} {'address' if have == 1 else 'addresses'}; add {around.service_count - have} or more"
        )
    return list(dict.fromkeys(problems))


def address_count(addresses: t.Iterable[str]) -> int:
    """How many different addresses a pool has. RangeError for an entry that is no range."""
    return _address_count([_Block("", parse_range(text)) for text in addresses])


def _address_count(blocks: t.Iterable[_Block]) -> int:
    count, seen = 0, (0, -1)
    for one in sorted(block.range for block in blocks):
        start = max(one.first, seen[1] + 1) if one.version == seen[0] else one.first
        count += max(0, one.last - start + 1)
        seen = (one.version, max(one.last, seen[1]) if one.version == seen[0] else one.last)
    return count


def _named(pool: t.Any) -> str:
    return str(pool.get("name") or "") if isinstance(pool, t.Mapping) else ""


def _blocks(pools: t.Sequence[t.Any]) -> tuple[list[_Block], list[str]]:
    """The entries that are ranges, and what is wrong with the others and with the pools themselves."""
    blocks: list[_Block] = []
    problems: list[str] = []
    seen: set[str] = set()
    for number, pool in enumerate(pools, start=1):
        name = _named(pool)
        if not name:
            problems.append(f"cannot use pool number {number}: it has no name; write a mapping with name and addresses")
            continue
        if name in seen:
            problems.append(f"cannot use pool '{name}': there are two of this name; rename one, or put their addresses together")
        seen.add(name)
        entries = pool.get("addresses")
        if not isinstance(entries, (list, tuple)) or not entries:
            problems.append(f"cannot use pool '{name}': it has no list of addresses; write one, such as ['192.0.2.240/28']")
            continue
        for entry in entries:
            try:
                blocks.append(_Block(name, parse_range(_of_a_pool(str(entry)))))
            except RangeError as exc:
                problems.append(f"cannot use '{entry!s:.80}' of pool '{name}': it {exc}")
    return blocks, problems


def _of_a_pool(text: str) -> str:
    """MetalLB takes no address alone."""
    if "/" not in text and "-" not in text:
        parse_range(text)
        raise RangeError(f"is one address, which MetalLB does not take; write {text.strip()}-{text.strip()}")
    return text


def _machines(around: Surroundings) -> tuple[list[_Machine], list[str]]:
    machines: list[_Machine] = []
    problems: list[str] = []
    for kind, option in _MACHINES:
        for entry in getattr(around, option):
            name, text = ("", entry) if not isinstance(entry, t.Mapping) else (_named(entry), entry.get("address"))
            try:
                machines.append(_Machine(kind, name, ipaddress.ip_interface(str(text).strip()), "/" in str(text)))
            except ValueError:
                called = f"{kind} {name}" if name else f"a {kind}"
                problems.append(f"cannot check the pools against {called}: '{text!s:.80}' is no IP address; write its address")
    return machines, problems


def _networks(around: Surroundings) -> tuple[list[tuple[str, Range]], list[str]]:
    networks: list[tuple[str, Range]] = []
    problems: list[str] = []
    for kind, option in _NETWORKS:
        for text in getattr(around, option):
            try:
                networks.append((kind, parse_range(str(text))))
            except RangeError as exc:
                problems.append(f"cannot check the pools against a {kind}: '{text!s:.80}' {exc}")
    return networks, problems


def _without_prefix(machines: t.Iterable[_Machine]) -> list[str]:
    """Without the subnets nobody knows whether anybody hears the answers of MetalLB."""
    nodes = [one for one in machines if one.kind == "node"]
    if not nodes:
        return ["cannot check the subnet of the pools: no address of a node is known; give the addresses of the nodes"]
    return [
        f"cannot check the subnet of the pools: {one.called} has no prefix length; write its address like {one.alone.text}"
        f"/{24 if one.alone.version == 4 else 64}"
        for one in nodes
        if not one.has_prefix
    ]


def _subnet_problems(block: _Block, machines: t.Sequence[_Machine], same_subnet: bool) -> list[str]:
    """Outside of every subnet of the nodes nobody asks for the address; the first and last of a subnet are no addresses."""
    nodes = [one for one in machines if one.kind == "node" and one.has_prefix]
    subnets = sorted({network_range(one.interface) for one in nodes})
    mine = [subnet for subnet in subnets if subnet.version == block.range.version]
    problems = []
    if same_subnet and nodes and not any(block.range.inside(subnet) for subnet in mine):
        known = f"the nodes are in {' and '.join(subnet.text for subnet in subnets)}"
        problems.append(f"{block.start}: it is not inside one subnet of a node; {known}, take addresses from there")
    for subnet in mine:
        for number, what in ((subnet.first, "network address"), (subnet.last, "broadcast address")):
            # A subnet of two or one has neither, and IPv6 has no broadcast.
            real = subnet.count > 2 and (subnet.version == 4 or what == "network address")
            if real and block.range.first <= number <= block.range.last:
                address = ipaddress.ip_address(number) if subnet.version == 4 else ipaddress.IPv6Address(number)
                problems.append(f"{block.start}: it holds the {what} {address} of {subnet.text}; leave that address out")
    return problems


def _overlaps(blocks: t.Sequence[_Block], others: t.Sequence[_Block]) -> list[str]:
    pairs = itertools.chain(itertools.combinations(blocks, 2), itertools.product(blocks, others))
    return [
        f"{one.start}: it overlaps {two.range.text} of pool '{two.pool}'; give each address to one of them"
        for one, two in pairs
        if one.range.overlaps(two.range)
    ]
