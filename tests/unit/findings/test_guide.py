# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "Write a rule" tells what the code does."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from textwrap import dedent

import yaml
from unit.findings.builders import ROOT, lab, node, rule

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.engine import OUTCOMES
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.expressions import FUNCTIONS
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import parse_facts
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rule_files import load_rules
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rules import Rule
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.waivers import parse_waivers

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "rules.rst").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text of one section."""
    return re.split(r"\n[^\n]+\n-+\n", GUIDE.split(f"\n{title}\n", 1)[1].split("\n", 1)[1])[0]


def first_cells(title: str) -> list[str]:
    """First cells of the table in a section."""
    return [cell.strip('"`') for cell in re.findall(r'^   ("[^"]+"|[^:,\s][^,]*),', section(title), re.MULTILINE)]


def test_the_example_is_a_rule(tmp_path: Path) -> None:
    (tmp_path / "my.yml").write_text(dedent(section("An example").split(".. code-block:: yaml\n")[1]), encoding="utf-8")
    assert [loaded.id for loaded in load_rules([tmp_path])] == ["MY-001"]


def test_the_example_of_a_data_file_is_one_and_every_key_is_told() -> None:
    block = section("Data files").split(".. code-block:: yaml\n")[2].split("\n\n.. csv-table")[0]
    (cause,) = parse_facts([("my.yml", yaml.safe_load(dedent(block)))]).lists["drift_causes"]
    assert (cause.id, cause.chart.fixed_in) == ("my-operator-ca", "1.3.0")
    keys = list(yaml.safe_load(dedent(block))["drift_causes"][0])
    told = section("Data files").split(".. csv-table::")[1]
    assert re.findall(r"^   ([a-z]+), (?:yes|no), ", told, re.MULTILINE) == keys


def test_every_key_is_told() -> None:
    assert sorted(first_cells("The keys of a rule")) == sorted({field.name for field in dataclasses.fields(Rule)} - {"path"})


def test_every_function_is_told() -> None:
    assert sorted(cell.split("(")[0] for cell in first_cells("Expressions")) == sorted([*FUNCTIONS, "sum"])


def test_every_outcome_is_told() -> None:
    assert first_cells("Outcomes") == list(OUTCOMES)


def test_every_field_of_findings_json_is_told() -> None:
    found = judge([rule()], lab(nodes=[node("a", ready=False)]), Settings())
    assert first_cells("findings.json") == [
        "format",
        "collected",
        "profile",
        "facts",
        "rules",
        "results",
        "counts",
        "top",
        "waivers",
    ]
    assert set(found) == set(first_cells("findings.json"))
    for field in {*found["results"][0], *found["rules"][0]}:
        assert f"``{field}``" in section("findings.json")


def test_the_settings_are_such_as_can_be_used() -> None:
    block = section("Change what is judged").split(".. code-block:: yaml\n")[1].split("\n\nA waiver")[0]
    audit = yaml.safe_load(dedent(block))["audit"]
    assert set(audit) == {"profile", "severities", "thresholds", "waivers"}
    assert parse_waivers(audit["waivers"])[0].until == "2026-12-31"
