# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our functions in JMESPath, and how expressions meet what was not read."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.expressions import (
    Evaluator,
    ExpressionError,
    compile_expression,
)
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.lab_index import Entity, LabIndex, NotReadError

LAB = LabIndex(
    {
        "guests": [{"id": "guest/home//9", "name": "files", "host": "one"}],
        "claims": [{"id": "claim/lab/shop/b", "name": "b"}, {"id": "claim/lab/shop/a", "name": "a"}],
        "edges": [
            {"from": "x", "to": "claim/lab/shop/b", "kind": "mounts"},
            {"from": "x", "to": "claim/lab/shop/a", "kind": "mounts"},
            {"from": "x", "to": "guest/home//9", "kind": "served_by"},
            {"from": "x", "to": "node/lab//gone", "kind": "runs_on"},
        ],
    }
)
SUBJECT = Entity(
    {
        "id": "x",
        "server": "guest/home//9",
        "nothing": None,
        "used": 3,
        "size": 4,
        "zero": 0,
        "yes": True,
        "old": "v1.30.2+k0s.0",
        "text": "none",
        "disks": [{"bytes": 1}, {"bytes": None}, {"bytes": 2}],
    }
)


def value(text: str) -> t.Any:
    """What an expression gives for SUBJECT."""
    return Evaluator(LAB, {"most": 2.5}).value(compile_expression(text), SUBJECT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ref(server).name", "files"),
        ("ref(nothing)", None),
        ("ref(nothing).name", None),
        ("refs(id, 'mounts')[].name", ["a", "b"]),
        ("refs(id, 'served_by')[0].host", "one"),
        ("refs(id, 'selects')", []),
        ("length(refs(id, 'mounts'))", 2),
        ("version_lt(old, 'v1.30.2+k0s.1')", True),
        ("version_lt(old, 'v1.30.10')", True),
        ("version_lt('9.1', '9.1.0')", False),
        ("version_lt('9.1.0', '9.1')", False),
        ("version_lt('9.1.4', '10.0.0')", True),
        ("version_lt('1.30.0-rc1', '1.30.0')", True),
        ("version_lt('1.30.0', '1.30.0-rc1')", False),
        ("version_lt('6.17.2-1-pve', '6.17.2-2-pve')", True),
        ("ratio(used, size)", 0.75),
        ("ratio(zero, size)", 0),
        ("minus(size, used)", 1),
        ("minus(used, size)", -1),
        ("sum(disks[].bytes)", 3),
        ("sum([used, size])", 7),
        ("threshold('most') < size", True),
        ("ends_with(text, 'ne')", True),
    ],
)
def test_what_it_gives(text: str, expected: t.Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("absent == `null`", "absent of x"),
        ("ref(server).onboot == `false`", "onboot of guest/home//9"),
        ("ref('guest/home//10').name", "guest/home//10"),
        ("refs(id, 'runs_on')[].name", "node/lab//gone"),
        ("refs(id, 'mounts')[?phase == 'Bound']", "phase of claim/lab/shop/a"),
        ("ratio(used, zero)", "a total above 0"),
        ("version_lt(text, '1.0')", "a version ('none' is none)"),
        ("yes && absent", "absent of x"),
    ],
)
def test_what_was_not_read_is_never_null(text: str, missing: str) -> None:
    with pytest.raises(NotReadError, match=f"^{re.escape(missing)}$"):
        value(text)


def test_what_is_not_touched_does_not_matter() -> None:
    assert value("yes || absent") is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ref(used)", "ref() takes a string or null, not 3"),
        ("ref(yes)", "ref() takes a string or null, not True"),
        ("refs(nothing, 'mounts')", "refs() takes a string, not None"),
        ("ratio(text, size)", "ratio() takes a number, not 'none'"),
        ("ratio(yes, size)", "ratio() takes a number, not True"),
        ("version_lt(used, '1.0')", "version_lt() takes a string, not 3"),
        ("ratio(used)", "ratio() takes 2 arguments, not 1"),
        ("sum(disks)", "In function sum(), invalid type for value"),
        ("text < size", "'<' not supported between instances of 'str' and 'int'"),
    ],
)
def test_wrong_types_are_errors(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(message)) as caught:
        value(text)
    assert "\n" not in str(caught.value)


def test_long_values_do_not_flood_the_message() -> None:
    huge = Entity({"id": "x", "text": "y" * 10_000})
    for text in ("ratio(text, `1`)", "sum(text)"):
        with pytest.raises(ExpressionError) as caught:
            Evaluator(LAB, {}).value(compile_expression(text), huge)
        assert len(str(caught.value)) <= 200


def test_thresholds_are_known_before_anything_is_judged() -> None:
    assert compile_expression("a > threshold('x') || ref(b).c < threshold('y')").thresholds == {"x", "y"}
