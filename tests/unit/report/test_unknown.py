# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report is made whatever was not read, and what was not read is never shown as good, empty or zero."""

from __future__ import annotations

import re
import typing as t

import pytest
from unit.report.builders import full_lab, page, report
from unit.report.results import more_findings
from unit.report.test_machine import problems

from ansible_collections.homelab.deepdive.plugins.module_utils._report.machine import to_dict

# What every object of lab.json has: the guide "The model" does not say of any of these that they can be absent.
_ALWAYS = {
    *("id", "name", "cluster", "namespace", "kind", "vmid", "path", "host", "platform", "type", "shared", "source", "state"),
    *("gaps", "identity", "version", "empty_nouns", "repository", "workloads", "volume_id", "claim_id", "containers", "group"),
}


def optional() -> t.Iterator[tuple[str, str]]:
    """Every field of every collection that may be absent."""
    for collection, entities in full_lab().items():
        if isinstance(entities, list) and collection not in ("requests", "edges"):
            for field in sorted({field for entity in entities for field in entity} - _ALWAYS):
                yield collection, field


@pytest.mark.parametrize(("collection", "field"), list(optional()))
def test_a_field_that_was_not_read_stops_nothing(collection: str, field: str) -> None:
    lab = full_lab()
    for entity in lab[collection]:
        entity.pop(field, None)
    assert problems(to_dict(report(lab, more_findings()))) == []
    assert "undefined" not in page(lab, more_findings())


@pytest.mark.parametrize("collection", sorted({collection for collection, field in optional()} - {"sources"}))
def test_a_collection_that_was_not_read_stops_nothing(collection: str) -> None:
    lab = full_lab(**{collection: None})
    assert problems(to_dict(report(lab, more_findings()))) == []
    assert "could not be read" in page(lab, more_findings()) or collection in ("replicas", "volumes")


# What a new line says when it does not claim anything about what was not read.
_SAYS_SO = re.compile(r"unknown|could not be read|cannot be told|is known to|was not read|No rule applies")
_CLAIMS = re.compile(r"\b(?:none|no|No|nothing|Nothing|nobody|all|Everything)\b")
# Where a line is only about something else that was read: a template that is stopped uses no memory, objects that differ are listed
# by name where their differences are missing, and a guest that may be a template is counted as one that should run.
_OTHER_FACTS = {("guests", "memory_used_bytes"), ("applications", "drift"), ("guests", "template")}


@pytest.mark.parametrize(("collection", "field"), sorted(set(optional()) - _OTHER_FACTS))
def test_a_field_that_was_not_read_makes_no_line_look_good(collection: str, field: str) -> None:
    lab = full_lab()
    for entity in lab[collection]:
        entity.pop(field, None)
    whole = page(full_lab(), more_findings()).splitlines()
    new = [line for line in page(lab, more_findings()).splitlines() if line not in whole and not _SAYS_SO.search(line)]
    assert [line for line in new if _CLAIMS.search(line)] == []
