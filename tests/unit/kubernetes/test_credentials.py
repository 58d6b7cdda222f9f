# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
import typing as t
from datetime import datetime, timezone

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from unit.kubernetes.fake_api import Pki, issue

from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.credentials import Identity, of_certificate, of_token


def token(claims: t.Any) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "signature"])


ACCOUNT = "system:serviceaccount:homelab-audit:reader"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:homelab-audit")
TOKENS: list[tuple[str, Identity]] = [
    (token({"sub": ACCOUNT, "exp": 1772215200}), Identity(ACCOUNT, GROUPS, datetime(2026, 2, 27, 18, tzinfo=timezone.utc))),
    (token({"sub": ACCOUNT}), Identity(ACCOUNT, GROUPS)),
    # The user behind a token of an OpenID provider depends on the flags of the API server.
    (token({"sub": "248289761001", "exp": 0}), Identity(expires=datetime(1970, 1, 1, tzinfo=timezone.utc))),
    (token({"sub": f"{ACCOUNT}\n", "exp": "soon"}), Identity()),
    (token({"exp": 10**40}), Identity()),
    (token({"exp": True}), Identity()),
    (token([1]), Identity()),
    ("K10abcdef::server:0123456789", Identity()),
    ("a.b.c", Identity()),
    ("", Identity()),
]


@pytest.mark.parametrize(("text", "expected"), TOKENS)
def test_tokens(text: str, expected: Identity) -> None:
    assert of_token(text) == expected


@given(st.text() | st.text(alphabet="abcdefABCDEF0123._-"))
def test_any_text_as_token(text: str) -> None:
    assert of_token(text).name is None


def test_certificates(pki: Pki) -> None:
    admin = of_certificate(b"# first\n" + pki.admin.pem + pki.ca.pem)
    assert (admin.name, admin.groups) == ("kubernetes-admin", ("system:masters",))
    assert admin.expires == pki.admin.certificate.not_valid_after_utc
    assert of_certificate(pki.stranger.pem).groups == ()
    both = of_certificate(issue("Zoë", pki.ca, ["team:a", "team:b"]).pem)
    assert (both.name, both.groups) == ("Zoë", ("team:a", "team:b"))


def test_a_certificate_that_ends_after_2050(pki: Pki) -> None:
    later = issue("late", pki.ca, days=365 * 40)
    assert of_certificate(later.pem).expires == later.certificate.not_valid_after_utc


@pytest.mark.parametrize("pem", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate(pem: bytes) -> None:
    assert of_certificate(pem) == Identity()


@given(st.data())
def test_a_certificate_with_any_byte_changed_or_cut_off(data: st.DataObject) -> None:
    der = bytearray(CERTIFICATE)
    position = data.draw(st.integers(0, len(der) - 1))
    der[position] = data.draw(st.integers(0, 255))
    cut = bytes(der[: data.draw(st.integers(0, len(der)))])
    assert isinstance(of_certificate(pem(cut)), Identity)


@given(st.binary(max_size=200))
def test_any_bytes_as_certificate(content: bytes) -> None:
    assert isinstance(of_certificate(pem(content)), Identity)


def pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


CERTIFICATE = Pki().admin.certificate.public_bytes(serialization.Encoding.DER)
