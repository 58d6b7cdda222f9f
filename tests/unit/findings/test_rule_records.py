# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule that is written wrongly stops with its file, its id and what is wrong."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from unit.findings.builders import RULES_DIR, record, rule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError, MissingPackagesError
from ansible_collections.homelab.deepdive.plugins.module_utils._findings import expressions, rule_files, yaml_files
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rule_files import load_rules
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rules import parse_rules

EXAMPLES = record()["examples"]
WRONG = {
    "a kind of source that there is not": (
        {"compares_with": ["kubernets"]},
        "'compares_with' cannot be 'kubernets'; did you mean 'kubernetes'?",
    ),
    "unknown key": ({"fail_when": "ready"}, "there is no key 'fail_when'; did you mean 'fails_when'?"),
    "missing key": ({"why": None}, "it lacks 'why'"),
    "neither expression nor check": ({"fails_when": None}, "it needs either 'fails_when' or 'check'"),
    "expression and check": ({"check": "refused_requests"}, "it needs either 'fails_when' or 'check'"),
    "empty text": ({"fix": " "}, "'fix' must be a text"),
    "text that is no text": ({"title": 5}, "'title' must be a text"),
    "bad severity": ({"severity": "hgih"}, "'severity' cannot be 'hgih'; did you mean 'high'?"),
    "bad severity, far off": (
        {"severity": "severe-ish"},
        "'severity' cannot be 'severe-ish'; it can be critical, high, info, low, medium",
    ),
    "severity of another type": ({"severity": ["high"]}, "'severity' cannot be '['high']'; did you mean 'high'?"),
    "unknown subjects": ({"subjects": "node"}, "'subjects' cannot be 'node'; did you mean 'nodes'?"),
    "subjects are no expression": ({"subjects": "nodes[*]"}, "'subjects' cannot be 'nodes[*]'; did you mean 'nodes'?"),
    "unknown check": (
        {"fails_when": None, "check": "refused_request"},
        "'check' cannot be 'refused_request'; did you mean 'refused_requests'?",
    ),
    "unknown profile": ({"profile": "hygeine"}, "'profile' cannot be 'hygeine'; did you mean 'hygiene'?"),
    "bad JMESPath": (
        {"fails_when": "ready ="},
        "'fails_when' is no JMESPath expression: Bad jmespath expression: Unknown token '='",
    ),
    "unfinished JMESPath": (
        {"where": "ready ==", "examples": {**EXAMPLES, "not_applicable": [{}]}},
        "'where' is no JMESPath expression: Invalid jmespath expression: Incomplete expression",
    ),
    "expression that YAML reads as true": ({"fails_when": True}, "'fails_when' must be a JMESPath expression in quotes, not True"),
    "unknown function": ({"fails_when": "redy(@)"}, "'fails_when' is no JMESPath expression: there is no function redy()"),
    "unknown edge": (
        {"show": {"node": "refs(id, 'run_on')"}},
        "'show.node' is no JMESPath expression: refs() takes the kind of edge as a literal, one of bound_to, mounts, placed_on, "
        "routes_to, runs_in, runs_on, selects, served_by, stored_on",
    ),
    "threshold that is no literal": (
        {"fails_when": "threshold(name) > `1`"},
        "'fails_when' is no JMESPath expression: threshold() takes its name as a literal: threshold('name')",
    ),
    "threshold that is not defined": (
        {"fails_when": "count > threshold('most')"},
        "it uses threshold 'most' and does not define it",
    ),
    "threshold that is not used": ({"thresholds": {"most": 3}}, "it defines threshold 'most' and does not use it"),
    "threshold of a check": (
        {"fails_when": None, "check": "services_on_one_server", "subjects": "kube_clusters"},
        "it uses threshold 'services' and does not define it",
    ),
    "threshold that is no number": ({"thresholds": {"most": "3"}}, "threshold 'most' must be a number, not '3'"),
    "threshold that is true": ({"thresholds": {"most": True}}, "threshold 'most' must be a number, not True"),
    "needs that is no list": ({"needs": "ready"}, "'needs' must be a list of texts"),
    "show that is no mapping": ({"show": ["name"]}, "'show' must be a mapping"),
    "show that names what folding adds": (
        {"show": {"subjects": "name", "node": "name"}},
        "show cannot name 'subjects': a folded finding lists its subjects there",
    ),
    "fold that is no truth value": ({"fold": "yes"}, "'fold' must be true or false"),
    "placeholder that is not shown": ({"message": "$node on $host"}, "'message' names $host, which 'show' does not have"),
    "lonely dollar": ({"message": "$node costs $ 5"}, "'message' has a '$' that starts no name; write '$$' for a dollar sign"),
    "no example that fails": ({"examples": {"pass": [{}], "unknown": [{}]}}, "it needs a list of examples for 'fail'"),
    "no example that passes": ({"examples": {"fail": [{}], "unknown": [{}]}}, "it needs a list of examples for 'pass'"),
    "no unknown example for needs": ({"examples": {"fail": [{}], "pass": [{}]}}, "it needs a list of examples for 'unknown'"),
    "no example that where leaves out": ({"where": "ready"}, "it needs a list of examples for 'not_applicable'"),
    "empty list of examples": (
        {"examples": {**EXAMPLES, "not_applicable": []}},
        "it needs a list of examples for 'not_applicable'",
    ),
    "unknown kind of example": (
        {"examples": {**EXAMPLES, "passes": [{}]}},
        "there are no examples of 'passes'; did you mean 'pass'?",
    ),
    "example that is no mapping": (
        {"examples": {**EXAMPLES, "fail": ["ready"]}},
        "an example for 'fail' must be a mapping of texts, numbers, true, false, null, lists and mappings; quote times",
    ),
    "half an example with a lab": (
        {"examples": {**EXAMPLES, "fail": [{"subject": {"ready": False}}]}},
        "an example for 'fail' is the fields of the subject, or the mappings 'subject' and 'lab', and 'facts' if any",
    ),
}


@pytest.mark.parametrize(("changes", "cause"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(changes: dict[str, t.Any], cause: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"cannot use rule MY-001 of my.yml: {cause}") + "$"):
        parse_rules([("my.yml", record(**changes))])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("node", "cannot use my.yml: a rule is a mapping, not 'node'"),
        ({"title": "A rule", "id": "my-1"}, "cannot use my.yml: the rule 'A rule' needs an id like MY-001, not 'my-1'"),
        ({"title": "A rule"}, "cannot use my.yml: the rule 'A rule' needs an id like MY-001, not None"),
    ],
)
def test_a_record_without_a_usable_id(written: t.Any, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        parse_rules([("my.yml", written)])


def test_two_rules_of_one_id_whatever_their_order() -> None:
    for first, second in (("a.yml", "b.yml"), ("b.yml", "a.yml")):
        message = f"cannot use rule MY-001 of {second}: {first} has a rule of this id; give it another id"
        with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
            parse_rules([(first, record()), (second, record())])


def test_texts_are_one_line_each() -> None:
    assert rule(why="It carries\n  nothing.\n").why == "It carries nothing."


FILE = """---
- id: MY-001
  title: Node is not ready
  severity: high
  subjects: nodes
  needs: [ready]
  fails_when: ready == `false`
  message: not ready
  why: It carries nothing.
  fix: Start it.
  examples:
    fail: [{ready: false}]
    pass: [{ready: true}]
    unknown: [{name: one}]
"""


def test_every_yaml_file_of_every_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(FILE.replace("MY-001", "MY-002"), encoding="utf-8")
    (tmp_path / "a.yml").write_text(FILE, encoding="utf-8")
    (tmp_path / "README.md").write_text("no rule", encoding="utf-8")
    loaded = load_rules([tmp_path, RULES_DIR])
    assert [rule.id for rule in loaded if rule.id.startswith("MY")] == ["MY-001", "MY-002"]
    assert len(loaded) > 20


def load_error(folder: Path) -> str:
    """What load_rules says, with the folder cut out."""
    with pytest.raises(ConfigError) as caught:
        load_rules([folder])
    return str(caught.value).replace(str(folder), "rules")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- id: [", "cannot read rules/my.yml: it is not YAML: "),
        ("id: MY-001\n", "cannot use rules/my.yml: a rule file is a list of rules; start each with '- id: …'"),
        ("", "cannot use rules/my.yml: a rule file is a list of rules; start each with '- id: …'"),
        (FILE + "  severity: low\n", "cannot use rules/my.yml: line 15 has the key 'severity' a second time"),
        (
            FILE.replace("fail: [{ready: false}]", "fail: [{ready: true}]"),
            "cannot use rule MY-001 of rules/my.yml: example 1 for 'fail' comes out as pass",
        ),
        (
            FILE.replace("fail: [{ready: false}]", "fail: [{ready: false}, {name: one}]"),
            "cannot use rule MY-001 of rules/my.yml: example 2 for 'fail' comes out as unknown",
        ),
        (
            FILE.replace("ready == `false`", "ready"),
            "cannot use rule MY-001 of rules/my.yml: example 1 for 'fail' comes out as pass",
        ),
        (
            FILE.replace("ready == `false`", "name"),
            "cannot use rule MY-001 of rules/my.yml: example 1 for 'fail': cannot judge example by rule MY-001: 'fails_when' gives "
            "'example', not true or false; change the rule in rules/my.yml",
        ),
        (
            FILE.replace("{ready: true}", "{ready: 2026-01-01}"),
            "cannot use rule MY-001 of rules/my.yml: an example for 'pass' must be a mapping of texts, numbers, true, false, null, "
            "lists and mappings; quote times",
        ),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "my.yml").write_text(text, encoding="utf-8")
    assert load_error(tmp_path).startswith(message)


def test_a_folder_that_is_wrong(tmp_path: Path) -> None:
    assert load_error(tmp_path) == "cannot read the rule folder rules: it holds no *.yml file; check rules_dirs"
    assert load_error(tmp_path / "no") == "cannot read the rule folder rules: No such file or directory; check rules_dirs"
    (tmp_path / "my.yml").write_text("[]\n", encoding="utf-8")
    assert load_error(tmp_path) == "cannot judge the lab: there is not a single rule; check rules_dirs"
    (tmp_path / "my.yml").write_bytes(b"\xff")
    assert load_error(tmp_path).startswith("cannot read rules/my.yml: 'utf-8' codec can't decode byte 0xff")


def test_missing_packages_are_named_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rule_files.missing_packages() == []
    monkeypatch.setattr(expressions, "IMPORT_ERROR", ImportError())
    monkeypatch.setattr(yaml_files, "IMPORT_ERROR", ImportError())
    with pytest.raises(MissingPackagesError, match=re.escape("Python packages are missing (PyYAML>=5.1, jmespath>=1.0.1); run: ")):
        load_rules([RULES_DIR])
