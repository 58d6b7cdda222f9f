# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Amounts, lists and near misses in words, the same in messages, findings and the report."""

from __future__ import annotations

import difflib
import typing as t

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_FEW_MINUTES = 600
_FEW_HOURS = 7200


def size(value: float) -> str:
    """Bytes in the unit that suits them: "812 B", "1.4 MiB", "441 MiB", "29.3 GiB"."""
    unit = 0
    while abs(value) >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    # Memory and disks are told with one decimal, as in the tables of the report; small sizes only where it says something.
    if unit >= _UNITS.index("GiB"):
        return f"{value:.1f} {_UNITS[unit]}"
    return f"{value:.{int(abs(value) < 100)}f}".removesuffix(".0") + f" {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """Seconds as a person would say them: "302 s", "58 minutes", "3.5 hours"."""
    if seconds < _FEW_MINUTES:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < _FEW_HOURS else f"{seconds / 3600:.1f} hours"


def percent(value: float) -> str:
    """A ratio in percent: 0.914 gives "91 %"."""
    return f"{value * 100:.0f} %"


def listed(items: t.Sequence[str]) -> str:
    """ "a, b and c"; "" for no items."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def named(items: t.Sequence[str], most: int) -> str:
    """listed() that only counts the tail of a list of more than most."""
    return listed(items if len(items) <= most else [*items[: most - 1], f"{len(items) - most + 1} more"])


def did_you_mean(word: t.Any, known: t.Iterable[str], otherwise: str = "") -> str:
    """ "; did you mean 'x'?"; when nothing is near ``otherwise``, or the whole list."""
    choices = sorted(known)
    near = difflib.get_close_matches(str(word), choices, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; {otherwise or 'it can be ' + ', '.join(choices)}"
