# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fact of the hand-made audit stands in the report of the demo lab, in the section where a reader would look for it."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from lab.demo_tier import demo_lab
from unit.audit.harness import Audit, audit

Fact = dict[str, t.Any]
FACTS: list[Fact] = yaml.safe_load((Path(__file__).with_name("facts.yml")).read_text(encoding="utf-8"))["facts"]
SOURCES = {"proxmox", "kubernetes", "k0s", "repository"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    folder = tmp_path_factory.mktemp("lab")
    with demo_lab(folder) as lab:
        return audit(lab, tmp_path_factory.mktemp("audit"))


def place(report: Audit, fact: Fact) -> str:
    """The text in which a fact must stand: its section, or the part of one service in it. Without the escapes of Markdown."""
    section = report.section(fact["section"])
    if "service" in fact:
        parts = re.split(r"^### ", section, flags=re.MULTILINE)
        section = next((part for part in parts if re.match(rf"[\d.]* ?{re.escape(fact['service'])}\b", part)), "")
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", section)


def stands(words: t.Sequence[t.Any], line: str) -> bool:
    """Whether all words are in a line."""
    return all(
        re.search(word[1:-1], line) is not None if len(word) > 2 and word[0] == word[-1] == "/" else word in line
        for word in map(str, words)
    )


def missing(report: Audit, facts: t.Iterable[Fact]) -> list[str]:
    """The facts that do not stand where they must."""
    return [
        f"{fact['place']} {fact['says']}: {fact['line']} in section {fact['section']}"
        for fact in facts
        if not any(stands(fact["line"], line) for line in place(report, fact).splitlines())
    ]


@pytest.mark.parametrize("number", range(2, 10))
def test_every_fact_of_a_section_is_in_the_report(number: int, report: Audit) -> None:
    facts = [fact for fact in FACTS if str(fact["place"]).split(".", maxsplit=1)[0] == str(number)]
    assert len(facts) >= 8
    assert "\n".join(missing(report, facts)) == ""


def test_every_fact_names_a_source_that_was_read(report: Audit) -> None:
    assert {fact["source"] for fact in FACTS} == SOURCES
    assert {source["source"] for source in report.lab["sources"] if source["state"] == "read"} == SOURCES


def test_a_fact_that_is_not_so_is_missed(report: Audit) -> None:
    """One processor more, one letter less: the search is not satisfied with something similar."""
    false = [{**FACTS[2], "line": ["aether", "| 17 |"]}, {**FACTS[0], "line": ["aethe ", "9.1.4"]}, {**FACTS[0], "section": 12}]
    assert len(missing(report, false)) == 3


# What the hand-made audit says in its sections 10 and 11, and the rules that must say it with evidence.
NOTED = {
    "10.1 names say k3s, k0s runs": ("NODE-007",),
    "10.2 machines that are not there": ("NODE-005", "REPO-001", "REPO-003"),
    "10.3 Argo CD syncs again and again": ("ARGO-001", "ARGO-002", "ARGO-003"),
    "10.4 a file with two extensions": ("REPO-006",),
    "10.5 destination of the monitoring application": ("ARGO-010",),
    "11.1 images without a fixed tag": ("IMG-001",),
    "11.2 NET_ADMIN": ("WL-008",),
    "11.3 small controller": ("CP-001", "CP-004", "CP-008"),
    "11.4 noise in the events": ("ARGO-003", "MON-009"),
    "11.5 one NFS server": ("STO-015", "XL-001"),
    "9 pressure on memory": ("CAP-004", "CAP-011"),
    "2.1 hosts that are highly used": ("PVE-004", "CAP-001"),
    "6.2 a host name in the repository only": ("ARGO-009", "DNS-006", "REPO-014"),
}


@pytest.mark.parametrize("note", NOTED)
def test_every_note_and_risk_is_a_finding_with_evidence(note: str, report: Audit) -> None:
    fails = {result["rule"]: result for result in report.findings["results"] if result["outcome"] == "fail"}
    for rule in NOTED[note]:
        assert rule in fails, rule
        assert fails[rule]["message"]
        assert fails[rule]["show"]
        assert f" {rule}: " in report.section(11)


def test_the_findings_can_be_read_by_a_person(report: Audit) -> None:
    severities = [result["severity"] for result in report.findings["results"] if result["outcome"] == "fail"]
    assert 20 < sum(severity != "info" for severity in severities) <= 40
    shown = re.findall(r"^\| (critical|high|medium|low|info) \| ", report.section(11), flags=re.MULTILINE)
    order = ["critical", "high", "medium", "low", "info"]
    assert shown == sorted(shown, key=order.index)
    assert report.findings["counts"]["outcome"]["unknown"] == 0
