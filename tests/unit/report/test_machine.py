# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.json fits its published schema, whatever the lab is like."""

from __future__ import annotations

import json
import typing as t

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.report.builders import SCHEMA, Item, full_lab, gap, model, report, source
from unit.report.results import findings, more_findings, some_findings
from unit.report.test_hostile_page import spoiled
from unit.report.test_page import labs

from ansible_collections.homelab.deepdive.plugins.module_utils._report.machine import FORMAT, to_dict, to_json

_SCHEMA = json.loads(SCHEMA.read_text())
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)


def problems(data: Item) -> list[str]:
    """Where a report does not fit the schema."""
    return [f"{error.json_path}: {error.message}" for error in _VALIDATOR.iter_errors(data)]


def objects(schema: t.Any, path: str = "$") -> t.Iterator[tuple[str, Item]]:
    """Every schema within the schema, with its place."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
            yield from objects(inner, f"{path}.{name}")
        if "items" in schema:
            yield from objects(schema["items"], f"{path}[]")
        for name, inner in schema.get("$defs", {}).items():
            yield f"#{name}", inner
            yield from objects(inner, f"#{name}")


def test_the_schema_is_a_schema_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)
    found = dict(objects(_SCHEMA))
    assert len(found) > 200
    assert [path for path, inner in found.items() if not inner.get("description") and "$ref" not in inner] == []


def test_the_schema_is_closed_but_for_what_rules_show() -> None:
    open_ones = [
        path for path, inner in objects(_SCHEMA) if inner.get("type") == "object" and inner.get("additionalProperties", True)
    ]
    assert open_ones == ["#fail.show"]


def test_units_are_told() -> None:
    units = {"_bytes": "bytes", "_cores": "cores", "seconds": "econds"}
    for path, inner in objects(_SCHEMA):
        for ending, word in units.items():
            if path.endswith(ending):
                assert word in inner["description"], path


@pytest.mark.parametrize("name", labs())
def test_reports_fit_the_schema(name: str) -> None:
    for judged in (some_findings(), findings()):
        assert problems(to_dict(report(labs()[name], judged, banner="DEMO LAB"))) == []


def test_a_report_with_gaps_and_hostile_text_fits_the_schema() -> None:
    lab = model(source("proxmox/home", "partial", [gap("storages")], surplus_rights=["VM.Allocate"]), **full_lab_collections())
    assert problems(to_dict(report(spoiled(lab, "<x>|`"), spoiled(some_findings(), "\n")))) == []


def full_lab_collections() -> Item:
    """The collections of the full lab."""
    return {name: value for name, value in full_lab().items() if isinstance(value, list) and name not in ("sources", "edges")}


def test_the_full_lab_fills_every_field_of_the_schema() -> None:
    lab = full_lab()
    lab["sources"] = [source("proxmox/home", "partial", [gap("storages")], surplus_rights=[])]
    used: set[tuple[str, str]] = set()
    walk(to_dict(report(lab, more_findings())), _SCHEMA, "", used)
    wanted = {(path, name) for path, inner in [("$", _SCHEMA), *objects(_SCHEMA)] for name in inner.get("properties", {})}
    names = {name for path, name in used}
    assert {name for path, name in wanted} - names == set()


def walk(value: t.Any, schema: Item, path: str, used: set[tuple[str, str]]) -> None:
    """Note every field that occurs."""
    if isinstance(value, dict):
        for name, inner in value.items():
            used.add((path, name))
            walk(inner, schema, f"{path}.{name}", used)
    elif isinstance(value, list):
        for inner in value:
            walk(inner, schema, path, used)


def test_a_row_that_lacks_a_key_lacks_it_in_the_report() -> None:
    lab = full_lab()
    del lab["guests"][0]["onboot"]
    rows = to_dict(report(lab))["sections"]["substrate"]["guests"]["rows"]
    assert "onboot" not in next(row for row in rows if row["id"] == lab["guests"][0]["id"])


def test_rows_are_absent_where_nothing_was_read_and_empty_where_nothing_is() -> None:
    unread = to_dict(report(full_lab(guests=None)))["sections"]["substrate"]["guests"]
    empty = to_dict(report(full_lab(guests=[])))["sections"]["substrate"]["guests"]
    absent = to_dict(report(model(source("proxmox/", "not_configured"))))["sections"]["substrate"]["guests"]
    assert unread == {"state": "unread", "gaps": []}
    assert empty == {"state": "read", "gaps": [], "rows": []}
    assert absent == {"state": "not_configured", "gaps": []}


def test_the_state_of_a_part_comes_from_coverage_and_gaps() -> None:
    def state(lab: Item) -> str:
        return str(to_dict(report(lab))["sections"]["substrate"]["guests"]["state"])

    lab = full_lab()
    assert state(lab) == "read"
    lab["coverage"]["guests"] = {"proxmox/home": "read", "proxmox/away": "unread"}
    assert state(lab) == "partial"
    lab = full_lab()
    lab["sources"][1]["gaps"] = [gap("guests/111/agent")]
    assert state(lab) == "partial"
    lab = full_lab(guests=None)
    assert state(lab) == "unread"
    lab["coverage"] = {}
    assert state(lab) == "unread"


def test_names_stand_for_ids_and_null_stays_null() -> None:
    rows = to_dict(report(full_lab()))["sections"]["substrate"]["guests"]["rows"]
    assert [(row["name"], row["node"], row["controller"]) for row in rows] == [
        ("controller-1", None, "controller-1"),
        ("worker-1", "worker-1", None),
        ("nas", None, None),
        ("debian", None, None),
    ]


def test_gaps_of_whole_sources_come_first() -> None:
    lab = model(source("kubernetes/lab", "partial", [gap("pods"), gap("nodes")]), source("proxmox/home", "failed", [gap("source")]))
    assert [(entry["source"], entry["what"]) for entry in to_dict(report(lab))["gaps"]] == [
        ("proxmox/home", "source"),
        ("kubernetes/lab", "nodes"),
        ("kubernetes/lab", "pods"),
    ]


def test_what_passed_is_only_counted() -> None:
    data = to_dict(report(full_lab()))
    assert [entry["rule"] for entry in data["findings"]["fails"]] == ["VM-001", "VM-001", "IMG-001"]
    assert [entry["missing"] for entry in data["findings"]["unknowns"]] == [["guests of proxmox/home"]]
    assert [entry["reason"] for entry in data["findings"]["waived"]] == ["a QDevice is ordered"]
    assert data["counts"]["outcome"]["pass"] == 1
    assert data["format"] == FORMAT == _SCHEMA["properties"]["format"]["const"]


@settings(deadline=None, max_examples=20)
@given(text=st.text())
def test_the_file_is_json_with_sorted_keys_and_the_text_as_it_was(text: str) -> None:
    lab = full_lab()
    lab["hosts"][0]["name"] = text
    written = to_json(report(lab))
    data = json.loads(written)
    assert data["sections"]["substrate"]["hosts"]["rows"][0]["name"] == text
    assert written == json.dumps(data, sort_keys=True, ensure_ascii=False, indent=2) + "\n"
