# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Amounts, counts and lists in words."""

from __future__ import annotations

import typing as t

_GIB = 1024**3
_UNITS = ("B", "KiB", "MiB", "GiB")


def gib(value: float) -> str:
    """Bytes as GiB with one decimal: "29.3 GiB"."""
    return f"{value / _GIB:.1f} GiB"


def size(value: float) -> str:
    """Bytes in the unit that suits them, up to GiB: "812 B", "1.4 MiB", "441 MiB", "700.0 GiB"."""
    unit = 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    decimals = 1 if unit and (value < 100 or unit == len(_UNITS) - 1) else 0
    return f"{value:.{decimals}f} {_UNITS[unit]}"


def percent(value: float) -> str:
    """A ratio in percent: 0.914 gives "91 %"."""
    return f"{value * 100:.0f} %"


def cores(value: float) -> str:
    """Processor cores with two digits that tell something: "0.004 cores", "0.15 cores", "3.9 cores"."""
    return f"{value:.2g} cores" if value < 10 else f"{value:.0f} cores"


def duration(value: float) -> str:
    """Seconds as a person would say them: "302 s", "58 minutes", "3.5 hours"."""
    if value < 600:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} minutes" if value < 2 * 3600 else f"{value / 3600:.1f} hours"


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


def port(value: t.Mapping[str, t.Any]) -> str:
    """A port of a Service and where it leads: "53/UDP", "80 → 8096/TCP", "80/TCP → web". value: port, target_port, protocol."""
    number, target, protocol = (str(value.get(key) or "") for key in ("port", "target_port", "protocol"))
    if target in ("", number):
        return f"{number}/{protocol}"
    return f"{number} → {target}/{protocol}" if target.isdecimal() else f"{number}/{protocol} → {target}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """ "7 guests", "1 guest", "no guests"."""
    if amount == 1:
        return f"1 {noun}"
    return f"{amount or 'no'} {plural or noun + 's'}"


def listed(items: t.Sequence[str]) -> str:
    """ "a, b and c"; "" for no items."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def named(items: t.Sequence[str], most: int) -> str:
    """listed() that only counts the tail of a list of more than most."""
    return listed(items if len(items) <= most else [*items[: most - 1], f"{len(items) - most + 1} more"])
