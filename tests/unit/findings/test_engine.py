# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a rule becomes outcomes."""

from __future__ import annotations

import re
import typing as t

import pytest
from unit.findings.builders import Item, lab, node, outcomes, results, rule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError

READY = rule()
WHERE = rule(
    where="schedulable == `true`",
    examples={"fail": [{}], "pass": [{}], "unknown": [{}], "not_applicable": [{}]},
)


def test_the_outcomes_of_subjects() -> None:
    data = lab(
        nodes=[
            node("a", ready=False, schedulable=True),
            node("b", ready=True, schedulable=True),
            node("c", ready=False, schedulable=False),
        ]
    )
    assert outcomes(WHERE, data) == {"node/lab//a": "fail", "node/lab//b": "pass", "node/lab//c": "not_applicable"}


def test_a_finding_in_full() -> None:
    (found,) = results(READY, lab(nodes=[node("a", ready=False)]))
    assert found == {
        "rule": "MY-001",
        "outcome": "fail",
        "severity": "high",
        "subject": "node/lab//a",
        "subject_name": "a",
        "title": "Node is not ready",
        "message": "a is not ready",
        "show": {"node": "a"},
        "missing": [],
        "reason": "",
        "fingerprint": found["fingerprint"],
        "why": "It carries nothing.",
        "fix": "Start it.",
        "services_count": 0,
    }
    assert re.fullmatch(r"[0-9a-f]{16}", found["fingerprint"])


def test_needs_come_before_where() -> None:
    (found,) = results(WHERE, lab(nodes=[node("a", schedulable=False)]))
    assert (found["outcome"], found["missing"]) == ("unknown", ["ready"])
    assert found["message"] == "cannot tell: ready of a was not read"
    assert "why" not in found and "fix" not in found


@pytest.mark.parametrize(
    ("changes", "missing", "message"),
    [
        ({"where": "schedulable"}, ["schedulable"], "cannot tell: schedulable of a was not read"),
        ({"needs": ["ready", "roles", "taints"]}, ["roles", "taints"], "cannot tell: roles and taints of a were not read"),
        ({"fails_when": "kernel == 'x'"}, ["kernel"], "cannot tell: kernel of a was not read"),
        (
            {"fails_when": "ref('guest/home//9').onboot"},
            ["onboot of guest/home//9"],
            "cannot tell: onboot of guest/home//9 was not read",
        ),
        ({"fails_when": "ref('guest/home//8').onboot"}, ["guest/home//8"], "cannot tell: guest/home//8 was not read"),
        ({"fails_when": "ratio(`1`, `0`) > `2`"}, ["a total above 0"], "cannot tell: a total above 0 was not read"),
    ],
)
def test_whatever_was_not_read_is_unknown(changes: Item, missing: list[str], message: str) -> None:
    several = rule(**{"examples": {"fail": [{}], "pass": [{}], "unknown": [{}], "not_applicable": [{}]}, **changes})
    data = lab(nodes=[node("a", ready=True)], guests=[{"id": "guest/home//9", "name": "files", "cluster": "home"}])
    (found,) = results(several, data)
    assert (found["outcome"], found["missing"], found["message"]) == ("unknown", missing, message)


def test_what_is_only_shown_does_not_change_the_outcome() -> None:
    (found,) = results(
        rule(show={"node": "name", "kernel": "kernel"}, message="$node $kernel"), lab(nodes=[node("a", ready=False)])
    )
    assert (found["outcome"], found["message"], found["show"]) == ("fail", "a (not read)", {"node": "a"})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (lab(nodes=[]), ("not_applicable", "", "", "there are no nodes")),
        ({**lab(), "coverage": {"nodes": {}}}, ("not_applicable", "", "", "nothing that is configured has nodes")),
        ({**lab(), "coverage": {}}, ("not_applicable", "", "", "nothing that is configured has nodes")),
        (
            {**lab(), "coverage": {"nodes": {"kubernetes/lab": "unread"}}},
            ("unknown", "kubernetes/lab", "cannot tell: nodes of kubernetes/lab were not read", ""),
        ),
    ],
)
def test_a_whole_collection(data: Item, expected: tuple[str, ...]) -> None:
    (found,) = results(READY, data)
    assert (found["outcome"], found["subject"], found["message"], found["reason"]) == expected


def test_words_of_a_collection() -> None:
    several = rule(subjects="storage_classes", needs=[])
    (found,) = results(several, {**lab(), "coverage": {"storage_classes": {"kubernetes/lab": "unread"}}})
    assert found["message"] == "cannot tell: storage classes of kubernetes/lab were not read"
    assert found["missing"] == ["storage classes of kubernetes/lab"]


def test_one_unread_source_does_not_hide_the_others() -> None:
    data = {**lab(nodes=[node("a", ready=True)]), "coverage": {"nodes": {"kubernetes/lab": "read", "kubernetes/other": "unread"}}}
    assert outcomes(READY, data) == {"node/lab//a": "pass", "kubernetes/other": "unknown"}


@pytest.mark.parametrize(
    ("fails_when", "cause"),
    [
        ("ready", "'fails_when' gives None, not true or false"),
        ("name", "'fails_when' gives 'a', not true or false"),
        ("length(name)", "'fails_when' gives 1, not true or false"),
        ("name > `1`", "'fails_when' fails: '>' not supported between instances of 'str' and 'int'"),
        (
            "sum(name) > `1`",
            "'fails_when' fails: In function sum(), invalid type for value: a, expected one of: ['array-number'], "
            'received: "string"',
        ),
    ],
)
def test_a_rule_that_breaks_names_rule_subject_and_value(fails_when: str, cause: str) -> None:
    message = f"cannot judge node/lab//a by rule MY-001: {cause}; change the rule in my.yml"
    with pytest.raises(LabError, match=f"^{re.escape(message)}$"):
        results(rule(fails_when=fails_when), lab(nodes=[node("a", ready=None)]))


def test_a_where_that_breaks() -> None:
    several = rule(where="name", examples={"fail": [{}], "pass": [{}], "unknown": [{}], "not_applicable": [{}]})
    with pytest.raises(LabError, match="'where' gives 'a', not true or false"):
        results(several, lab(nodes=[node("a", ready=True)]))


def test_a_value_that_is_huge_does_not_flood_the_message() -> None:
    with pytest.raises(LabError) as caught:
        results(rule(fails_when="name"), lab(nodes=[node("a" * 10_000, ready=True) | {"id": "node/lab//a"}]))
    assert len(str(caught.value)) < 250


def test_the_text_of_a_lab_is_neither_template_nor_expression() -> None:
    hostile = "$node ${x} {{ 1 + 1 }} `false` ready == `true`"
    (found,) = results(READY, lab(nodes=[node(hostile, ready=False)]))
    assert found["message"] == f"{hostile} is not ready"


FOLDED: Item = {
    "fold": True,
    "show": {"node": "name", "taints": "taints", "memory_bytes": "memory_bytes"},
    "message": "$node: $taints, $memory_bytes",
}


def folding_lab() -> Item:
    """Two clusters with nodes that fail, one that passes and one that is unknown."""
    nodes = [
        node("b", ready=False, taints=["x", "y"], memory_bytes=2048),
        node("a", ready=False, taints=["y"], memory_bytes=1024),
        node("c", ready=True),
        node("d"),
        node("a", cluster="other", ready=False, taints=[], memory_bytes=1024),
    ]
    return {**lab(nodes=nodes), "coverage": {"nodes": {"kubernetes/lab": "read", "kubernetes/other": "read"}}}


def test_a_folded_rule_gives_one_finding_per_source() -> None:
    found = results(rule(**FOLDED), folding_lab())
    assert [(result["subject"], result["outcome"], result["message"]) for result in found] == [
        ("kubernetes/lab", "fail", "a and b: x and y, 1 KiB and 2 KiB"),
        ("kubernetes/other", "fail", "a: none, 1 KiB"),
        ("node/lab//c", "pass", ""),
        ("node/lab//d", "unknown", "cannot tell: ready of d was not read"),
    ]
    assert found[0]["subject_name"] == "lab"
    assert found[0]["show"] == {
        "node": ["a", "b"],
        "taints": ["x", "y"],
        "memory_bytes": [1024, 2048],
        "subjects": ["node/lab//a", "node/lab//b"],
    }


def test_a_folded_finding_keeps_its_fingerprint_when_a_subject_comes_or_goes() -> None:
    data = folding_lab()
    before = results(rule(**FOLDED), data)[0]["fingerprint"]
    data["nodes"] = data["nodes"][1:]
    assert results(rule(**FOLDED), data)[0]["fingerprint"] == before


def test_sources_are_subjects_too() -> None:
    several = rule(subjects="sources", needs=["state"], fails_when="state == 'failed'", fold=True, show={"node": "id"})
    data = {
        **lab(),
        "sources": [
            {"id": "proxmox/home", "name": "home", "state": "failed"},
            {"id": "repository/", "name": "", "state": "not_configured"},
        ],
    }
    assert [(result["subject"], result["subject_name"], result["outcome"]) for result in results(several, data)] == [
        ("proxmox/home", "home", "fail"),
        ("repository/", "repository/", "pass"),
    ]


def test_a_file_is_called_by_its_path_and_folded_by_its_repository() -> None:
    files: list[t.Any] = [{"id": "file//git/a.yaml.yaml", "path": "a.yaml.yaml", "repository": "git", "double_extension": True}]
    several: Item = {"subjects": "repository_files", "needs": [], "fails_when": "double_extension", "show": {"node": "path"}}
    data = {**lab(repository_files=files), "coverage": {"repository_files": {"repository/git": "read"}}}
    assert [result["subject_name"] for result in results(rule(**several), data)] == ["a.yaml.yaml"]
    assert [result["subject"] for result in results(rule(**several, fold=True), data)] == ["repository/git"]


def test_a_folded_finding_shows_what_its_check_found_too() -> None:
    sources = [
        {"id": f"kubernetes/{name}", "name": name, "state": "read", "started": f"2026-03-01T18:{minute}:00Z"}
        for name, minute in (("early", "00"), ("late", "20"))
    ]
    several = rule(
        **{
            "subjects": "sources",
            "fold": True,
            "needs": [],
            "fails_when": None,
            "check": "collected_apart",
            "show": {"node": "id"},
        },
        message="$node after $apart_seconds",
        thresholds={"seconds": 300},
    )
    (found,) = [result for result in results(several, {**lab(), "sources": sources}) if result["outcome"] == "fail"]
    assert found["message"] == "kubernetes/late after 20 minutes"
    assert found["show"] == {"node": ["kubernetes/late"], "apart_seconds": [1200], "subjects": ["kubernetes/late"]}
