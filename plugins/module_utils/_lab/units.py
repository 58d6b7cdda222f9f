# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Amounts as the servers write them, turned into plain numbers."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d+))?")
_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}
_PVE_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)")


def quantity(text: str | None) -> float | None:
    """A Kubernetes quantity ("10Gi", "250m", "1e3") as a number; None for what is none."""
    match = _QUANTITY.fullmatch(str(text).strip()) if text is not None else None
    if not match:
        return None
    number, suffix, exponent = match.groups()
    value = Decimal(number) * _SUFFIXES.get(suffix, Decimal(1)) * Decimal(10) ** int(exponent or 0)
    return float(value)


def whole_quantity(text: str | None) -> int | None:
    """A Kubernetes quantity as a whole number, as bytes are."""
    value = quantity(text)
    return None if value is None else int(value)


def pve_size_bytes(text: str) -> int | None:
    """A disk size of a Proxmox configuration ("60G", "512M", "4194304"); its letters count in 1024s."""
    match = _PVE_SIZE.fullmatch(text)
    if not match:
        return None
    number, letter = match.groups()
    return int(Decimal(number) * Decimal(1024) ** " KMGT".index(letter or " "))


def moment(text: str | None) -> float | None:
    """A time of an API ("2026-02-27T18:00:00Z", with or without fractions) in whole seconds since 1970; None for what is none."""
    try:
        return datetime.strptime(f"{str(text)[:19]}+0000", "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None
