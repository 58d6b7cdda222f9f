# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Amounts, counts and lists in words."""

from __future__ import annotations

import typing as t

_GIB = 1024**3
_UNITS = ("B", "KiB", "MiB", "GiB")
_MOST_NAMES = 6


def gib(value: float) -> str:
    """Bytes as GiB with one decimal: "29.3 GiB"."""
    return f"{value / _GIB:.1f} GiB"


def size(value: float) -> str:
    """Bytes in the unit that suits them, up to GiB: "812 B", "1.4 MiB"."""
    unit = 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{value} B"


def seconds(value: float) -> str:
    """Seconds with two decimals: "0.35 s"."""
    return f"{value:.2f} s"


def day(value: str) -> str:
    """The date of a time of ours: "2026-02-27T18:00:00Z" gives "2026-02-27"."""
    return value.partition("T")[0]


def moment(value: str) -> str:
    """A time of ours for people: "2026-02-27 18:00 UTC"; anything else stays as it is."""
    date, separator, clock = value.partition("T")
    return f"{date} {clock[:5]} UTC" if separator and clock.endswith("Z") else value


def count(amount: int, noun: str, plural: str = "") -> str:
    """ "7 guests", "1 guest", "no guests"."""
    if amount == 1:
        return f"1 {noun}"
    return f"{amount or 'no'} {plural or noun + 's'}"


def listed(items: t.Sequence[str]) -> str:
    """ "a, b and c"; "" for no items."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def named(items: t.Sequence[str]) -> str:
    """listed() that only counts the tail of a long list."""
    if len(items) <= _MOST_NAMES:
        return listed(items)
    return listed([*items[: _MOST_NAMES - 1], f"{len(items) - _MOST_NAMES + 1} more"])
