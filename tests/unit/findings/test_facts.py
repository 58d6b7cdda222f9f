# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data files: what they hold, how they are merged, and what is wrong with them."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path
from textwrap import dedent

import pytest
from unit.findings.builders import DATA_DIR, Item

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import load_facts, parse_facts


def entry(**changes: t.Any) -> Item:
    """An entry of drift_causes that is right; a key set to None is left out."""
    base: Item = {"id": "one", "match": {"kind": "Thing"}, "text": "it is so"}
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def content(*entries: t.Any, **changes: t.Any) -> Item:
    """A data file that is right."""
    return {"as_of": "2026-01-01", "drift_causes": list(entries or [entry()]), **changes}


def test_the_first_folder_wins(tmp_path: Path) -> None:
    for name, text in (("mine", "mine"), ("theirs", "theirs")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "causes.yml").write_text(
            dedent(f"""
                as_of: 2026-0{len(name) - 3}-01
                drift_causes:
                  - {{id: same, match: {{kind: Thing}}, text: {text}}}
                  - {{id: only-{name}, match: {{kind: Thing}}, text: {text}}}
            """),
            encoding="utf-8",
        )
    facts = load_facts([tmp_path / "mine", tmp_path / "theirs"])
    assert [(one.id, one.text) for one in facts.lists["drift_causes"]] == [
        *(("same", "mine"), ("only-mine", "mine")),
        ("only-theirs", "theirs"),
    ]
    assert facts.files == [{"name": "causes.yml", "as_of": "2026-01-01"}, {"name": "causes.yml", "as_of": "2026-03-01"}]


def test_no_folder_is_no_facts() -> None:
    assert (load_facts([]).lists, load_facts([]).files) == ({}, [])


def test_those_of_the_role_are_dated() -> None:
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", one["as_of"]) for one in load_facts([DATA_DIR]).files)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "cannot use my.yml: a data file is a mapping with 'as_of', the day that its facts were looked up on"),
        (
            {"drift_causes": []},
            "cannot use my.yml: a data file is a mapping with 'as_of', the day that its facts were looked up on",
        ),
        (content(as_of="1.1.2026"), "cannot use my.yml: 'as_of' must be a date like 2026-12-31, not '1.1.2026'"),
        (content(drift_cause=[]), "cannot use my.yml: there is no list 'drift_cause'; did you mean 'drift_causes'?"),
        (content(drift_causes={}), "cannot use my.yml: 'drift_causes' must be a list"),
        (content(entry(), entry()), "cannot use my.yml: 'drift_causes' has the id 'one' a second time"),
        (content("one"), "cannot use my.yml: an entry must be a mapping"),
    ],
)
def test_a_file_that_is_wrong(wrong: t.Any, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        parse_facts([("my.yml", wrong)])


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"match": None}, "it lacks 'match'"),
        ({"match": {"knd": "Thing"}}, "there is no key 'knd'; did you mean 'kind'?"),
        ({"match": "Thing"}, "'match' must be a mapping"),
        ({"match": {"applied": 0}}, "'applied' must be a text, in quotes when it looks like a number"),
        ({"txt": "x"}, "there is no key 'txt'; did you mean 'text'?"),
        ({"text": ["x"]}, "'text' must be a text, in quotes when it looks like a number"),
        ({"chart": {"name": "thing"}}, "it lacks 'fixed_in'"),
        ({"chart": {"name": "thing", "fixed_in": 1.5}}, "'fixed_in' must be a text, in quotes when it looks like a number"),
        ({"chart": {"name": "thing", "fixed_in": "soon"}}, "'fixed_in' must be a version, not 'soon'"),
        (
            {"chart": {"name": "thing", "fixed_in": "2", "affected": [{"first": "1", "names": ["a"]}]}},
            "it lacks 'before'",
        ),
        ({"patch": {"ignore": {"jsonPointer": ["/a"]}}}, "there is no key 'jsonPointer'; did you mean 'jsonPointers'?"),
        ({"patch": {"ignored": {}}}, "there is no key 'ignored'; did you mean 'ignore'?"),
    ],
)
def test_an_entry_that_is_wrong(changes: Item, cause: str) -> None:
    message = f"cannot use drift cause 'one' of my.yml: {cause}"
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        parse_facts([("my.yml", content(entry(**changes)))])


def test_a_folder_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^cannot read the data folder .*: it holds no \*\.yml file; check data_dirs$"):
        load_facts([tmp_path])
