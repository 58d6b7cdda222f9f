# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which of the addresses of a machine Ansible should connect to, and why. No I/O.

A guest agent tells every address inside of a guest, those of container networks and bridges included; only those of the network
cards that Proxmox VE gave the guest lead to it from outside, and their MAC addresses tell which they are.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ..module_utils._errors import ConfigError

# What told an address, the most trustworthy first: the machine itself, its configuration, its cluster.
SOURCES = ("agent", "container", "cluster_status", "cloud_init", "container_config", "node", "controller")

_CARD = re.compile(r"net(\d+)")
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
_SETTING = re.compile(r"(?:net|ipconfig)(\d+)")
_STATIC = re.compile(r"\bip6?=([0-9A-Fa-f.:]+)/\d+")

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Row = t.Mapping[str, t.Any]


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
    config, container = row.get("config") or {}, row.get("type") == "lxc"
    live, written = ("container", "container_config") if container else ("agent", "cloud_init")
    found = []
    for key, value in config.items():
        card, setting = _CARD.fullmatch(key), _SETTING.fullmatch(key)
        if card:
            macs = set(_MAC.findall(str(value).upper()))
            cards = [one for one in row.get("interfaces") or [] if str(one.get("mac") or "").upper() in macs]
            found += [Candidate(str(address), live, int(card[1])) for one in cards for address in one.get("addresses") or []]
        if setting:
            found += [Candidate(address, written, int(setting[1])) for address in _STATIC.findall(str(value))]
    return [candidate for candidate in found if _leads_there(candidate.address)]


def of_addresses(addresses: t.Iterable[str], source: str) -> list[Candidate]:
    """Candidates from a plain list; source: of SOURCES."""
    return [Candidate(address, source) for address in addresses if _leads_there(address)]


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


def _leads_there(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast)
