# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in which every name, note and message is hostile gives a page of the same shape as a friendly one."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given, settings
from unit.report.builders import Item, full_lab, gap, page, source
from unit.report.markdown import EVIL, HOSTILE, autolinks, inline, parse, shape
from unit.report.results import more_findings

# Words that our own code chooses or the format fixes; everything else comes from the lab or the user.
_OURS = frozenset(
    (
        "format",
        "collected",
        "source",
        "state",
        "reason",
        "kind",
        "parts",
        "outcome",
        "severity",
        "fingerprint",
        "top",
        "coverage",
        "verb",
        "certificate_expiry",
    )
)
# Values that an API or a rule file fixes, and that decide what is shown where.
_OUR_VALUES = re.compile(r"LoadBalancer|OutOfSync|[A-Z]+-\d{3}")
_TEMPLATES = ("report.md.j2", "docs_inventory.md.j2")
_ALLOWED = frozenset(("text", "code_inline", "strong_open", "strong_close", "softbreak"))


def spoiled(value: t.Any, text: str, key: str = "") -> t.Any:
    """The same data with the text at the end of every string that is not ours; of a gap, in the object behind its noun."""
    if isinstance(value, dict):
        return {name: field if name in _OURS else spoiled(field, text, name) for name, field in value.items()}
    if isinstance(value, list):
        return [spoiled(item, text, key) for item in value]
    if not isinstance(value, str) or _OUR_VALUES.fullmatch(value):
        return value
    return f"{value}/{text}" if key == "what" else f"{value}{text}"


def lab() -> Item:
    """A lab with a gap in it."""
    lost = gap("storages", "cannot read /storage", "grant it")
    return full_lab() | {
        "sources": [source("proxmox/home", "partial", [lost]), source("kubernetes/lab"), source("repository/homelab")]
    }


def _check(text: str) -> None:
    for template in _TEMPLATES:
        written = page(spoiled(lab(), text), spoiled(more_findings(), text), banner=f"x{text}x", template=template)
        friendly = page(spoiled(lab(), "x"), spoiled(more_findings(), "x"), banner="x", template=template)
        assert shape(written) == shape(friendly)
        assert {token.type for token in inline(parse(written))} <= _ALLOWED
        assert autolinks(written) == []
        assert "{{" not in written and "{%" not in written


@pytest.mark.parametrize("text", EVIL)
def test_evil_names_change_nothing_but_names(text: str) -> None:
    _check(text)


@settings(deadline=None, max_examples=15)
@given(text=HOSTILE)
def test_no_name_changes_anything_but_names(text: str) -> None:
    _check(text)


def test_text_of_the_lab_is_never_a_template() -> None:
    written = page(spoiled(lab(), "{{ 7 * 191 }}{% raw %}"), spoiled(more_findings(), "{{ 7 * 191 }}"))
    assert "1337" not in written
