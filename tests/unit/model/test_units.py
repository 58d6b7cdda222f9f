# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts in, plain numbers out."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.units import pve_size_bytes, quantity, whole_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("250m", 0.25),
        ("3900m", 3.9),
        ("10Gi", 10 * 1024**3),
        ("1G", 1e9),
        ("1500k", 1_500_000.0),
        ("1e3", 1000.0),
        ("0.5", 0.5),
        ("100n", 1e-7),
        (None, None),
        ("", None),
        ("ten", None),
        ("10GiB", None),
    ],
)
def test_quantity(text: str | None, value: float | None) -> None:
    assert quantity(text) == value


def test_bytes_are_whole() -> None:
    assert whole_quantity("9663676416") == 9 * 1024**3
    assert isinstance(whole_quantity("1500m"), int)


@pytest.mark.parametrize(
    ("text", "value"),
    [("60G", 60 * 1024**3), ("4M", 4 * 1024**2), ("512K", 512 * 1024), ("1T", 1024**4), ("4096", 4096), ("big", None)],
)
def test_proxmox_sizes_count_in_1024s(text: str, value: int | None) -> None:
    assert pve_size_bytes(text) == value
