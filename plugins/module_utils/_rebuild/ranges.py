# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Ranges of addresses as MetalLB writes them, and what they have in common."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Interface = t.Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]


class RangeError(ValueError):
    """A text is no range. The message completes a sentence about it: "<text> <message>"."""


@dataclasses.dataclass(frozen=True, order=True)
class Range:
    """All addresses from the first to the last, both included, as numbers; of IP version 4 or 6. text: as it was written."""

    version: int
    first: int
    last: int
    text: str = dataclasses.field(compare=False)

    @property
    def count(self) -> int:
        """How many addresses there are."""
        return self.last - self.first + 1

    def overlaps(self, other: Range) -> bool:
        """Whether there is an address in both."""
        return self.version == other.version and self.first <= other.last and other.first <= self.last

    def inside(self, other: Range) -> bool:
        """Whether the other has every address of this one."""
        return self.version == other.version and other.first <= self.first and self.last <= other.last


def parse_range(text: str) -> Range:
    """ "192.0.2.0/28", "192.0.2.50-192.0.2.55", one address, or an IPv6 form of these; RangeError for anything else."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if dash:
        start, end = _address(first), _address(last)
        if start.version != end.version:
            raise RangeError("mixes IPv4 and IPv6; write a range for each")
        if int(start) > int(end):
            raise RangeError(f"ends before it starts; write {end}-{start}")
        return Range(start.version, int(start), int(end), text.strip())
    if "/" not in first:
        alone = _address(first)
        return Range(alone.version, int(alone), int(alone), first)
    try:
        network = ipaddress.ip_interface(first).network
    except ValueError:
        raise RangeError("is no range of addresses; write 192.0.2.240/28 or 192.0.2.240-192.0.2.250") from None
    if _address(first.split("/", maxsplit=1)[0]) != network.network_address:
        # MetalLB would hand out the addresses before it too.
        raise RangeError(f"does not start where a network starts; write {network}, or a range with - between two addresses")
    return Range(network.version, int(network.network_address), int(network.broadcast_address), first)


def network_range(interface: Interface) -> Range:
    """The subnet of an address with a prefix length."""
    network = interface.network
    return Range(network.version, int(network.network_address), int(network.broadcast_address), str(network))


def _address(text: str) -> Address:
    try:
        # A zone (fe80::1%eth0) belongs to one machine; MetalLB takes none.
        return ipaddress.ip_address(text.replace("%", "no zones"))
    except ValueError:
        raise RangeError("is no range of addresses; write 192.0.2.240/28 or 192.0.2.240-192.0.2.250") from None
