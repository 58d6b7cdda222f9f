# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Words for people who wrote something that fits nothing."""

from __future__ import annotations

import difflib
import typing as t


def did_you_mean(word: t.Any, known: t.Iterable[str], otherwise: str = "") -> str:
    """ "; did you mean 'x'?"; when nothing is near ``otherwise``, or the whole list."""
    choices = sorted(known)
    near = difflib.get_close_matches(str(word), choices, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; {otherwise or 'it can be ' + ', '.join(choices)}"
