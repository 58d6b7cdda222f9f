# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules and labs in a few words."""

from __future__ import annotations

import typing as t
from functools import lru_cache
from pathlib import Path

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.examples import example_facts, example_lab
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rule_files import load_rules
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rules import Rule, parse_rules

Item = dict[str, t.Any]
ROOT = Path(__file__).parents[3]
RULES_DIR = ROOT / "roles" / "audit" / "files" / "rules"
DATA_DIR = ROOT / "roles" / "audit" / "files" / "data"
COLLECTED = "2026-03-01T18:00:00Z"


@lru_cache(maxsize=1)
def shipped_rules() -> dict[str, Rule]:
    """The rules of the role by id."""
    return {rule.id: rule for rule in load_rules([RULES_DIR])}


def record(**changes: t.Any) -> Item:
    """A record that is right; a key set to None is left out."""
    base = {
        "id": "MY-001",
        "title": "Node is not ready",
        "severity": "high",
        "subjects": "nodes",
        "needs": ["ready"],
        "fails_when": "ready == `false`",
        "show": {"node": "name"},
        "message": "$node is not ready",
        "why": "It carries nothing.",
        "fix": "Start it.",
        "examples": {"fail": [{"ready": False}], "pass": [{"ready": True}], "unknown": [{"name": "one"}]},
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def rule(**changes: t.Any) -> Rule:
    """A rule, its examples not run."""
    (parsed,) = parse_rules([("my.yml", record(**changes))])
    return parsed


def node(name: str, cluster: str = "lab", **fields: t.Any) -> Item:
    """A node of lab.json."""
    return {"id": f"node/{cluster}//{name}", "name": name, "cluster": cluster, **fields}


def lab(**collections: t.Any) -> Item:
    """A lab.json; what it holds was read from the Kubernetes source "lab" unless coverage is given."""
    coverage = {name: {"kubernetes/lab": "read"} for name in collections if name not in ("edges", "requests")}
    return {"format": 1, "collected": COLLECTED, "coverage": coverage, **collections}


def own(found: t.Sequence[Item], subject: str) -> list[Item]:
    """Of the results of an example, those of its own subject: it may need others of the same collection."""
    return [result for result in found if subject == result["subject"] or subject in result["show"].get("subjects", ())]


def example_results(rule: Rule, example: t.Mapping[str, t.Any], data: Item | None = None) -> list[Item]:
    """What findings.json says of the subject of an example. data: its lab, changed."""
    data = data or example_lab(rule, example)
    return own(results(rule, data, facts=example_facts(rule, example)), data[rule.subjects][0]["id"])


def results(rules: Rule | t.Sequence[Rule], data: Item, **settings: t.Any) -> list[Item]:
    """The results of findings.json."""
    several = [rules] if isinstance(rules, Rule) else rules
    return t.cast("list[Item]", judge(several, data, Settings(**settings))["results"])


def outcomes(rules: Rule | t.Sequence[Rule], data: Item, **settings: t.Any) -> dict[str, str]:
    """Subject to outcome."""
    return {result["subject"]: result["outcome"] for result in results(rules, data, **settings)}
