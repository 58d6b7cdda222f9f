# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that are said in two places say the same."""

from __future__ import annotations

import ast
import re
import subprocess
import typing as t
from pathlib import Path

import yaml
from gates import run
from packaging.requirements import Requirement

from ansible_collections.homelab.deepdive.plugins.module_utils._version import VERSION
from ansible_collections.homelab.deepdive.plugins.plugin_utils import _lab_file, _lab_sections

ROOT = Path(__file__).resolve().parents[3]
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
# Formats without comments; recordings and the repository of the demo lab, which are data; Go modules, whose bytes are the key of
# the build cache; what antsibull-changelog writes; the text of the licence.
NO_HEADER = re.compile(
    r".*\.(json|jsonl|png|svg|pem|crt)|tests/lab/(recordings|demo_lab|build)/.*|CHANGELOG\.md|COPYING|changelogs/changelog\.yaml"
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def document(name: str) -> t.Any:
    return yaml.safe_load(text(name))


def tracked() -> list[str]:
    """Files that git tracks or would track, without the link."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


def ignored(*names: str) -> set[str]:
    """Those of the names that git would ignore."""
    answer = subprocess.run(["git", "check-ignore", "--no-index", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    return set(answer.stdout.split())


def test_one_version() -> None:
    assert document("galaxy.yml")["version"] == VERSION


def test_the_version_has_release_notes() -> None:
    """Either written already, or waiting as fragments."""
    written = (ROOT / "changelogs" / "changelog.yaml").is_file() and VERSION in document("changelogs/changelog.yaml")["releases"]
    assert written or list((ROOT / "changelogs" / "fragments").glob("*.yml"))


def test_one_floor_of_ansible_core() -> None:
    floor = document("meta/runtime.yml")["requires_ansible"]
    assert f"ansible-core{floor}" in text("requirements/audit.in").splitlines()


def packages_in_code() -> set[str]:
    """Requirements in the PACKAGES constants of all clients."""
    found: set[str] = set()
    for path in (ROOT / "plugins" / "module_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and any(isinstance(name, ast.Name) and name.id == "PACKAGES" for name in node.targets):
                leaves = (leaf.value for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant))
                found |= {leaf for leaf in leaves if isinstance(leaf, str)}
    return found


def rooms_that_are_imported(room: Path) -> set[str]:
    """Folders beside this one that its files import from."""
    found = set()
    for path in room.rglob("*.py"):
        up = len(path.relative_to(room.parent).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == up:
                found.add(str(node.module).split(".", maxsplit=1)[0])
    return {name for name in found if (room.parent / name).is_dir()}


def test_imports_only_go_down() -> None:
    """As CONTRIBUTING.md says: collectors, _report, _findings, then _lab, then _evidence."""
    rooms = [folder for folder in (ROOT / "plugins" / "module_utils").iterdir() if folder.is_dir() and folder.name[:2] != "__"]
    below = {"_evidence": set(), "_lab": {"_evidence"}}
    wrong = {room.name: rooms_that_are_imported(room) - below.get(room.name, {"_evidence", "_lab"}) for room in rooms}
    assert {name: found for name, found in wrong.items() if found} == {}
    assert {"_evidence", "_lab"} == set.union(*map(rooms_that_are_imported, rooms))


def test_requirements_are_what_the_code_asks_for() -> None:
    lines = [line for line in text("requirements.txt").splitlines() if line and not line.startswith("#")]
    assert set(lines) == packages_in_code()


def test_pins_fulfil_what_the_code_asks_for() -> None:
    pins = [Requirement(line) for line in text("requirements/audit.txt").splitlines() if line and not line.startswith("#")]
    for asked in map(Requirement, packages_in_code()):
        (pin,) = (pin for pin in pins if pin.name.lower() == asked.name.lower())
        assert asked.specifier.contains(str(pin.specifier).removeprefix("==")), f"{pin} does not fulfil {asked}"


def test_example_shows_every_key_of_the_lab_file() -> None:
    example = text("inventory/lab.example.yml")
    shown = set(re.findall(r"^[\s#-]*(\w+):(?:\s|$)", example, re.MULTILINE))
    keys = {key for section in _lab_sections.SECTION_KEYS.values() for key in section}
    assert keys | set(_lab_sections._HOST_KEYS) | set(_lab_file.audit_options()) | set(_lab_file.SECTIONS) <= shown


def test_example_names_no_key_that_does_not_exist() -> None:
    """Read with every commented key in force, the example has only keys that the reader takes."""
    keys = {key for section in _lab_sections.SECTION_KEYS.values() for key in section}
    known = keys | set(_lab_sections._HOST_KEYS) | set(_lab_file.audit_options())
    known |= {*_lab_file.SECTIONS, *_lab_file.PLUGIN_OPTIONS}
    in_a_waiver = {"rule", "object", "reason", "until"}
    shown = set(re.findall(r"^\s*(?:#\s+)?(?:- )?([a-z0-9_]+):(?:\s|$)", text("inventory/lab.example.yml"), re.MULTILINE))
    assert shown - known == in_a_waiver


def test_example_has_only_documentation_addresses() -> None:
    addresses = re.findall(r"\d+\.\d+\.\d+\.\d+", text("inventory/lab.example.yml"))
    assert addresses
    assert all(address.startswith("192.0.2.") for address in addresses)


def test_secrets_and_caches_are_ignored_and_the_link_is_not() -> None:
    kept = {"collections/ansible_collections/homelab/deepdive", "inventory/lab.example.yml", "roles/audit/tasks/main.yml"}
    dropped = {
        *("inventory/lab.yml", "inventory/pve-root-ca.pem", "audit/report.md", "homelab-deepdive-0.1.0.tar.gz"),
        *(".venv/bin/python", ".cache/home", ".ansible/roles", "plugins/modules/__pycache__/a.pyc", ".hypothesis/examples"),
        *("collections/ansible_collections/kubernetes/core", "collections/ansible_collections/homelab/other"),
    }
    assert ignored(*kept, *dropped) == dropped


def test_artefact_leaves_out_every_other_top_level_entry() -> None:
    """A new file at the top must be put into build_ignore or into the list of what an installed collection needs."""
    left_out = set(document("galaxy.yml")["build_ignore"])
    top = {name.split("/")[0] for name in tracked()} - {"galaxy.yml"}
    assert top - left_out <= run.ARTEFACT
    assert {".venv", ".cache", "audit", "inventory/lab.yml", "*.tar.gz", ".hypothesis"} <= left_out


def test_licence_header() -> None:
    def lacks(name: str) -> bool:
        content = text(name)
        # Sanity wants __init__.py of plugins empty.
        return bool(content) and SPDX not in "\n".join(content.splitlines()[:12])

    assert [name for name in tracked() if not NO_HEADER.fullmatch(name) and lacks(name)] == []


def test_every_guide_is_in_the_table_of_contents() -> None:
    listed = [name for section in document("docs/docsite/extra-docs.yml")["sections"] for name in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst"))


def test_contributing_names_every_gate() -> None:
    contributing = text("CONTRIBUTING.md")
    assert [name for name in run.GATES if f"`{name}`" not in contributing] == []


def test_every_target_of_make_is_explained() -> None:
    makefile = text("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = set(re.findall(r"make ([\w-]+)", "\n".join(re.findall(r"^\t@echo '(.*)'$", makefile, re.MULTILINE))))
    assert set(phony.split()) - {"help"} == explained
