# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address of a machine is taken, and what every machine is called: tables."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory_addresses import (
    Candidate,
    choose,
    networks,
    of_addresses,
    of_guest,
)
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory_names import Called, name_machines

MAC, SECOND = "BC:24:11:00:00:01", "BC:24:11:00:00:02"
NET = {"net0": f"virtio={MAC},bridge=vmbr0", "net1": f"virtio={SECOND},bridge=vmbr1"}
CALICO = {"name": "cali1", "mac": "EE:EE:EE:EE:EE:EE", "addresses": ["10.244.0.9"]}
DOCKER = {"name": "docker0", "mac": "02:42:AC:11:00:01", "addresses": ["172.17.0.1"]}


def card(mac: str, *addresses: str) -> dict[str, t.Any]:
    return {"name": "eth", "mac": mac, "addresses": list(addresses)}


def qemu(interfaces: list[dict[str, t.Any]] | None, **config: str) -> dict[str, t.Any]:
    return {"type": "qemu", "config": {**NET, **config}, **({} if interfaces is None else {"interfaces": interfaces})}


GUESTS: dict[str, tuple[dict[str, t.Any], tuple[str, str] | None]] = {
    "the card that Proxmox VE gave, not a container network": (
        qemu([CALICO, DOCKER, card(MAC, "192.0.2.5")]),
        ("192.0.2.5", "agent"),
    ),
    "only container networks": (qemu([CALICO, DOCKER]), None),
    "letters of the MAC in another case": (qemu([card(MAC.lower(), "192.0.2.5")]), ("192.0.2.5", "agent")),
    "a card without MAC": (qemu([{"name": "tun0", "mac": None, "addresses": ["10.8.0.2"]}]), None),
    "net0 before net1": (qemu([card(SECOND, "192.0.2.1"), card(MAC, "198.51.100.9")]), ("198.51.100.9", "agent")),
    "net1 when net0 has none": (qemu([card(SECOND, "192.0.2.1"), card(MAC)]), ("192.0.2.1", "agent")),
    "IPv4 before IPv6": (qemu([card(MAC, "2001:db8::5", "192.0.2.5")]), ("192.0.2.5", "agent")),
    "IPv6 alone": (qemu([card(MAC, "fe80::1", "2001:db8::5")]), ("2001:db8::5", "agent")),
    "nothing that leads there": (qemu([card(MAC, "fe80::1", "127.0.0.1", "169.254.1.1", "no address")]), None),
    "numbers, not letters, put addresses in order": (qemu([card(MAC, "192.0.2.10", "192.0.2.9")]), ("192.0.2.9", "agent")),
    "a floating address beside the configured one": (
        qemu([card(MAC, "192.0.2.5", "192.0.2.50")], ipconfig0="ip=192.0.2.50/24,gw=192.0.2.1"),
        ("192.0.2.50", "agent"),
    ),
    "the agent before the configuration": (qemu([card(MAC, "192.0.2.5")], ipconfig0="ip=192.0.2.7/24"), ("192.0.2.5", "agent")),
    "cloud-init": (qemu(None, ipconfig0="ip=192.0.2.7/24,gw=192.0.2.1"), ("192.0.2.7", "cloud_init")),
    "cloud-init with IPv6": (qemu(None, ipconfig0="ip=dhcp,ip6=2001:db8::7/64"), ("2001:db8::7", "cloud_init")),
    "DHCP and no agent": (qemu(None, ipconfig0="ip=dhcp,ip6=auto"), None),
    "a container": (
        {"type": "lxc", "config": {"net0": f"name=eth0,hwaddr={MAC},ip=dhcp"}, "interfaces": [card(MAC, "192.0.2.8"), DOCKER]},
        ("192.0.2.8", "container"),
    ),
    "a container that is stopped": (
        {"type": "lxc", "config": {"net0": f"name=eth0,hwaddr={MAC},ip=192.0.2.8/24,gw=192.0.2.1"}},
        ("192.0.2.8", "container_config"),
    ),
    "no configuration": ({"type": "qemu"}, None),
}


@pytest.mark.parametrize(("row", "expected"), GUESTS.values(), ids=GUESTS.keys())
def test_address_of_a_guest(row: dict[str, t.Any], expected: tuple[str, str] | None) -> None:
    chosen = choose(of_guest(row), [])
    assert (chosen and (chosen.address, chosen.source)) == expected


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        ([], "192.0.2.5"),
        (["198.51.100.0/24"], "198.51.100.9"),
        (["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"], "198.51.100.9"),
        (["::/0"], "2001:db8::9"),
        (["203.0.113.0/24"], "192.0.2.5"),
    ],
)
def test_a_preferred_network_wins(preference: list[str], expected: str) -> None:
    candidates = of_guest(qemu([card(MAC, "192.0.2.5"), card(SECOND, "198.51.100.9", "2001:db8::9")]))
    chosen = choose(candidates, networks(preference, "lab.yml"))
    assert chosen
    assert chosen.address == expected


def test_the_address_that_the_node_names_is_the_machines_own() -> None:
    floating, own = Candidate("192.0.2.5", "agent"), Candidate("192.0.2.21", "agent")
    assert choose([floating, own, *of_addresses(["192.0.2.21"], "node")], []) == own


def test_what_is_no_network() -> None:
    with pytest.raises(ConfigError) as caught:
        networks(["192.0.2.1/24"], "lab.yml")
    assert str(caught.value) == (
        "lab.yml: address_preference: '192.0.2.1/24' is no network; write it with its length, such as 192.0.2.0/24 or ::/0"
    )


Machines = list[tuple[str, str, str, str]]
NAMES: dict[str, tuple[Machines, list[str], list[str]]] = {
    "each its own": ([("a", "1", "home", "guest 1 of home"), ("b", "2", "home", "guest 2 of home")], ["a", "b"], []),
    "two of one name": (
        [("web", "101", "home", "guest 101 of home"), ("web", "102", "home", "guest 102 of home")],
        ["web-101", "web-102"],
        ["2 machines are called 'web'; in the inventory guest 101 of home is web-101, guest 102 of home is web-102"],
    ),
    "two of one name and number": (
        [("web", "101", "home", "guest 101 of home"), ("web", "101", "away", "guest 101 of away")],
        ["web-101", "web-101-away"],
        ["2 machines are called 'web'; in the inventory guest 101 of home is web-101, guest 101 of away is web-101-away"],
    ),
    "a third that has the new name already": (
        [
            ("web", "1", "home", "guest 1 of home"),
            ("web", "2", "home", "guest 2 of home"),
            ("web-1", "3", "home", "guest 3 of home"),
        ],
        ["web-1-home", "web-2", "web-1"],
        ["2 machines are called 'web'; in the inventory guest 1 of home is web-1-home, guest 2 of home is web-2"],
    ),
    "a group": (
        [("guests", "103", "home", "guest 103 of home")],
        ["guests-103"],
        ["a machine is called 'guests', which is taken; in the inventory guest 103 of home is guests-103"],
    ),
    "the machine of Ansible": (
        [("localhost", "104", "home", "guest 104 of home")],
        ["localhost-104"],
        ["a machine is called 'localhost', which is taken; in the inventory guest 104 of home is localhost-104"],
    ),
    "the address of the machine of Ansible": (
        [("127.0.0.1", "104", "home", "guest 104 of home")],
        ["127.0.0.1-104"],
        ["a machine is called '127.0.0.1', which is taken; in the inventory guest 104 of home is 127.0.0.1-104"],
    ),
    "no name at all": ([("VM 105", "105", "home", "guest 105 of home")], ["VM-105"], []),
    "a pattern": ([("web[1:3]:!db,*", "106", "home", "guest 106 of home")], ["web-1-3-db"], []),
    "a template": ([("{{ 1 + 1 }}", "107", "home", "guest 107 of home")], ["1-1"], []),
    "nothing that a name could have": (
        [("{{}}", "108", "home", "guest 108 of home")],
        ["machine-108"],
        ["a machine has a name without any letter that Ansible takes; in the inventory guest 108 of home is machine-108"],
    ),
    "two with nothing that a name could have": (
        [("{{}}", "108", "home", "guest 108 of home"), ("é", "109", "home", "guest 109 of home")],
        ["machine-108", "machine-109"],
        [
            "2 machines have names without any letter that Ansible takes; "
            "in the inventory guest 108 of home is machine-108, guest 109 of home is machine-109"
        ],
    ),
}


@pytest.mark.parametrize(("machines", "names", "warnings"), NAMES.values(), ids=NAMES.keys())
def test_names(machines: Machines, names: list[str], warnings: list[str]) -> None:
    assert name_machines([Called(*machine) for machine in machines], {"guests"}) == (names, warnings)
