# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "The report" names what there is, and nothing else."""

from __future__ import annotations

import dataclasses
import re

from jinja2 import Environment
from unit.report.builders import ROOT, TEMPLATES, full_lab, page

from ansible_collections.homelab.deepdive.plugins.module_utils._report.documents import markers
from ansible_collections.homelab.deepdive.plugins.module_utils._report.environment import Templates
from ansible_collections.homelab.deepdive.plugins.module_utils._report.report import FAIL_ON, Report

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "report.rst").read_text(encoding="utf-8")


def cells(header: str) -> list[str]:
    """First cells of the table that has this first header."""
    table = GUIDE.split(f":header: {header}, ", 1)[1].split("\n\n", 2)[1]
    return [line.strip().split(",", 1)[0].strip("`") for line in table.splitlines()]


def test_it_names_every_filter() -> None:
    ours = Templates([TEMPLATES])._environment.filters.keys() - Environment().filters.keys()
    assert sorted(cells("Filter")) == sorted(ours)


def test_it_names_every_template() -> None:
    files = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.j2")}
    assert set(cells("Template")) | set(re.findall(r"``([\w/]*/_\w+\.md\.j2)``", GUIDE)) == files


def test_it_names_every_field_of_the_report() -> None:
    assert cells("Field") == [field.name for field in dataclasses.fields(Report)]


def test_it_names_what_an_audit_can_fail_on_and_the_marker_lines() -> None:
    assert all(f"``{wish}``" in GUIDE for wish in FAIL_ON)
    assert all(f"   {line}\n" in GUIDE for line in markers("inventory"))


def test_its_filter_for_numbers_does_what_it_says() -> None:
    assert "``{{ 1 | counted('node') }}`` gives ``1 node``" in GUIDE
    assert "1 ready endpoint\n" in page(full_lab())
