# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "Audit a lab" speaks of commands, keys and messages that there are."""

from __future__ import annotations

import re

import yaml
from ansible.parsing.dataloader import DataLoader
from unit.audit.harness import ROLE, ROOT

from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.rights import AGENT
from ansible_collections.homelab.deepdive.plugins.plugin_utils import _lab_file, _lab_sections

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "audit.rst").read_text(encoding="utf-8")


def rows(header: str) -> list[str]:
    """The rows of the table that has this first header."""
    return GUIDE.split(f":header: {header}, ", 1)[1].split("\n\n", 2)[1].splitlines()


def test_its_messages_are_those_of_the_code() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py")) + f"lacks {AGENT[0]}"
    messages = [row.split("``")[1] for row in rows("The message has")]
    assert len(messages) > 10
    assert [message for message in messages if message not in code] == []


def test_it_has_every_section_of_the_report() -> None:
    templates = (ROLE / "templates" / "report").glob("[01][0-9]_*.md.j2")
    titles = re.findall(r"^## (\d+)\. (.+)$", "\n".join(path.read_text(encoding="utf-8") for path in templates), re.MULTILINE)
    assert re.findall(r"^   (\d+) ([^,]+),", "\n".join(rows("Section")), re.MULTILINE) == sorted(
        titles, key=lambda title: int(title[0])
    )


def test_its_lab_files_are_valid() -> None:
    blocks = re.findall(r"\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", GUIDE)
    assert len(blocks) == 3
    keys = {**_lab_sections.SECTION_KEYS, "audit": tuple(_lab_file.audit_options())}
    for block in blocks:
        for section, content in DataLoader().load(block).items():
            assert set(content) <= set(keys[section])


def test_its_commands_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(re.findall(r"(?:``|   )make ([a-z-]+)", GUIDE)) <= set(phony.split())
    tags = {tag for path in (ROLE / "tasks").glob("*.yml") for tag in re.findall(r"tags: \[(?:never, )?(\w+)\]", path.read_text())}
    assert set(re.findall(r"--tags (\w+)", GUIDE)) <= tags
    variables = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    assert set(re.findall(r"-e (audit_\w+)=", GUIDE)) <= set(variables["argument_specs"]["main"]["options"])
