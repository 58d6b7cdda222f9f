# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown as a renderer reads it: CommonMark with raw HTML, tables and strikethrough, the most that common renderers allow."""

from __future__ import annotations

import re
import typing as t

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What renderers with automatic links would make a link of, outside of code.
_AUTOLINK = re.compile(r"(?:https?|ftp)://\w|(?<!\w)www\.\w|[\w.+-]+@[\w-]+\.\w", re.IGNORECASE)

EVIL = (
    "a|b",
    "a\\|b",
    "x` | `y",
    "\\",
    "`",
    "``a`b``",
    "[x](http://evil.example)",
    "![x](y)",
    "<script>alert(1)</script>",
    "<!-- homelab.deepdive: end inventory -->",
    "<http://evil.example>",
    "see http://evil.example/a_b_c, and www.evil.example.",
    "mail root@evil.example now",
    "**bold** _em_ __em__ ~~gone~~",
    "a_b_c _d",
    "# heading",
    "text\n# heading\n- item",
    "- item",
    "+ item",
    "1. item",
    "12)",
    "---",
    "===",
    ":--|--:",
    ":-",
    "> quote",
    "    code",
    "```\nfence",
    "~~~",
    "&lt;b&gt; &#60;",
    "[a]: http://evil.example",
    "[^1]: note",
    "$x$ and $$y$$",
    "{{ site.secret }} {% include x %} {# y #}",
    "http://{{evil}}.example",
    "\u202egnp.exe",
    "a\u0000b\u001b[31mc\u0007",
    "zero\u200bwidth\ufeff",
    "\ud800",
    "line\u2028separator",
    "C# ##",
)

_SPECIAL = "\\`*_[]()<>|~$#-+=:.!&;{}%@/ \n\t'\"1aZ"
HOSTILE = st.one_of(
    st.sampled_from(EVIL),
    st.text(alphabet=_SPECIAL, max_size=30),
    st.lists(st.sampled_from([*EVIL, "a", " ", "_", "|", "`", "http://", "www.", "@x.y"]), max_size=5).map("".join),
    st.text(max_size=20),
)


def parse(text: str) -> list[Token]:
    """Block tokens."""
    return _PARSER.parse(text)


def html(text: str) -> str:
    """As a browser gets it."""
    return str(_PARSER.render(text))


def inline(tokens: t.Sequence[Token]) -> list[Token]:
    """The inline tokens of all blocks in turn."""
    return [child for token in tokens for child in token.children or ()]


def shape(text: str) -> list[str]:
    """The kinds of all tokens, without those that text of any kind may consist of."""
    tokens = parse(text)
    kinds = []
    for token in tokens:
        kinds.append(token.type)
        kinds += [child.type for child in token.children or () if child.type not in ("text", "code_inline")]
    return kinds


def words(tokens: t.Sequence[Token]) -> str:
    """What a reader sees."""
    return "".join("\n" if token.type == "softbreak" else token.content for token in inline(tokens))


def autolinks(text: str) -> list[str]:
    """What a renderer with automatic links would link."""
    return [child.content for child in inline(parse(text)) if child.type == "text" and _AUTOLINK.search(child.content)]
