# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Words for findings: string.Template over what a rule shows. Text of the lab goes in as it is and is never read as a template."""

from __future__ import annotations

import string
import typing as t

_MOST_ITEMS = 8
_FEW_MINUTES = 600
_FEW_HOURS = 7200
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


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
        return listed([in_words(name, item) for item in value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, (int, float)):
        in_unit = next((words for unit, words in _UNIT_WORDS.items() if name.endswith(unit)), None)
        return in_unit(value) if in_unit else f"{value:g}" if isinstance(value, float) else str(value)
    return str(value)


def listed(items: t.Sequence[str]) -> str:
    """ "a, b and c"; the tail of a long list is only counted; "none" for no items."""
    if not items:
        return "none"
    shown = list(items) if len(items) <= _MOST_ITEMS else [*items[: _MOST_ITEMS - 1], f"{len(items) - _MOST_ITEMS + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def objects_in_words(rows: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """Objects with ``kind`` and ``name``, each kind once: "Deployment a and b and Service c"."""
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row["kind"], set()).add(row["name"])
    return listed([f"{kind} {listed(sorted(found))}" for kind, found in sorted(names.items())])


def _duration(seconds: float) -> str:
    if seconds < _FEW_MINUTES:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < _FEW_HOURS else f"{seconds / 3600:.1f} hours"


def _size(value: float) -> str:
    unit = 0
    while abs(value) >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    # Memory and disks are told with one decimal, as in the tables of the report; small sizes only where it says something.
    return f"{value:.1f} {_UNITS[unit]}" if unit >= _UNITS.index("GiB") else f"{value:.1f}".replace(".0", "") + f" {_UNITS[unit]}"


_UNIT_WORDS: t.Mapping[str, t.Callable[[float], str]] = {
    "_bytes": _size,
    "_ratio": lambda value: f"{100 * value:.0f} %",
    "_seconds": _duration,
}
