# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Text of the lab on its way into Markdown. Names, notes and paths are written by others and may try to be markup.

Every value that a template prints goes through show(), which escapes all that is not Safe. Safe is made here and by nothing
else; whatever a template does to it (joining, replacing, upper()) gives ordinary text again, which is escaped: a mistake shows as
stray backslashes, never as markup.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

UNKNOWN = "unknown"
NONE = "none"
YES = "yes"
NO = "no"

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_JOINERS = "\u200c\u200d"

# Characters that mean something anywhere in a line; a second brace, percent or hash behind a brace, which would start a tag of the
# site generators that people feed Markdown to; entities; runs of hashes that could open or close a heading; underscores.
_ANYWHERE = r"[\\`*\[\]<>|~$]|(?<=\{)[{%#:]|&(?=#?\w+;)|(?<=\s)#|_+"
# At the start of a line: a heading, a list marker, an underline, a row that makes a table, a numbered list.
_AT_START = r"\A[-+=:#]|\A\d+[.)](?=\s|\Z)"
_INNER_MARKUP = re.compile(_ANYWHERE)
_FIRST_MARKUP = re.compile(f"{_AT_START}|{_ANYWHERE}")

# What renderers turn into links by themselves. Braces and pipes end it because they cannot stand in a code span, see code();
# lengths are bounded so that long hostile words cost no time.
_LINK = re.compile(
    r"[\w+.-]{0,30}://[^\s|`<>\"'{}]*"
    r"|(?<!\w)www\.[^\s|`<>\"'{}]*"
    r"|[^\s|`<>\"'{}(),;@]{1,64}@[^\s|`<>\"'{}(),;@.]{1,255}\.[^\s|`<>\"'{}(),;@]+",
    re.IGNORECASE,
)
_LINK_SIGN = re.compile(r"://|www\.|@", re.IGNORECASE)
_NOT_IN_CODE = re.compile(r"\||\{[{%#:]")
_TAG = re.compile(r"\{(?=[{%#:])")
_END_OF_SENTENCE = ".,;:!?)"
_CODE_PAIR = re.compile(r"`([^`]+)`")


class Safe(str):
    """Markdown that is ready to be written. Its methods give ordinary str, on purpose."""

    __slots__ = ()


def clean(value: str) -> str:
    """One line of printable text: white space becomes single spaces; control, direction and invisible characters are replaced.

    Also fit for a terminal, where control characters would move the cursor or change colours.
    """
    if not value.isprintable():
        value = "".join(map(_visible, value))
    return " ".join(value.split())


def escape(value: str) -> Safe:
    """Text so that Markdown renders it as that text, wherever in a line, heading or table cell it stands.

    Web and mail addresses become code, because renderers link even escaped ones.
    """
    return Safe(_line(clean(value), first=True))


def code(value: str) -> Safe:
    """Text as a code span, with a fence longer than any run of backticks in it.

    A pipe would split a table cell, and a double brace would start a tag, even inside of a span: such text is escaped instead.
    """
    text = clean(value)
    if not text or _NOT_IN_CODE.search(text):
        return escape(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in (text[0], text[-1]) else ""
    return Safe(f"{fence}{space}{text}{space}{fence}")


def block(value: str) -> Safe:
    """Lines of text as a fenced block, with a fence longer than any in it. Must stand at the start of a line.

    Two braces that would start a tag of a site generator are parted by a space, which JSON and YAML allow.
    """
    lines = [_TAG.sub("{ ", "".join(map(_visible, line)).rstrip()) for line in value.splitlines()]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", value)), default=0))
    return Safe("\n".join([fence, *lines, fence]))


def prose(value: str) -> Safe:
    """Sentences in which pairs of backticks mark code: messages, remedies, reasons. Everything else is escaped."""
    pieces = _CODE_PAIR.split(clean(value))
    return Safe("".join(code(piece) if index % 2 else _line(piece, first=index == 0) for index, piece in enumerate(pieces)))


def show(value: t.Any) -> str:
    """A value as a template prints it.

    None, "" and [] were read and are empty: "none". Booleans are "yes" and "no", lists are joined by commas, text is escaped. What
    was not read never comes here as a value; the template environment prints it as "unknown". TypeError for mappings and other
    things that have no words.
    """
    if isinstance(value, Safe):
        return str(value) or NONE
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, str):
        return str(escape(value)) or NONE
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(show, value)) or NONE
    if value is None:
        return NONE
    raise TypeError(f"a {type(value).__name__} cannot be printed, print one of its fields")


def number(value: float) -> str:
    """At most two decimals, and none when they are zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    if character in _JOINERS:
        return character
    return _REPLACEMENT if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character


def _line(text: str, *, first: bool) -> str:
    """Escape a clean text. first: it may stand at the start of a line."""
    out = []
    position = 0
    for match in _LINK.finditer(text) if _LINK_SIGN.search(text) else ():
        link = match.group().rstrip(_END_OF_SENTENCE)
        out += [_plain(text[position : match.start()], first and not position), code(link)]
        position = match.start() + len(link)
    out.append(_plain(text[position:], first and not position))
    return "".join(out)


def _plain(text: str, first: bool) -> str:
    return (_FIRST_MARKUP if first else _INNER_MARKUP).sub(_backslash, text)


def _backslash(match: re.Match[str]) -> str:
    """Put a backslash before the last character of a mark; underscores inside of a word are no markup and stay readable."""
    mark = match.group()
    if mark[0] != "_":
        return f"{mark[:-1]}\\{mark[-1]}"
    around = match.string[match.start() - 1 : match.start()] + match.string[match.end() : match.end() + 1]
    return mark if len(around) == 2 and around.isalnum() else mark.replace("_", "\\_")
