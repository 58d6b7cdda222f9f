# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Documents that people write in as well: our part stands between two marker lines, and the rest is theirs."""

from __future__ import annotations

from .._errors import ConfigError

_MARK = "<!-- homelab.deepdive: {edge} {name} -->"

_FOR_READERS = "Text outside of the two marker lines is kept; between them it is written anew by each audit."


def markers(name: str) -> tuple[str, str]:
    """The lines before and after the generated part of a document."""
    return _MARK.format(edge="begin", name=name), _MARK.format(edge="end", name=name)


def merge(old: str | None, name: str, generated: str, heading: str, path: str) -> str:
    """The document with its generated part made anew.

    old: what the file holds, None when there is none: the document then starts with ``heading`` and a word for its reader. A file
    without markers gets the part at its end. Text outside of the markers stays as it is, byte by byte. ConfigError when the
    markers are not exactly one pair; path: how messages call the file.
    """
    begin, end = markers(name)
    block = f"{begin}\n\n{generated.strip()}\n\n{end}\n"
    if old is None:
        return f"# {heading}\n\n{_FOR_READERS}\n\n{block}"
    lines = old.splitlines(keepends=True)
    begins = [index for index, line in enumerate(lines) if line.strip() == begin]
    ends = [index for index, line in enumerate(lines) if line.strip() == end]
    if not begins and not ends:
        return f"{old.rstrip()}\n\n{block}" if old.strip() else block
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        found = f"{len(begins)} begin and {len(ends)} end markers" if (len(begins), len(ends)) != (1, 1) else "its end marker first"
        raise ConfigError(
            f"cannot update {path}: it has {found}; keep exactly one line '{begin}' and one line '{end}' after it, or neither"
        )
    return "".join(lines[: begins[0]]) + block + "".join(lines[ends[0] + 1 :])
