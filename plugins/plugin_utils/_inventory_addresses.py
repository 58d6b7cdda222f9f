# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which of the addresses of a machine Ansible should connect to, and why. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ..module_utils._errors import ConfigError
from ..module_utils._lab.addresses import Row, addresses_of, leads_there

# What told an address, the most trustworthy first: the machine itself, its configuration, its cluster.
SOURCES = ("agent", "container", "cluster_status", "cloud_init", "container_config", "node", "controller")

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One address. source: of SOURCES. card: number of the network card, 0 where there is none."""

    address: str
    source: str
    card: int = 0


def networks(texts: t.Sequence[str], file: str) -> list[Network]:
    """The option address_preference; ConfigError for what is no network."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(str(text)))
        except ValueError:
            raise ConfigError(
                f"{file}: address_preference: '{text}' is no network; write it with its length, such as 192.0.2.0/24 or ::/0"
            ) from None
    return found


def of_guest(row: Row) -> list[Candidate]:
    """Candidates of a guest from its evidence: {type, config, interfaces}."""
    live, written = ("container", "container_config") if row.get("type") == "lxc" else ("agent", "cloud_init")
    found = addresses_of(row.get("config") or {}, row.get("interfaces"))
    return [Candidate(told.address, written if told.written else live, told.card) for told in found]


def of_addresses(addresses: t.Iterable[str], source: str) -> list[Candidate]:
    """Candidates from a plain list; source: of SOURCES."""
    return [Candidate(address, source) for address in addresses if leads_there(address)]


def choose(candidates: t.Sequence[Candidate], preference: t.Sequence[Network]) -> Candidate | None:
    """The best candidate; None when there is none.

    Preferred networks come first, then what told the address, then the first network card. A card may have several, such as one
    that a load balancer moves between machines: one that something else tells of, too, is the machine's own. Then IPv4.
    """

    def order(candidate: Candidate) -> tuple[int | bool, ...]:
        address = ipaddress.ip_address(candidate.address)
        wanted = next((place for place, network in enumerate(preference) if address in network), len(preference))
        alone = len({other.source for other in candidates if other.address == candidate.address}) == 1
        return (wanted, SOURCES.index(candidate.source), candidate.card, alone, address.version, int(address))

    return min(candidates, key=order, default=None)
