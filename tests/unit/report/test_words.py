# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts in the words that a person would use."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._report.words import cores, port
from ansible_collections.homelab.deepdive.plugins.module_utils._words import duration, named, percent, size


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (812, "812 B"),
        (1434, "1.4 KiB"),
        (28 * 1024**2, "28 MiB"),
        (441.3 * 1024**2, "441 MiB"),
        (700 * 1024**3, "700.0 GiB"),
        (5 * 1024**4, "5.0 TiB"),
    ],
)
def test_size(value: float, words: str) -> None:
    assert size(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0 s"), (302, "302 s"), (600, "10 minutes"), (3540, "59 minutes"), (7200, "2.0 hours")]
)
def test_duration(value: float, words: str) -> None:
    assert duration(value) == words


@pytest.mark.parametrize(("value", "words"), [(0, "0 cores"), (0.0041, "0.0041 cores"), (0.148, "0.15 cores"), (12.4, "12 cores")])
def test_cores(value: float, words: str) -> None:
    assert cores(value) == words


def test_percent() -> None:
    assert [percent(value) for value in (0, 0.628, 1)] == ["0 %", "63 %", "100 %"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"port": 53, "target_port": "53", "protocol": "UDP"}, "53/UDP"),
        ({"port": 53, "target_port": None, "protocol": "UDP"}, "53/UDP"),
        ({"port": 80, "target_port": "8096", "protocol": "TCP"}, "80 → 8096/TCP"),
        ({"port": 80, "target_port": 8096, "protocol": "TCP"}, "80 → 8096/TCP"),
        ({"port": 80, "target_port": "web", "protocol": "TCP"}, "80/TCP → web"),
    ],
)
def test_port(value: dict[str, t.Any], words: str) -> None:
    assert port(value) == words


def test_a_long_list_of_names_is_cut() -> None:
    assert named(["a", "b"], 2) == "a and b"
    assert named(["a", "b", "c"], 2) == "a and 2 more"
