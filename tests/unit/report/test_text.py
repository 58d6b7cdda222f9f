# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of the lab stays text: readable where it is harmless, and never markup where it is not."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.report.markdown import EVIL, HOSTILE, autolinks, parse, shape, words

from ansible_collections.homelab.deepdive.plugins.module_utils._report.text import Safe, block, clean, code, escape, prose, show


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("kube-system", "kube-system"),
        ("ingress-nginx-controller", "ingress-nginx-controller"),
        ("192.168.7.201", "192.168.7.201"),
        ("v1.30.2+k0s.0", "v1.30.2+k0s.0"),
        ("memory_used_bytes", "memory_used_bytes"),
        ("NET_ADMIN", "NET_ADMIN"),
        ("audit@pve!deepdive", "audit@pve!deepdive"),
        ("R&D (old)", "R&D (old)"),
        ("C#", "C#"),
        ("6.17.2-1-pve", "6.17.2-1-pve"),
        ("_private", "\\_private"),
        ("a|b", "a\\|b"),
        ("<b>", "\\<b\\>"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("# title", "\\# title"),
        ("&lt;", "\\&lt;"),
        ("{{ x }}", "{\\{ x }}"),
        ("two\nlines\tand  spaces ", "two lines and spaces"),
        ("https://192.0.2.1:6443", "`https://192.0.2.1:6443`"),
        ("(see https://example.org/a_b).", "(see `https://example.org/a_b`)."),
        ("root@example.org", "`root@example.org`"),
        ("red\x1b[31m", "red\ufffd\\[31m"),
        ("a\u202eb", "a\ufffdb"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
    ],
)
def test_escape(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("/config", "`/config`"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("a|b", "a\\|b"),
        ("{{ x }}", "{\\{ x }}"),
        ("{}", "`{}`"),
        ("a\nb", "`a b`"),
    ],
)
def test_code(text: str, span: str) -> None:
    assert code(text) == span


def test_prose_keeps_code_of_backtick_pairs_and_escapes_the_rest() -> None:
    assert prose("run `qm set 101 --onboot 1` on <host>") == "run `qm set 101 --onboot 1` on \\<host\\>"
    assert prose("a lone ` stays") == "a lone \\` stays"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "none"),
        ("", "none"),
        (" \n", "none"),
        ([], "none"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (4.0, "4"),
        (3.925, "3.92"),
        (["a", "b|c"], "a, b\\|c"),
        ([None, True], "none, yes"),
        (Safe("*x*"), "*x*"),
        ("*x*", "\\*x\\*"),
    ],
)
def test_vocabulary(value: t.Any, shown: str) -> None:
    assert show(value) == shown


def test_what_has_no_words_is_a_mistake() -> None:
    with pytest.raises(TypeError, match=r"^a dict cannot be printed, print one of its fields$"):
        show({"a": 1})


def test_safe_does_not_survive_what_a_template_does_to_it() -> None:
    for changed in (Safe("*a*") + "", Safe("*a*").upper(), "".join([Safe("*a*")]), f"{Safe('*a*')}", Safe("*%s*") % "a"):
        assert changed.__class__ is str


_PLACES = {
    "paragraph": "{0}",
    "sentence": "It is {0}, and {0}.",
    "bold": "x **{0}** y",
    "item": "- {0}: x\n- {0}",
    "heading": "## {0}\n\n### x {0}",
    "table": "| A | B |\n|---|---|\n| {0} | x |\n| x {0} | {0} |",
    "continued": "first\n{0}",
}


def _stays_text(text: str) -> None:
    for place, template in _PLACES.items():
        # Beside white space or a sign "**" is no mark but text, so that bold text starts and ends with a letter here.
        around = f"n{text}n" if place == "bold" else text
        for make in (escape, code, prose):
            written = template.format(show(make(around)))
            assert shape(written) == shape(template.format("name"))
            assert autolinks(written) == []
            assert not re.search(r"\{[{%#]", written)


def _reads_as_itself(text: str) -> None:
    seen = clean(text) or "none"
    assert words(parse(f"x {show(escape(text))} y")) == f"x {seen} y"
    assert words(parse(f"## x {show(escape(text))}")) == f"x {seen}"
    assert words(parse(f"| A |\n|---|\n| x {show(code(text))} y |")) == f"Ax {seen} y"


@pytest.mark.parametrize("text", EVIL)
def test_evil_text_stays_text(text: str) -> None:
    _stays_text(text)
    _reads_as_itself(text)


@settings(deadline=None)
@given(text=HOSTILE)
def test_any_text_stays_text_anywhere(text: str) -> None:
    _stays_text(text)


@settings(deadline=None)
@given(text=HOSTILE)
def test_a_reader_sees_the_text_itself(text: str) -> None:
    _reads_as_itself(text)


def test_two_lines_of_lab_text_make_no_table() -> None:
    assert shape(f"{escape('a|b')}\n{escape(':-')}") == shape("a\nb")


@settings(deadline=None)
@given(text=st.one_of(st.text(), HOSTILE))
def test_clean_text_is_one_printable_line_that_utf8_can_carry(text: str) -> None:
    shown = clean(text)
    assert shown == clean(shown) == shown.strip()
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
    shown.encode()


@pytest.mark.parametrize("text", EVIL)
def test_long_hostile_text_costs_no_time(text: str) -> None:
    assert len(escape(text * 20000)) > 0
    assert len(prose(text * 20000)) > 0


@pytest.mark.parametrize("text", ["a" * 300000 + "@", "a." * 100000 + "@b", "a@" * 100000, "+" * 200000 + "://", "www." * 50000])
def test_addresses_are_looked_for_in_bounded_steps(text: str) -> None:
    assert len(escape(text)) > 0


@settings(deadline=None, max_examples=200)
@given(text=HOSTILE)
def test_a_block_is_one_block_whatever_is_in_it(text: str) -> None:
    written = str(block(f"spec:\n  a: {text}\n{text}\nend"))
    assert shape(f"before\n\n{written}\n\nafter")[3:-3] == ["fence"]
    assert "{{" not in written and "{%" not in written


def test_a_block_keeps_its_lines() -> None:
    assert block("spec:\n  a: b\n") == "```\nspec:\n  a: b\n```"
    assert block("a ```` b") == "`````\na ```` b\n`````"
