# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Durations as Go writes them, so that 2m and 2m0s are the same."""

from __future__ import annotations

import re
from fractions import Fraction

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def duration_ns(text: str) -> Fraction | None:
    """Nanoseconds of "8760h", "1h30m" or "0s"; None for what is no duration, such as a bare number."""
    total, position = Fraction(0), 0
    for part in _PART.finditer(text):
        if part.start() != position:
            return None
        total += Fraction(part[1]) * _NANOSECONDS[part[2]]
        position = part.end()
    return total if text and position == len(text) else None
