# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Versions, so that they can be compared."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(.*)", re.DOTALL)
_PRE_RELEASE = re.compile(r"[-.~]?(?:alpha|beta|dev|pre|rc)", re.IGNORECASE)

SortableVersion = tuple[list[int], bool, list[int]]


def sortable_version(text: str) -> SortableVersion | None:
    """v1.30.2+k0s.0 before v1.30.2+k0s.1, 1.30.0-rc1 before 1.30.0, 9.1 equal to 9.1.0; None for what is no version."""
    match = _VERSION.fullmatch(text)
    if not match:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers, not _PRE_RELEASE.match(match[2]), [int(part) for part in re.findall(r"\d+", match[2])]
