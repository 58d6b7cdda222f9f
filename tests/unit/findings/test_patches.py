# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches are YAML that says what was meant, whatever text of a lab is in them."""

from __future__ import annotations

import typing as t

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.patches import as_yaml

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    TEXTS,
    lambda children: (
        st.lists(st.one_of(TEXTS, st.dictionaries(TEXTS, children, min_size=1, max_size=3)), min_size=1, max_size=3)
        | st.dictionaries(TEXTS, children, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def test_how_it_looks() -> None:
    patch = {
        "spec": {
            "ignoreDifferences": [{"kind": "Thing", "name": "yes", "jsonPointers": ["/spec/a b", "/spec/c"]}],
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
        }
    }
    assert as_yaml(patch) == (
        "spec:\n"
        "  ignoreDifferences:\n"
        "    - kind: Thing\n"
        '      name: "yes"\n'
        "      jsonPointers:\n"
        '        - "/spec/a b"\n'
        "        - /spec/c\n"
        "  syncPolicy:\n"
        "    syncOptions:\n"
        "      - CreateNamespace=true\n"
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(value=st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3))
def test_a_reader_of_yaml_gets_back_what_was_written(value: dict[str, t.Any]) -> None:
    assert yaml.safe_load(as_yaml(value)) == value
