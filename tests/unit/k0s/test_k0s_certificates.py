# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made by a library that knows them, read by ours."""

from __future__ import annotations

import base64
import textwrap
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.certificates import (
    Certificate,
    CertificateError,
    read_certificates,
)

ADMIN = ((NameOID.ORGANIZATION_NAME, "system:masters"), (NameOID.COMMON_NAME, "kubernetes-admin"))


@cache
def key(kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


def certificate(
    not_after: datetime, subject: tuple[tuple[x509.ObjectIdentifier, str], ...] = ADMIN, kind: str = "ec", sans: int = 0
) -> bytes:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]))
    builder = builder.public_key(key(kind).public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(not_after - timedelta(days=365)).not_valid_after(not_after)
    if sans:
        names = x509.SubjectAlternativeName([x509.DNSName(f"name-{number}.example.org") for number in range(sans)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key(kind), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
@pytest.mark.parametrize("sans", [0, 500])
@pytest.mark.parametrize(
    ("not_after", "expected"),
    [
        (datetime(2027, 2, 27, 18, 0, 0), "2027-02-27T18:00:00Z"),
        (datetime(2049, 12, 31, 23, 59, 59), "2049-12-31T23:59:59Z"),
        (datetime(2050, 1, 1), "2050-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59), "9999-12-31T23:59:59Z"),
        (datetime(1999, 5, 6, 7, 8, 9), "1999-05-06T07:08:09Z"),
    ],
)
def test_when_a_certificate_ends(kind: str, sans: int, not_after: datetime, expected: str) -> None:
    pem = certificate(not_after, kind=kind, sans=sans)
    assert read_certificates(pem) == [Certificate("O=system:masters, CN=kubernetes-admin", expected)]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ((), ""),
        (((NameOID.COMMON_NAME, "kubernetes-ca"),), "CN=kubernetes-ca"),
        (((NameOID.COMMON_NAME, "größer"),), "CN=größer"),
        (((NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "x")), "C=DE, OU=x"),
        (((NameOID.EMAIL_ADDRESS, "a@example.org"),), "2a864886f70d010901=a@example.org"),
    ],
)
def test_the_subject(subject: tuple[tuple[x509.ObjectIdentifier, str], ...], expected: str) -> None:
    assert read_certificates(certificate(datetime(2030, 1, 1), subject))[0].subject == expected


def test_several_in_one_file() -> None:
    pem = b"# bundle\n" + certificate(datetime(2030, 1, 1)) + b"\n" + certificate(datetime(2031, 1, 1))
    assert [one.not_after for one in read_certificates(pem)] == ["2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it holds no certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "it holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "it holds a broken certificate"),
        (b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----", "it holds a broken certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "it holds a broken certificate"),
        (b"\xff\x00", "it holds no certificate"),
    ],
)
def test_what_is_no_certificate(content: bytes, words: str) -> None:
    with pytest.raises(CertificateError) as caught:
        read_certificates(content)
    assert str(caught.value) == words


def pem_of(der: bytes) -> bytes:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()


@given(at=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_damaged_certificate_is_read_or_refused(at: int, byte: int) -> None:
    der = bytearray(base64.b64decode(b"".join(certificate(datetime(2030, 1, 1)).split(b"\n")[1:-2])))
    der[at] = byte
    try:
        assert len(read_certificates(pem_of(bytes(der)))) == 1
    except CertificateError as exc:
        assert str(exc) == "it holds a broken certificate"


@given(st.integers(0, 250))
def test_a_certificate_that_is_cut_off_is_refused(length: int) -> None:
    der = base64.b64decode(b"".join(certificate(datetime(2030, 1, 1)).split(b"\n")[1:-2]))
    with pytest.raises(CertificateError):
        read_certificates(pem_of(der[:length]))
