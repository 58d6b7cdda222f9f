# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Amounts, counts and times in words that only the report uses."""

from __future__ import annotations

import typing as t

_GIB = 1024**3


def gib(value: float) -> str:
    """Bytes as GiB with one decimal: "29.3 GiB"."""
    return f"{value / _GIB:.1f} GiB"


def cores(value: float) -> str:
    """Processor cores with two digits that tell something: "0.004 cores", "0.15 cores", "3.9 cores"."""
    return f"{value:.2g} cores" if value < 10 else f"{value:.0f} cores"


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
