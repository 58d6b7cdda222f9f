# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Words for findings: string.Template over what a rule shows. Text of the lab goes in as it is and is never read as a template."""

from __future__ import annotations

import string
import typing as t

from .._words import duration, named, percent, size

_MOST_ITEMS = 8
_UNIT_WORDS: t.Mapping[str, t.Callable[[float], str]] = {"_bytes": size, "_ratio": percent, "_seconds": duration}


def placeholders(template: str) -> set[str]:
    """Names that a template asks for; ValueError when a "$" stands alone ("$$" writes one)."""
    names = set()
    for match in string.Template.pattern.finditer(template):
        if match["invalid"] is not None:
            raise ValueError("a '$' that starts no name; write '$$' for a dollar sign")
        name = match["named"] or match["braced"]
        if name:
            names.add(name)
    return names


def render(template: str, show: t.Mapping[str, t.Any]) -> str:
    """Fill a template; a name that show lacks was not read and says so."""
    values = {name: in_words(name, show[name]) if name in show else "(not read)" for name in placeholders(template)}
    return string.Template(template).substitute(values)


def in_words(name: str, value: t.Any) -> str:
    """One value for a person. The end of its name is its unit: _bytes, _ratio, _seconds; a list is written "a, b and c"."""
    if isinstance(value, list):
        return shortened([in_words(name, item) for item in value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, (int, float)):
        in_unit = next((words for unit, words in _UNIT_WORDS.items() if name.endswith(unit)), None)
        return in_unit(value) if in_unit else f"{value:g}" if isinstance(value, float) else str(value)
    return str(value)


def shortened(items: t.Sequence[str]) -> str:
    """ "a, b and c"; the tail of a long list is only counted; "none" for no items."""
    return named(items, _MOST_ITEMS) or "none"


def objects_in_words(rows: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """Objects with ``kind`` and ``name``, each kind once: "Deployment a and b and Service c"."""
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row["kind"], set()).add(row["name"])
    return shortened([f"{kind} {shortened(sorted(found))}" for kind, found in sorted(names.items())])
