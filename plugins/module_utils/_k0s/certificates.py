# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""When certificates end: as much of DER as leads to the validity and subject of an X.509 certificate (RFC 5280, section 4.1).

k0s hosts need neither openssl nor a Python package for it.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
from datetime import datetime

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(?P<body>.*?)-----END CERTIFICATE-----", re.DOTALL)

_INTEGER, _OID, _UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _SET, _VERSION = 0x02, 0x06, 0x17, 0x18, 0x30, 0x31, 0xA0
_UTF16_TEXT = 0x1E
# The two attributes that certificates of Kubernetes name things with, and those that people see elsewhere.
_ATTRIBUTES = {"550403": "CN", "550406": "C", "550407": "L", "550408": "ST", "55040a": "O", "55040b": "OU"}


class CertificateError(Exception):
    """What is no certificate."""


class Certificate(t.NamedTuple):
    """subject: like "O=system:masters, CN=admin". not_after: UTC, like 2026-02-27T18:00:00Z."""

    subject: str
    not_after: str


def read_certificates(pem: bytes) -> list[Certificate]:
    """The certificates of a PEM file, in order; CertificateError when there is none or one is broken."""
    bodies = [match["body"] for match in _PEM.finditer(pem.decode("ascii", "replace"))]
    if not bodies:
        raise CertificateError("it holds no certificate")
    try:
        return [_certificate(base64.b64decode("".join(body.split()), validate=True)) for body in bodies]
    except (binascii.Error, ValueError, IndexError) as exc:
        raise CertificateError("it holds a broken certificate") from exc


def _certificate(der: bytes) -> Certificate:
    fields = _Items(_Items(_Items(der).take(_SEQUENCE)).take(_SEQUENCE))
    fields.skip(_VERSION)
    fields.take(_INTEGER)  # serial number
    fields.take(_SEQUENCE)  # signature algorithm
    fields.take(_SEQUENCE)  # issuer
    validity = _Items(fields.take(_SEQUENCE))
    validity.any()  # notBefore
    not_after = _time(*validity.any())
    return Certificate(_name(fields.take(_SEQUENCE)), not_after)


def _name(der: bytes) -> str:
    """A distinguished name, its parts in the order of the certificate."""
    parts = []
    sets = _Items(der)
    while sets.left:
        attributes = _Items(sets.take(_SET))
        while attributes.left:
            attribute = _Items(attributes.take(_SEQUENCE))
            oid = attribute.take(_OID).hex()
            tag, value = attribute.any()
            text = value.decode("utf-16-be" if tag == _UTF16_TEXT else "utf-8", "replace")
            parts.append(f"{_ATTRIBUTES.get(oid, oid)}={text}")
    return ", ".join(parts)


def _time(tag: int, value: bytes) -> str:
    """UTCTime has years of two digits, those from 50 on are of the last century; GeneralizedTime has four."""
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").strftime("%Y-%m-%dT%H:%M:%SZ")


class _Items:
    """The items of one DER value, taken one after the other; ValueError or IndexError when they are not what is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        """Whether there are more."""
        return self._at < len(self._data)

    def take(self, tag: int) -> bytes:
        """The next item, which must have this tag."""
        found, value = self.any()
        if found != tag:
            raise ValueError("another item")
        return value

    def skip(self, tag: int) -> None:
        """Pass over the next item if it has this tag."""
        if self.left and self._data[self._at] == tag:
            self.any()

    def any(self) -> tuple[int, bytes]:
        """Tag and value of the next item."""
        tag, length = self._data[self._at], self._data[self._at + 1]
        start = self._at + 2
        if length & 0x80:
            # Long form: the low bits tell how many bytes hold the length.
            size = length & 0x7F
            length = int.from_bytes(self._data[start : start + size], "big")
            start += size
        if start + length > len(self._data):
            raise ValueError("cut off")
        self._at = start + length
        return tag, self._data[start : self._at]
