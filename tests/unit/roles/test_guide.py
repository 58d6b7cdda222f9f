# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to the roles: behind everything that it says a role can do stands a test that exists."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "docsite" / "rst" / "roles.rst").read_text(encoding="utf-8")
# A file of a scenario, or a test of this suite.
PLAYBOOK = re.compile(r"``(\w+)/(\w+)``")
TEST = re.compile(r"``(test_\w+)``")
TESTS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "unit").rglob("test_*.py"))


def rows() -> list[tuple[str, str, str]]:
    """Feature, verdict and what shows it, of all tables."""
    found = []
    for table in GUIDE.split(".. csv-table::")[1:]:
        body = re.split(r"\n(?=\S)", table.split("\n\n", 1)[1])[0]
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        found += [tuple(row) for row in csv.reader(lines, skipinitialspace=True)]
    return found  # type: ignore[return-value]


def test_there_are_rows_to_look_at() -> None:
    assert len(rows()) > 40
    assert {verdict for feature, verdict, shown in rows()} <= {"yes", "partly", "no"}


@pytest.mark.parametrize(("feature", "verdict", "shown"), rows(), ids=[row[0] for row in rows()])
def test_behind_every_yes_stands_a_test(feature: str, verdict: str, shown: str) -> None:
    playbooks, tests = PLAYBOOK.findall(shown), TEST.findall(shown)
    assert playbooks or tests or verdict == "no", f"nothing shows {feature}"
    for scenario, playbook in playbooks:
        assert (ROOT / "molecule" / scenario / f"{playbook}.yml").exists(), f"{scenario}/{playbook}"
    for test in tests:
        assert f"def {test}(" in TESTS, test
