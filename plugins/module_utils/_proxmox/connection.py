# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What a person writes about one Proxmox connection, checked; no I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from .._errors import ConfigError
from .._http import read_seconds

DEFAULT_PORT = 8006
READ_SECONDS = 10.0

_FINGERPRINT_COMMAND = "openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem"


@dataclasses.dataclass(frozen=True)
class Address:
    """Host name or IP address, and port, of one Proxmox API."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclasses.dataclass(frozen=True)
class Connection:
    """One entry of the lab file, or the options of one module call.

    secret is the secret of the token when there is a token_id, else the password. fingerprint: 64 hexadecimal digits of the
    SHA-256 of the certificate; it takes the place of every other check. read_seconds: how long one answer may take.
    """

    name: str
    addresses: tuple[Address, ...]
    user: str
    token_id: str | None
    secret: str = dataclasses.field(repr=False)
    ca_path: str | None = None
    fingerprint: str | None = None
    validate_certs: bool = True
    read_seconds: float = READ_SECONDS

    @property
    def label(self) -> str:
        """How messages call this connection."""
        return f"proxmox '{self.name}'"

    @property
    def identity(self) -> str:
        """As whom we read, in the words of Proxmox VE: user@realm, or user@realm!token."""
        return f"{self.user}!{self.token_id}" if self.token_id else self.user

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Connection:
        """Checks the options; ConfigError for what cannot be used, naming the option and what to write instead."""
        hosts = options.get("api_host") or []
        hosts = [hosts] if isinstance(hosts, str) else hosts
        name = str(options.get("name") or (hosts[0] if hosts else ""))
        label = f"proxmox '{name}'"
        if not hosts:
            raise ConfigError(f"cannot read {label}: api_host is empty; write the name or address of a Proxmox host")
        user, token_id, secret = _credentials(options, label)
        return cls(
            name=name,
            addresses=tuple(_address(str(host), label) for host in hosts),
            user=user,
            token_id=token_id,
            secret=secret,
            ca_path=options.get("ca_path") or None,
            fingerprint=_fingerprint(options.get("fingerprint"), label),
            validate_certs=options.get("validate_certs") is not False,
            read_seconds=read_seconds(options.get("timeout"), label, READ_SECONDS),
        )


def _address(text: str, label: str) -> Address:
    """host, host:port, an IPv6 address with or without brackets, or [IPv6]:port."""
    start = f"cannot use api_host '{text}' of {label}"
    bare = text.strip()
    if "/" in bare or "@" in bare or not bare or re.search(r"\s", bare):
        raise ConfigError(f"{start}: it is no host; write a name or an address, with a port when it is not {DEFAULT_PORT}")
    if _is_ipv6(bare):
        return Address(bare, DEFAULT_PORT)
    bracketed = re.fullmatch(r"\[(?P<host>[^\]]*)\](?::(?P<port>.*))?", bare)
    if bracketed and not _is_ipv6(bracketed["host"]):
        raise ConfigError(f"{start}: there is no IPv6 address in the brackets")
    host, port = (bracketed["host"], bracketed["port"]) if bracketed else _split_port(bare)
    if port is None:
        return Address(host, DEFAULT_PORT)
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ConfigError(f"{start}: its port is no number from 1 to 65535")
    return Address(host, int(port))


def _split_port(text: str) -> tuple[str, str | None]:
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _credentials(options: t.Mapping[str, t.Any], label: str) -> tuple[str, str | None, str]:
    """User, token id or None, and secret. The full id that Proxmox VE shows, user@realm!token, is taken as token id, too."""
    user = str(options.get("api_user") or "").strip()
    token_id = str(options.get("api_token_id") or "").strip()
    if "!" in token_id:
        owner, token_id = token_id.split("!", 1)
        if user and user != owner:
            raise ConfigError(f"cannot log in to {label}: api_user is '{user}', but api_token_id belongs to '{owner}'")
        user = owner
    if not user:
        raise ConfigError(f"cannot log in to {label}: api_user is empty; write a user with its realm, such as audit@pve")
    if "@" not in user:
        raise ConfigError(f"cannot log in to {label}: api_user '{user}' has no realm; write {user}@pve or {user}@pam")
    option = "api_token_secret" if token_id else "api_password"
    secret = str(options.get(option) or "")
    secret = secret.strip() if token_id else secret
    if not secret:
        wanted = f"{option} is empty" if token_id else "there is neither api_token_id nor api_password"
        raise ConfigError(f"cannot log in to {label}: {wanted}; when it comes from an environment variable, check that it is set")
    if token_id and not re.fullmatch(r"[\x21-\x7e]+", f"{user}{token_id}{secret}"):
        raise ConfigError(f"cannot log in to {label}: {option} holds characters that no token has, such as spaces or line ends")
    return user, token_id or None, secret


def _fingerprint(value: t.Any, label: str) -> str | None:
    if not value:
        return None
    digits = re.sub(r"[:\s]", "", str(value)).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ConfigError(
            f"cannot use the fingerprint of {label}: it is not the SHA-256 of a certificate, 32 pairs of hexadecimal digits; "
            f"this prints it on the host: {_FINGERPRINT_COMMAND}"
        )
    return digits
