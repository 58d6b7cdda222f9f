# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""As whom a kubeconfig reads, told from its token or client certificate alone. Nothing is verified: that is for the API server.

Kubernetes takes the common name of a client certificate as user and its organisations as groups, and the subject of a token of
a ServiceAccount as user. The user behind any other token is known only to the API server.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import re
import typing as t
from datetime import datetime, timezone

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_SERVICE_ACCOUNT = re.compile(r"system:serviceaccount:([a-z0-9.-]+):([a-z0-9.-]+)")
_COMMON_NAME = bytes.fromhex("550403")
_ORGANISATION = bytes.fromhex("55040a")
_OID, _SEQUENCE, _SET, _VERSION = 0x06, 0x30, 0x31, 0xA0
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}

Element = tuple[int, bytes]


@dataclasses.dataclass(frozen=True)
class Identity:
    """name: None when it cannot be told. groups: None when they cannot be told. expires: UTC, None when unknown or never."""

    name: str | None = None
    groups: tuple[str, ...] | None = None
    expires: datetime | None = None


def of_token(token: str) -> Identity:
    """The identity that a bearer token claims."""
    claims = _claims(token)
    account = _SERVICE_ACCOUNT.fullmatch(str(claims.get("sub")))
    expires = _moment(claims.get("exp"))
    if not account:
        return Identity(expires=expires)
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{account[1]}")
    return Identity(account[0], groups, expires)


def of_certificate(pem: bytes) -> Identity:
    """The identity in a client certificate, the first of the file; an empty Identity when it cannot be read."""
    block = _CERTIFICATE.search(pem)
    if not block:
        return Identity()
    try:
        return _of_der(base64.b64decode(b"".join(block[1].split()), validate=True))
    except (ValueError, IndexError):
        return Identity()


def _claims(token: str) -> dict[str, t.Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _moment(seconds: t.Any) -> datetime | None:
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def _of_der(certificate: bytes) -> Identity:
    """RFC 5280, 4.1: a certificate begins with version, serial number, signature, issuer, validity, subject."""
    [whole] = _elements(certificate)
    parts = list(_elements(_expect(_SEQUENCE, whole)))
    fields = list(_elements(_expect(_SEQUENCE, parts[0])))
    if fields[0][0] == _VERSION:
        del fields[0]
    validity = list(_elements(_expect(_SEQUENCE, fields[3])))
    subject = _subject(_expect(_SEQUENCE, fields[4]))
    names = [text for kind, text in subject if kind == _COMMON_NAME]
    groups = tuple(text for kind, text in subject if kind == _ORGANISATION)
    return Identity(names[-1] if names else None, groups, _time(*validity[1]))


def _elements(data: bytes) -> t.Iterator[Element]:
    """Tag and content of the DER elements that follow each other in data; ValueError when they do not fit."""
    position = 0
    while position < len(data):
        header = data[position : position + 2]
        if len(header) < 2:
            raise ValueError("an element without a length")
        start, length = position + 2, header[1]
        if length & 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(data[start : start + count], "big"), start + count
        if start + length > len(data):
            raise ValueError("an element that is longer than what holds it")
        yield header[0], data[start : start + length]
        position = start + length


def _expect(tag: int, element: Element) -> bytes:
    if element[0] != tag:
        raise ValueError("an element of another kind")
    return element[1]


def _subject(name: bytes) -> list[tuple[bytes, str]]:
    """Attribute type and text of a distinguished name, in its order."""
    found = []
    for relative in _elements(name):
        for pair in _elements(_expect(_SET, relative)):
            kind, value = _elements(_expect(_SEQUENCE, pair))
            if value[0] in _ENCODINGS:
                found.append((_expect(_OID, kind), value[1].decode(_ENCODINGS[value[0]])))
    return found


def _time(tag: int, content: bytes) -> datetime | None:
    """Both forms of RFC 5280, 4.1.2.5; years of two digits are those from 1950 to 2049."""
    if tag not in (_UTC_TIME, _GENERAL_TIME):
        return None
    text = content.decode("ascii")
    century = "" if tag == _GENERAL_TIME else "19" if text[:2] >= "50" else "20"
    return datetime.strptime(century + text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)
