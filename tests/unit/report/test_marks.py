# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts Ansible would run as a template."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from ansible_collections.homelab.deepdive.plugins.module_utils._report.marks import template_marks


@pytest.mark.parametrize("text", ["{{ x }}", "a{{", "{% if %}", "{#", "x {{ lookup('pipe', 'id') }}", "{{{", "{\n{{"])
def test_texts_with_marks(text: str) -> None:
    assert template_marks(text)


@pytest.mark.parametrize("text", ["", "{", "}}", "%}", "#}", "{ {", "{ % x", "${x}", "$(id)", "`id`", '{"a": {"b": 1}}', "# {"])
def test_texts_without_marks(text: str) -> None:
    assert not template_marks(text)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(text=st.text(alphabet="{}%# ax'", max_size=12))
def test_a_text_without_marks_is_data_to_the_template_engine(text: str) -> None:
    tokens = {kind for _line, kind, _value in Environment().lex(text)} if not template_marks(text) else set()
    assert tokens <= {"data"}
