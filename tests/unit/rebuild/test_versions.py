# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of k0s and Longhorn: which step is allowed, and what is said of one that is not."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.versions import (
    K0S,
    LONGHORN,
    Path,
    Product,
    Version,
    parse_version,
    version_path,
)

# In this order.
ORDERED = (
    *("v1.30.2+k0s.0", "v1.30.2+k0s.1", "v1.30.10+k0s.0", "v1.34.0-alpha.1+k0s.0", "v1.34.0-rc.2+k0s.0", "v1.34.0-rc.10+k0s.0"),
    *("v1.34.0+k0s.0", "v1.34.4+k0s.0", "v1.34.4+k0s.2", "v1.34.4+k0s.10", "v2.0.0+k0s.0"),
)
NEWEST = ["v1.30.14+k0s.0", "v1.31.2+k0s.0", "v1.31.14+k0s.0", "v1.31.15-rc.1+k0s.0", "v1.32.13+k0s.0", "latest"]


def version(text: str, product: Product = K0S) -> Version:
    """The text, which is a version."""
    found = parse_version(product, text)
    assert found is not None, text
    return found


def test_versions_are_ordered() -> None:
    for before, after in itertools.combinations(ORDERED, 2):
        assert version(before) < version(after), (before, after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.34",
        "1.34.4",
        "v1.34.4",
        "v1.34.4+k0s",
        "1.34.4+k0s.0",
        "v1.34.4+k0s.0.1",
        "v1.34.4+k3s1",
        "v1.34.x+k0s.0",
        "v1.34.4-+k0s.0",
    ],
)
def test_what_is_no_version_of_k0s(text: str) -> None:
    assert parse_version(K0S, text) is None


def test_forms_of_longhorn() -> None:
    assert version("v1.12.1", LONGHORN) == version("1.12.1", LONGHORN) > version("1.12.1-rc1", LONGHORN)


@pytest.mark.parametrize(
    ("current", "wanted", "action", "reason"),
    [
        ("", "v1.34.4+k0s.0", "install", "k0s is not installed, v1.34.4+k0s.0 is wanted"),
        (None, "v1.34.4+k0s.0", "install", "k0s is not installed, v1.34.4+k0s.0 is wanted"),
        ("v1.34.4+k0s.0", "v1.34.4+k0s.0", "none", "k0s v1.34.4+k0s.0 is installed, as wanted"),
        ("v1.34.4+k0s.0\n", "v1.34.4+k0s.0", "none", "k0s v1.34.4+k0s.0 is installed, as wanted"),
        ("v1.34.3+k0s.0", "v1.34.4+k0s.0", "upgrade", "k0s goes from v1.34.3+k0s.0 to v1.34.4+k0s.0"),
        ("v1.34.4+k0s.0", "v1.34.4+k0s.1", "upgrade", "k0s goes from v1.34.4+k0s.0 to v1.34.4+k0s.1"),
        ("v1.34.4+k0s.0", "v1.35.0+k0s.0", "upgrade", "k0s goes from v1.34.4+k0s.0 to v1.35.0+k0s.0"),
        ("v1.34.0-rc.1+k0s.0", "v1.34.0+k0s.0", "upgrade", "k0s goes from v1.34.0-rc.1+k0s.0 to v1.34.0+k0s.0"),
        (
            "v1.34.4+k0s.0",
            "v1.34.3+k0s.0",
            "refuse",
            "cannot downgrade k0s from v1.34.4+k0s.0 to v1.34.3+k0s.0: k0s does not support it; "
            "set k0s_version to v1.34.4+k0s.0 or newer",
        ),
        (
            "v1.34.4+k0s.1",
            "v1.34.4+k0s.0",
            "refuse",
            "cannot downgrade k0s from v1.34.4+k0s.1 to v1.34.4+k0s.0: k0s does not support it; "
            "set k0s_version to v1.34.4+k0s.1 or newer",
        ),
        (
            "v1.30.2+k0s.0",
            "v1.32.13+k0s.0",
            "refuse",
            "cannot upgrade k0s from v1.30.2+k0s.0 to v1.32.13+k0s.0: Kubernetes goes up one minor version at a time; "
            "set k0s_version to a version of 1.31 first",
        ),
        (
            "v1.36.3+k0s.2",
            "v2.0.0+k0s.0",
            "refuse",
            "cannot upgrade k0s from v1.36.3+k0s.2 to v2.0.0+k0s.0: the major version changes, and no such step is known; "
            "follow the release notes of k0s",
        ),
        (
            "v1.34.4+k0s.0",
            "1.34",
            "refuse",
            "cannot compare versions of k0s: the wanted version '1.34' is none; set k0s_version to one such as v1.34.4+k0s.0",
        ),
        (
            "built by hand",
            "v1.34.4+k0s.0",
            "refuse",
            "cannot compare versions of k0s: the installed version 'built by hand' is none; it should read like v1.34.4+k0s.0",
        ),
    ],
)
def test_path_of_k0s(current: str | None, wanted: str, action: str, reason: str) -> None:
    path = version_path(K0S, current, wanted)
    assert (path["action"], path["reason"]) == (action, reason)


@pytest.mark.parametrize(
    ("current", "wanted", "action", "reason"),
    [
        ("1.11.3", "1.12.1", "upgrade", "Longhorn goes from 1.11.3 to 1.12.1"),
        ("v1.12.1", "1.12.1", "none", "Longhorn v1.12.1 is installed, as wanted"),
        (
            "1.9.2",
            "1.12.1",
            "refuse",
            "cannot upgrade Longhorn from 1.9.2 to 1.12.1: Longhorn goes up one minor version at a time; "
            "set longhorn_version to a version of 1.10 first",
        ),
        (
            "1.12.1",
            "1.11.3",
            "refuse",
            "cannot downgrade Longhorn from 1.12.1 to 1.11.3: Longhorn does not support it; "
            "set longhorn_version to 1.12.1 or newer",
        ),
    ],
)
def test_path_of_longhorn(current: str, wanted: str, action: str, reason: str) -> None:
    path = version_path(LONGHORN, current, wanted)
    assert (path["action"], path["reason"]) == (action, reason)


def stations(path: Path) -> list[tuple[str, str | None]]:
    return [(one["minor"], one["version"]) for one in path["stations"]]


def test_stations_name_the_newest_release_of_each_minor_version() -> None:
    path = version_path(K0S, "v1.30.2+k0s.0", "v1.33.1+k0s.0", NEWEST)
    assert stations(path) == [
        ("1.30", "v1.30.14+k0s.0"),
        ("1.31", "v1.31.14+k0s.0"),
        ("1.32", "v1.32.13+k0s.0"),
        ("1.33", "v1.33.1+k0s.0"),
    ]
    assert path["reason"].endswith("; set k0s_version to v1.31.14+k0s.0 first")


def test_stations_without_versions_at_hand() -> None:
    assert stations(version_path(K0S, "v1.30.2+k0s.0", "v1.32.0+k0s.0")) == [("1.31", None), ("1.32", "v1.32.0+k0s.0")]
    assert stations(version_path(K0S, "v1.30.14+k0s.0", "v1.31.2+k0s.0", NEWEST)) == [("1.31", "v1.31.2+k0s.0")]
    assert stations(version_path(K0S, "v1.30.2+k0s.0", "v1.30.1+k0s.0", NEWEST)) == []
    assert stations(version_path(K0S, "", "v1.34.4+k0s.0", NEWEST)) == [("1.34", "v1.34.4+k0s.0")]


k0s_versions = st.builds(
    lambda minor, patch, build: f"v1.{minor}.{patch}+k0s.{build}", st.integers(28, 40), st.integers(0, 15), st.integers(0, 3)
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(current=k0s_versions, wanted=k0s_versions, available=st.lists(k0s_versions, max_size=30))
def test_no_step_goes_back_or_over_a_minor_version(current: str, wanted: str, available: list[str]) -> None:
    start, goal = version(current), version(wanted)
    path = version_path(K0S, current, wanted, available)
    expected = "none" if goal == start else "upgrade" if goal > start and goal.minor - start.minor <= 1 else "refuse"
    assert path["action"] == expected
    if goal > start:
        # Every stop is one minor version after the one before, or none; and no known stop goes back.
        minors = [start.minor, *(int(minor.partition(".")[2]) for minor, _text in stations(path))]
        assert all(after - before in (0, 1) for before, after in itertools.pairwise(minors))
        known = [start, *(version(text) for _minor, text in stations(path) if text)]
        assert known == sorted(known) and known[-1] == goal


@settings(max_examples=300, deadline=None, derandomize=True)
@given(current=st.text(max_size=30), wanted=st.text(max_size=30))
def test_any_text_gets_an_answer(current: str, wanted: str) -> None:
    path: t.Mapping[str, t.Any] = version_path(K0S, current, wanted)
    assert path["action"] in ("none", "install", "upgrade", "refuse") and path["reason"]
