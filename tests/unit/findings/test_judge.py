# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""findings.json: settings of the user, waivers, counts and the five that matter most."""

from __future__ import annotations

import re
import typing as t

import pytest
from unit.findings.builders import Item, lab, node, outcomes, results, rule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import Facts
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, fingerprint, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rules import Rule
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.waivers import parse_waivers

READY = rule()
BIG = rule(
    id="MY-002",
    severity="low",
    needs=["pods"],
    fails_when="pods > threshold('most')",
    thresholds={"most": 10},
    examples={"fail": [{}], "pass": [{}], "unknown": [{}]},
)
TIDY = rule(id="MY-003", severity="info", profile="hygiene")
THREE = [READY, BIG, TIDY]
DATA = lab(nodes=[node("a", ready=False, pods=12), node("b", ready=True, pods=5), node("c", pods=11)])


def test_the_whole_file() -> None:
    found = judge([BIG, READY], DATA, Settings())
    assert {key: found[key] for key in ("format", "collected", "profile", "counts", "top", "waivers")} == {
        "format": 1,
        "collected": "2026-03-01T18:00:00Z",
        "profile": "default",
        "counts": {
            "outcome": {"fail": 3, "pass": 2, "unknown": 1, "not_applicable": 0, "waived": 0},
            "severity": {"critical": 0, "high": 1, "medium": 0, "low": 2, "info": 0},
        },
        "top": [fingerprint("MY-001", "node/lab//a"), fingerprint("MY-002", "node/lab//a"), fingerprint("MY-002", "node/lab//c")],
        "waivers": [],
    }
    assert [(result["rule"], result["subject_name"], result["outcome"]) for result in found["results"]] == [
        *(("MY-001", "a", "fail"), ("MY-001", "b", "pass"), ("MY-001", "c", "unknown")),
        *(("MY-002", "a", "fail"), ("MY-002", "b", "pass"), ("MY-002", "c", "fail")),
    ]
    assert found["rules"][0] == {
        "id": "MY-001",
        "title": "Node is not ready",
        "severity": "high",
        "harm": "upkeep",
        "subjects": "nodes",
        "why": "It carries nothing.",
        "fix": "Start it.",
        "references": [],
    }


def test_a_fingerprint_depends_on_rule_and_subject_alone() -> None:
    assert fingerprint("MY-001", "node/lab//a") == "e4e49a26eb3d296c"
    first, second = (results(READY, lab(nodes=[node("a", ready=False, pods=pods)]))[0]["fingerprint"] for pods in (1, 2))
    assert first == second == "e4e49a26eb3d296c"


def test_severities_can_be_changed() -> None:
    found = judge(THREE, DATA, Settings(severities={"MY-002": "critical"}))
    assert found["counts"]["severity"] == {"critical": 2, "high": 1, "medium": 0, "low": 0, "info": 0}
    assert [entry["severity"] for entry in found["rules"]] == ["high", "critical"]
    assert found["results"][0]["rule"] == "MY-002"


def test_thresholds_can_be_changed() -> None:
    assert outcomes(BIG, DATA, thresholds={"MY-002": {"most": 11}}) == {
        "node/lab//a": "fail",
        "node/lab//b": "pass",
        "node/lab//c": "pass",
    }


def test_the_hygiene_profile_adds_its_rules() -> None:
    assert [entry["id"] for entry in judge(THREE, DATA, Settings())["rules"]] == ["MY-001", "MY-002"]
    assert [entry["id"] for entry in judge(THREE, DATA, Settings(profile="hygiene"))["rules"]] == ["MY-001", "MY-002", "MY-003"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"severities": {"MY-01": "low"}}, "cannot change the severity of 'MY-01': there is no such rule; did you mean 'MY-001'?"),
        ({"severities": {"X": "low"}}, "cannot change the severity of 'X': there is no such rule; findings.json lists all rules"),
        ({"severities": {"MY-001": "lwo"}}, "cannot change the severity of MY-001 to 'lwo'; did you mean 'low'?"),
        (
            {"thresholds": {"MY-02": {"most": 1}}},
            "cannot set a threshold of 'MY-02': there is no such rule; did you mean 'MY-002'?",
        ),
        ({"thresholds": {"MY-002": 5}}, "cannot set a threshold of MY-002: it must be a mapping of names to numbers"),
        (
            {"thresholds": {"MY-002": {"mots": 5}}},
            "cannot set threshold 'mots' of MY-002: there is none of this name; did you mean 'most'?",
        ),
        (
            {"thresholds": {"MY-001": {"most": 5}}},
            "cannot set threshold 'most' of MY-001: there is none of this name; the rule has none",
        ),
        ({"thresholds": {"MY-002": {"most": "5"}}}, "cannot set threshold 'most' of MY-002: it must be a number, not '5'"),
        ({"profile": "hygene"}, "cannot use profile 'hygene'; did you mean 'hygiene'?"),
    ],
)
def test_settings_that_fit_no_rule(settings: Item, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        judge(THREE, DATA, Settings(**settings))


def waiver(**changes: t.Any) -> Item:
    """A waiver of the one finding of READY."""
    return {"rule": "MY-001", "object": "node/lab//a", "reason": "It is being repaired", "until": "2026-03-01", **changes}


def waived(*waivers: Item, rules: t.Sequence[Rule] = (READY,), data: Item = DATA) -> tuple[list[str], list[str]]:
    """Subjects that are waived, and the states of the waivers."""
    found = judge(rules, data, Settings(waivers=parse_waivers(waivers)))
    return [result["subject"] for result in found["results"] if result["outcome"] == "waived"], [
        each["state"] for each in found["waivers"]
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (["node/lab//a"], ["used"])),
        ({"object": "node/lab/*"}, (["node/lab//a"], ["used"])),
        ({"object": "node/?ab//a"}, (["node/lab//a"], ["used"])),
        ({"until": "2026-02-28"}, ([], ["expired"])),
        ({"object": "node/lab//b"}, ([], ["unmatched"])),
        ({"object": "node/lab//c"}, ([], ["unmatched"])),
        ({"object": "NODE/lab//a"}, ([], ["unmatched"])),
        ({"rule": "MY-002"}, ([], ["unmatched"])),
        ({"rule": "OLD-001", "until": "2026-02-28"}, ([], ["expired"])),
    ],
)
def test_a_waiver(changes: Item, expected: tuple[list[str], list[str]]) -> None:
    assert waived(waiver(**changes)) == expected


def test_a_waived_finding_is_shown_and_not_counted() -> None:
    found = judge([READY], DATA, Settings(waivers=parse_waivers([waiver()])))
    (result,) = [result for result in found["results"] if result["outcome"] == "waived"]
    assert (result["message"], result["reason"], result["show"]) == ("a is not ready", "It is being repaired", {"node": "a"})
    assert found["counts"]["outcome"]["waived"] == 1
    assert found["counts"]["severity"]["high"] == 0
    assert found["top"] == []
    assert found["waivers"] == [{**waiver(), "state": "used"}]


def test_every_waiver_that_matches_is_used_and_the_order_they_are_written_in_does_not_matter() -> None:
    first, second, dead = waiver(reason="A"), waiver(reason="B", object="*"), waiver(reason="0", until="2026-01-01")
    one, other = (
        judge([READY], DATA, Settings(waivers=parse_waivers(order))) for order in ([first, second, dead], [dead, second, first])
    )
    assert one == other
    assert sorted(each["state"] for each in one["waivers"]) == ["expired", "used", "used"]


def test_a_folded_rule_can_be_waived_for_one_subject_or_for_the_source() -> None:
    folded = rule(fold=True)
    data = lab(nodes=[node("a", ready=False), node("b", ready=False)])
    assert outcomes(folded, data, waivers=parse_waivers([waiver()])) == {"node/lab//a": "waived", "kubernetes/lab": "fail"}
    by_source = outcomes(folded, data, waivers=parse_waivers([waiver(object="kubernetes/lab")]))
    assert by_source == {"node/lab//a": "waived", "node/lab//b": "waived"}


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        (waiver(until="31.12.2026"), "'until' must be a date like 2026-12-31, not '31.12.2026'"),
        (waiver(until="2026-02-30"), "'until' must be a date like 2026-12-31, not '2026-02-30'"),
        (waiver(until=""), "it lacks 'until'"),
        ({key: value for key, value in waiver().items() if key != "reason"}, "it lacks 'reason'"),
        (waiver(untill="2026-12-31"), "there is no key 'untill'; did you mean 'until'?"),
        ("MY-001", "it must be a mapping with rule, object, reason, until"),
    ],
)
def test_a_waiver_that_is_written_wrongly(written: t.Any, cause: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(f'cannot use waiver 2: {cause}')}$"):
        parse_waivers([waiver(), written])


def top(*severities: tuple[str, str, int]) -> list[str]:
    """Rule ids of the top findings, for rules with (id, severity, number of fails)."""
    rules = [
        rule(id=name, severity=severity, needs=[], fails_when=f"contains(fails, '{name}')") for name, severity, _count in severities
    ]
    nodes = [node(f"n{number}", fails=[name for name, _severity, count in severities if number < count]) for number in range(9)]
    found = judge(rules, lab(nodes=nodes), Settings())
    by_fingerprint = {result["fingerprint"]: result for result in found["results"]}
    return [by_fingerprint[key]["rule"] for key in found["top"]]


def test_top_is_at_most_five_the_worst_first() -> None:
    assert top(("A-001", "low", 1), ("B-001", "critical", 1), ("C-001", "high", 1)) == ["B-001", "C-001", "A-001"]
    assert top(("A-001", "high", 9)) == ["A-001"] * 5
    assert top(("A-001", "high", 0)) == []


def test_top_takes_different_rules_before_a_second_of_the_same() -> None:
    assert top(*((f"{letter}-001", "high", 2) for letter in "ABCDEF")) == [f"{letter}-001" for letter in "ABCDE"]
    assert top(("A-001", "critical", 4), ("B-001", "low", 1)) == ["A-001", "A-001", "A-001", "A-001", "B-001"]
    assert top(("A-001", "high", 3), ("B-001", "high", 1), ("C-001", "info", 1)) == ["A-001", "B-001", "A-001", "A-001", "C-001"]


def served(rule_id: str, **changes: t.Any) -> Rule:
    """A rule on nodes that fails for those that name it."""
    return rule(**{"id": rule_id, "needs": [], "fails_when": f"contains(fails, '{rule_id}')", **changes})


def in_order(*rules: Rule) -> list[tuple[str, str, int]]:
    """Rule, subject and services of the results, in their order, in a lab where two services run on node b and one on node c."""
    everything = [each.id for each in rules]
    edges = [
        {"from": f"service/lab//{name}", "to": f"node/lab//{on}", "kind": "runs_on", "group": "nodes", "min": 1}
        for name, on in (("x", "b"), ("y", "b"), ("z", "c"))
    ]
    services = [{"id": f"service/lab//{name}", "name": name, "cluster": "lab"} for name in "xyz"]
    nodes = [node(name, fails=everything) for name in "abc"]
    found = judge(rules, {**lab(nodes=nodes, services=services), "edges": edges}, Settings())
    return [(one["rule"], one["subject_name"], one.get("services_count", 0)) for one in found["results"]]


def test_what_affects_more_services_stands_first() -> None:
    assert in_order(served("A-001")) == [("A-001", "b", 2), ("A-001", "c", 1), ("A-001", "a", 0)]


def test_harm_goes_before_the_number_of_services_and_severity_before_harm() -> None:
    rules = [
        served("A-001", harm="exposure"),
        served("B-001", harm="loss", show={"node": "name", "services": "[`1`]"}),
        served("C-001"),
        served("D-001", harm="outage"),
        served("E-001", severity="medium", harm="loss"),
    ]
    assert list(dict.fromkeys(name for name, _node, _count in in_order(*rules))) == ["B-001", "D-001", "A-001", "C-001", "E-001"]


def test_of_two_rules_the_one_about_more_services_stands_first() -> None:
    few = served("A-001", fails_when="name == 'c'")
    many = served("B-001", fails_when="name != 'a'")
    assert in_order(few, many) == [
        *(("B-001", "b", 2), ("B-001", "c", 1), ("B-001", "a", 0)),
        *(("A-001", "c", 1), ("A-001", "a", 0), ("A-001", "b", 0)),
    ]


def test_services_that_a_finding_names_count_before_those_of_the_graph() -> None:
    assert in_order(served("A-001", show={"node": "name", "services": "[`1`, `2`, `3`]"})) == [("A-001", name, 3) for name in "abc"]


def test_a_folded_finding_counts_the_services_of_all_its_subjects() -> None:
    assert in_order(served("A-001", fold=True)) == [("A-001", "lab", 3)]


def test_data_files_are_named_with_their_date() -> None:
    facts = Facts({}, [{"name": "my.yml", "as_of": "2026-01-01"}])
    assert judge([READY], DATA, Settings(facts=facts))["facts"] == [{"name": "my.yml", "as_of": "2026-01-01"}]
