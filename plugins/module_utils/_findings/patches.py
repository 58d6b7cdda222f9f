# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Plain data as YAML text that a person can paste; texts of the lab are quoted, so that they stay texts."""

from __future__ import annotations

import re
import typing as t

# What every YAML reader takes as a text without quotes: a letter or slash first, and nothing that could be a word of YAML.
_SAFE = re.compile(r"[A-Za-z/][A-Za-z0-9./_=-]*")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


def as_yaml(value: t.Any, indent: int = 0) -> str:
    """Mappings, lists and texts as lines, each ended; empty mappings and lists are left out by the caller."""
    lines = []
    pad = "  " * indent
    for key, item in value.items():
        if isinstance(item, t.Mapping):
            lines.append(f"{pad}{_text(key)}:\n{as_yaml(item, indent + 1)}")
        elif isinstance(item, (list, tuple)):
            lines.append(f"{pad}{_text(key)}:\n{''.join(_item(one, indent + 1) for one in item)}")
        else:
            lines.append(f"{pad}{_text(key)}: {_text(item)}\n")
    return "".join(lines)


def _item(item: t.Any, indent: int) -> str:
    pad = "  " * indent
    if isinstance(item, t.Mapping):
        return f"{pad}- {as_yaml(item, indent + 1).lstrip()}"
    return f"{pad}- {_text(item)}\n"


def _text(value: t.Any) -> str:
    text = str(value)
    return text if _SAFE.fullmatch(text) and text.lower() not in _WORDS else f'"{"".join(map(_escaped, text))}"'


def _escaped(letter: str) -> str:
    plain = letter.isprintable() and letter not in '"\\'
    return letter if plain else f"\\U{ord(letter):08x}"
