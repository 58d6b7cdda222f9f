# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every rule and every lab: unknown is never pass, and the same lab gives the same bytes."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.findings.builders import COLLECTED, Item, example_results, outcomes, shipped_rules

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import dump
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.examples import example_lab
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rules import Rule
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.waivers import parse_waivers

RULES = list(shipped_rules().values())
# Parts of lab.json that are not collections of objects that were read.
NOT_READ = ("collected", "coverage", "edges", "requests")
EXAMPLES = [(rule, kind, example) for rule in RULES for kind, examples in rule.examples.items() for example in examples]


def outcome(rule: Rule, example: t.Mapping[str, t.Any], data: Item) -> str:
    """The outcome of the subject of an example. data: its lab, changed."""
    (found,) = example_results(rule, example, data)
    return t.cast("str", found["outcome"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_key_that_is_needed_and_absent_is_never_a_pass(data: st.DataObject) -> None:
    rule, _kind, example = data.draw(st.sampled_from([each for each in EXAMPLES if each[0].needs]))
    lab = copy.deepcopy(example_lab(rule, example))
    for key in data.draw(st.sets(st.sampled_from(rule.needs), min_size=1)):
        lab[rule.subjects][0].pop(key, None)
    assert outcome(rule, example, lab) == "unknown"


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES])
def test_taking_any_key_away_changes_nothing_or_makes_it_unknown(rule: Rule) -> None:
    for kind, examples in rule.examples.items():
        for example in examples:
            lab = example_lab(rule, example)
            for collection, entities in lab.items():
                for position, entity in enumerate(entities if collection not in NOT_READ else []):
                    for key in set(entity) - {"id", "cluster", "repository"}:
                        less = copy.deepcopy(lab)
                        del less[collection][position][key]
                        assert outcome(rule, example, less) in (kind, "unknown"), (kind, example, key)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES if rule.subjects != "sources"])
def test_a_collection_that_was_not_read_is_never_a_pass(rule: Rule) -> None:
    assert outcomes(rule, {"collected": COLLECTED, "coverage": {rule.subjects: {"x/y": "unread"}}}) == {"x/y": "unknown"}
    assert outcomes(rule, {"collected": COLLECTED, "coverage": {rule.subjects: {}}}) == {"": "not_applicable"}


def crowd() -> Item:
    """A lab with every example of every rule in it, each under an id of its own."""
    lab: Item = {"collected": COLLECTED, "coverage": {}, "edges": [], "requests": []}
    for number, (rule, _kind, example) in enumerate(EXAMPLES):
        for name, value in copy.deepcopy(example_lab(rule, example)).items():
            if name in ("coverage", "collected"):
                continue
            if name == rule.subjects:
                value[0]["id"] = f"{value[0]['id']}{number}"
            known = {entity.get("id") for entity in lab.get(name, [])}
            lab.setdefault(name, []).extend(entity for entity in value if "id" not in entity or entity["id"] not in known)
    return lab


WAIVERS = [
    {"rule": "NODE-001", "object": "*1", "reason": "a", "until": "2027-01-01"},
    {"rule": "NODE-001", "object": "*", "reason": "b", "until": "2027-01-01"},
    {"rule": "NODE-004", "object": "*", "reason": "c", "until": "2020-01-01"},
]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_does_not_matter(random: t.Any) -> None:
    lab, rules, waivers = crowd(), list(RULES), list(WAIVERS)
    before = dump(judge(rules, lab, Settings(waivers=parse_waivers(waivers))))
    for value in lab.values():
        if isinstance(value, list):
            random.shuffle(value)
    random.shuffle(rules)
    random.shuffle(waivers)
    lab = dict(random.sample(list(lab.items()), len(lab)))
    assert dump(judge(rules, lab, Settings(waivers=parse_waivers(waivers)))) == before


def test_the_same_lab_gives_the_same_bytes_and_is_left_as_it_was() -> None:
    lab = crowd()
    before = dump(lab)
    assert len({dump(judge(RULES, lab, Settings())) for _time in range(3)}) == 1
    assert dump(lab) == before


def test_fingerprints_tell_findings_apart() -> None:
    found = judge(RULES, crowd(), Settings())["results"]
    assert len({result["fingerprint"] for result in found}) == len(found)
