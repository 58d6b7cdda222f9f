# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role: its variables are documented as they are, and its README shows how it is used."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROLES = sorted(path for path in (Path(__file__).resolve().parents[3] / "roles").iterdir() if path.is_dir())
NAMES = [path.name for path in ROLES]


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def entries(role: Path) -> dict[str, dict[str, t.Any]]:
    found: dict[str, dict[str, t.Any]] = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return found


def options(role: Path) -> list[tuple[str, str, dict[str, t.Any]]]:
    """Entry point, variable and what is said of it."""
    return [(entry, name, told) for entry, spec in entries(role).items() for name, told in spec.get("options", {}).items()]


@pytest.mark.parametrize("role", ROLES, ids=NAMES)
def test_defaults_are_those_that_are_documented(role: Path) -> None:
    defaults = load(role / "defaults" / "main.yml")
    for entry, name, told in options(role):
        if told.get("required"):
            assert name not in defaults, f"{name} of {entry} is required and has a default"
        else:
            assert (name, told["default"]) == (name, defaults[name])
    assert {name for entry, name, told in options(role)} >= set(defaults)


@pytest.mark.parametrize("role", ROLES, ids=NAMES)
def test_every_variable_says_what_it_is(role: Path) -> None:
    for entry, name, told in options(role):
        assert {"type", "description"} <= set(told), f"{name} of {entry}"
        assert told["type"] != "list" or "elements" in told, f"{name} of {entry}"


@pytest.mark.parametrize("role", ROLES, ids=NAMES)
def test_every_entry_point_is_a_file_of_tasks(role: Path) -> None:
    assert {(role / "tasks" / f"{entry}.yml").exists() for entry in entries(role)} == {True}


def test_entry_points_are_named_so_that_ansible_checks_their_variables() -> None:
    """With the ending of the file, Ansible finds the tasks and no argument_specs."""
    files = [
        path
        for folder in ("roles", "playbooks", "molecule", "docs", "tests/lab")
        for path in (ROLES[0].parents[1] / folder).rglob("*")
    ]
    texts = {path: path.read_text(encoding="utf-8") for path in files if path.suffix in {".yml", ".md", ".rst", ".py"}}
    assert [str(path) for path, text in texts.items() if re.search(r"tasks_from: \S+\.yml", text)] == []
    assert sum("tasks_from: nodes" in text for text in texts.values()) > 2


@pytest.mark.parametrize("role", ROLES, ids=NAMES)
def test_the_readme_has_a_whole_example(role: Path) -> None:
    text = (role / "README.md").read_text(encoding="utf-8")
    assert f"homelab.deepdive.{role.name}" in text
    assert "```yaml" in text
