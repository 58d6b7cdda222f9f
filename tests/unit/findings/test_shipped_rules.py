# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the role: each proves itself on its examples, and keeps to the catalogue and the model."""

from __future__ import annotations

import csv
import re
import typing as t

import pytest
from unit.findings.builders import ROOT, Item, example_results, shipped_rules

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.lab_index import COLLECTIONS, EDGE_KINDS
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rules import SEVERITIES, Rule

EXAMPLES = [
    pytest.param(rule, kind, example, id=f"{rule.id}-{kind}-{number}")
    for rule in shipped_rules().values()
    for kind, examples in rule.examples.items()
    for number, example in enumerate(examples, start=1)
]
RULES = [pytest.param(rule, id=rule.id) for rule in shipped_rules().values()]


@pytest.mark.parametrize(("rule", "kind", "example"), EXAMPLES)
def test_an_example_comes_out_as_it_says(rule: Rule, kind: str, example: Item) -> None:
    found = example_results(rule, example)
    assert [result["outcome"] for result in found] == [kind]
    if kind == "fail":
        assert "$" not in found[0]["message"]
        assert "(not read)" not in found[0]["message"]


def test_the_rules_of_this_release() -> None:
    assert {group: sorted(numbers) for group, numbers in numbers_by_prefix(shipped_rules()).items()} == {
        "ARGO": [1, 2, 3, 9, 10],
        "BAK": [1],
        "CAP": [1, 4, 11],
        "CP": [1, 4, 8],
        "DNS": [2, 6],
        "IMG": [1],
        "META": [1, 2, 3, 8, 9],
        "MON": [9],
        "NET": [1, 3, 11],
        "NODE": [1, 4, 5, 7],
        "PVE": [1, 2, 3, 4, 5, 6],
        "REPO": [1, 3, 6, 14],
        "SEC": [13],
        "STO": [10, 12, 15, 16],
        "VM": [1, 3],
        "WL": [8],
        "XL": [1, 2],
    }


def numbers_by_prefix(ids: t.Iterable[str]) -> dict[str, list[int]]:
    """Letters of the ids to their numbers."""
    found: dict[str, list[int]] = {}
    for one in ids:
        prefix, number = one.split("-")
        found.setdefault(prefix, []).append(int(number))
    return found


def catalogue() -> dict[str, list[str]]:
    """Rule id to the severities that it may have."""
    lines = (ROOT / "tests" / "unit" / "findings" / "catalogue.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines if not line.startswith("#")}


@pytest.mark.parametrize("rule", RULES)
def test_id_and_severity_are_those_of_the_catalogue(rule: Rule) -> None:
    assert rule.severity in catalogue()[rule.id]
    for example in rule.examples["fail"]:
        assert example_results(rule, example)[0]["severity"] in catalogue()[rule.id]


def test_the_catalogue_knows_only_severities() -> None:
    assert {word for words in catalogue().values() for word in words} == set(SEVERITIES)


def model() -> dict[str, set[str]]:
    """Collection to the fields that the guide to the model documents."""
    found: dict[str, set[str]] = {}
    title, lines = "", (ROOT / "docs" / "docsite" / "rst" / "model.rst").read_text(encoding="utf-8").split("\n")
    for before, line in zip(lines, lines[1:], strict=False):
        if line and set(line) == {"-"}:
            title = before
        if re.match(r"   [a-z0-9_]+, ", line):
            found.setdefault(title, set()).add(next(csv.reader([line.strip()]))[0])
    return found


def fields_of_subject(tree: t.Any) -> set[str]:
    """Keys that an expression reads from the subject itself, not from what it went on to."""
    kind, children = tree["type"], [child for child in tree.get("children", ()) if isinstance(child, dict)]
    if kind == "field":
        return {tree["value"]}
    if kind in ("subexpression", "index_expression", "projection", "filter_projection", "value_projection", "flatten", "pipe"):
        return fields_of_subject(children[0])
    return {field for child in children for field in fields_of_subject(child)}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_reads_only_what_the_model_has(rule: Rule) -> None:
    expressions = [expression for expression in (rule.where, rule.fails_when, *rule.show.values()) if expression]
    read = set(rule.needs).union(*(fields_of_subject(expression.tree) for expression in expressions))
    assert read <= model()[rule.subjects]


@pytest.mark.parametrize("rule", RULES)
def test_examples_use_only_what_the_model_has(rule: Rule) -> None:
    for examples in rule.examples.values():
        for example in examples:
            subject = example.get("subject", example)
            assert set(subject) <= model()[rule.subjects] | {"name", "cluster"}
            for collection, entities in example.get("lab", {}).items():
                for entity in entities if collection != "coverage" else []:
                    assert set(entity) <= model()[collection], collection


def test_collections_and_edges_are_those_of_the_model() -> None:
    assert set(COLLECTIONS) == set(model()) - {"Top level", "edges", "requests"}
    text = (ROOT / "docs" / "docsite" / "rst" / "model.rst").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if "``routes_to``" in line]
    assert sorted(re.findall(r"``([a-z_]+)``", line)) == sorted(EDGE_KINDS)


@pytest.mark.parametrize("rule", RULES)
def test_texts_are_sentences_for_a_person(rule: Rule) -> None:
    assert rule.title[0].isupper() and not rule.title.endswith(".")
    assert not rule.message.endswith(".")
    assert rule.why.endswith(".") and rule.fix.endswith((".", ')."'))
    assert "!" not in rule.title + rule.why.replace("!<token>", "") + rule.fix.replace("!<token>", "")
    assert rule.references
