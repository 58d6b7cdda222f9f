# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a connection: what is understood, and the words for what is not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.connection import Connection

GOOD = {"name": "home", "api_host": ["pve.example"], "api_user": "audit@pve", "api_token_id": "deepdive", "api_token_secret": "s"}
PRINT = "openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pve.example", "pve.example:8006"),
        (" 192.0.2.11 ", "192.0.2.11:8006"),
        ("192.0.2.11:18006", "192.0.2.11:18006"),
        ("2001:db8::1", "[2001:db8::1]:8006"),
        ("[2001:db8::1]", "[2001:db8::1]:8006"),
        ("[2001:db8::1]:443", "[2001:db8::1]:443"),
    ],
)
def test_addresses(written: str, meant: str) -> None:
    assert [str(address) for address in Connection.from_options({**GOOD, "api_host": [written]}).addresses] == [meant]


def test_what_is_understood() -> None:
    connection = Connection.from_options(
        {**GOOD, "api_host": "pve.example", "api_user": None, "api_token_id": "audit@pve!deepdive", "api_token_secret": "s\n"}
    )
    assert (connection.user, connection.token_id, connection.secret) == ("audit@pve", "deepdive", "s")
    assert connection.identity == "audit@pve!deepdive"
    assert connection.read_seconds == 10
    assert connection.validate_certs is True
    assert "secret" not in repr(connection)
    password = Connection.from_options({"api_host": ["pve.example"], "api_user": "root@pam", "api_password": " s "})
    assert (password.identity, password.secret, password.name) == ("root@pam", " s ", "pve.example")
    digits = "AB" * 32
    assert Connection.from_options({**GOOD, "fingerprint": ":".join(["AB"] * 32)}).fingerprint == digits.lower()


CANNOT_LOG_IN = "cannot log in to proxmox 'home': "
ENVIRONMENT = "; when it comes from an environment variable, check that it is set"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"api_host": []}, "cannot read proxmox 'home': api_host is empty; write the name or address of a Proxmox host"),
        (
            {"api_host": ["https://pve.example:8006/"]},
            "cannot use api_host 'https://pve.example:8006/' of proxmox 'home': it is no host; "
            "write a name or an address, with a port when it is not 8006",
        ),
        ({"api_host": ["pve:0"]}, "cannot use api_host 'pve:0' of proxmox 'home': its port is no number from 1 to 65535"),
        ({"api_host": ["pve:http"]}, "cannot use api_host 'pve:http' of proxmox 'home': its port is no number from 1 to 65535"),
        ({"api_host": ["[pve]:1"]}, "cannot use api_host '[pve]:1' of proxmox 'home': there is no IPv6 address in the brackets"),
        ({"api_user": ""}, CANNOT_LOG_IN + "api_user is empty; write a user with its realm, such as audit@pve"),
        ({"api_user": "audit"}, CANNOT_LOG_IN + "api_user 'audit' has no realm; write audit@pve or audit@pam"),
        (
            {"api_user": "root@pam", "api_token_id": "audit@pve!deepdive"},
            CANNOT_LOG_IN + "api_user is 'root@pam', but api_token_id belongs to 'audit@pve'",
        ),
        ({"api_token_secret": ""}, CANNOT_LOG_IN + "api_token_secret is empty" + ENVIRONMENT),
        ({"api_token_id": None}, CANNOT_LOG_IN + "there is neither api_token_id nor api_password" + ENVIRONMENT),
        (
            {"api_token_secret": "a\nb"},
            CANNOT_LOG_IN + "api_token_secret holds characters that no token has, such as spaces or line ends",
        ),
        (
            {"fingerprint": "AB:CD"},
            "cannot use the fingerprint of proxmox 'home': it is not the SHA-256 of a certificate, 32 pairs of hexadecimal digits; "
            f"this prints it on the host: {PRINT}",
        ),
        ({"timeout": 0}, "cannot use timeout '0' of proxmox 'home': it is no number of seconds from 1 to 3600"),
        ({"timeout": "soon"}, "cannot use timeout 'soon' of proxmox 'home': it is no number of seconds from 1 to 3600"),
    ],
)
def test_mistakes(change: dict[str, t.Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Connection.from_options({**GOOD, **change})
    assert str(caught.value) == message
