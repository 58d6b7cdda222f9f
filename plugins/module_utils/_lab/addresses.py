# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which addresses lead to a guest, from what Proxmox VE and the guest itself say.

A guest agent tells every address inside of a guest, those of container networks and bridges included; only those of the network
cards that Proxmox VE gave the guest lead to it from outside, and their MAC addresses tell which they are.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

_CARD = re.compile(r"net(\d+)")
_SETTING = re.compile(r"(?:net|ipconfig)(\d+)")
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")
_STATIC = re.compile(r"\bip6?=([0-9A-Fa-f.:]+)/\d+")

Row = t.Mapping[str, t.Any]


class Told(t.NamedTuple):
    """An address of one network card. written: it stands in the configuration, whether the guest uses it or not."""

    address: str
    card: int
    written: bool


def macs(config: Row) -> dict[str, int]:
    """MAC address in capitals to the number of its network card."""
    cards = ((match, value) for key, value in config.items() if (match := _CARD.fullmatch(key)))
    return {mac: int(match[1]) for match, value in cards for mac in _MAC.findall(str(value).upper())}


def addresses_of(config: Row, interfaces: t.Iterable[Row] | None) -> list[Told]:
    """Addresses that lead to a guest. interfaces: [{mac, addresses}] as told from inside; None when nothing told them."""
    cards = macs(config)
    inside = ((cards.get(str(one.get("mac") or "").upper()), one.get("addresses") or []) for one in interfaces or [])
    found = [Told(str(address), card, written=False) for card, addresses in inside if card is not None for address in addresses]
    for key, value in config.items():
        setting = _SETTING.fullmatch(key)
        if setting:
            found += [Told(address, int(setting[1]), written=True) for address in _STATIC.findall(str(value))]
    return [one for one in found if leads_there(one.address)]


def leads_there(address: str) -> bool:
    """Whether a text is an address that another machine can use."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast)
