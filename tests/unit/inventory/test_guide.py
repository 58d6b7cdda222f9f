# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "Inventory" and the documentation of the plugin name what there is, and nothing else."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.plugins.loader import inventory_loader
from lab.demo_tier import DemoLab, demo_lab
from unit.inventory.test_plugin import Read

from ansible_collections.homelab.deepdive.plugins.inventory.lab import DOCUMENTATION, EXAMPLES
from ansible_collections.homelab.deepdive.plugins.plugin_utils import _inventory, _lab_file
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory_addresses import SOURCES

GUIDE = (Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "inventory.rst").read_text(encoding="utf-8")
TABLES = (_inventory.GUEST_VARIABLES, _inventory.HOST_VARIABLES, _inventory.NODE_VARIABLES, _inventory.CONTROLLER_VARIABLES)
ALWAYS = {"lab_kind", "lab_addresses", "lab_address_source", "lab_pool"}


def cells(header: str) -> list[str]:
    """First cells of the table that has this first header."""
    table = GUIDE.split(f":header: {header}, ", 1)[1].split("\n\n", 2)[1]
    return re.findall(r"^   ``(\w+)``,", table, re.MULTILINE)


def test_it_names_every_variable() -> None:
    assert set(cells("Variable")) == {variable for table in TABLES for variable in table.values()} | ALWAYS


def test_it_names_every_source_of_an_address_in_their_order() -> None:
    assert cells("lab_address_source") == [*SOURCES, "none"]


def test_the_groups_are_those_of_the_plugin(tmp_path: Path) -> None:
    told = cells("Group")
    assert sorted(told) == sorted(re.findall(r"C\((\w+)\)", re.split(r"  - Groups are|Characters", DOCUMENTATION)[1]))
    with demo_lab(tmp_path, sections=("proxmox", "kubernetes")) as lab:
        made = set(Read(lab).data.groups) - {"all", "ungrouped"}
    patterns = [re.compile(name.replace("_X", r"_\w+")) for name in told]
    assert [group for group in made if not any(pattern.fullmatch(group) for pattern in patterns)] == []


def test_the_plugin_documents_every_key_of_the_lab_file() -> None:
    documented = set(inventory_loader.get("homelab.deepdive.lab").option_definitions)
    assert documented == {*_lab_file.PLUGIN_OPTIONS, *_lab_file.SECTIONS}


def test_its_requirements_are_those_of_the_code() -> None:
    lines = (Path(__file__).parents[3] / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [line.split(", ")[0].replace(" ", "") for line in yaml.safe_load(DOCUMENTATION)["requirements"]]
    assert set(needed) <= set(lines)


def of_the_demo(lab: DemoLab, example: dict[str, t.Any]) -> dict[str, t.Any]:
    """An example that reads the demo lab instead of the lab that it is about."""
    return {key: lab.config.get(key, value) for key, value in example.items()}


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_work(number: int, tmp_path: Path) -> None:
    example = list(yaml.safe_load_all(EXAMPLES))[number]
    with demo_lab(tmp_path, sections=("proxmox", "kubernetes")) as lab:
        lab.config = of_the_demo(lab, example)
        lab.write()
        inventory = Read(lab)
    assert inventory.group("guests") == ["k3s-master-1", "k3s-worker-1", "k3s-worker-aether-0", "truenas-scale"]
    if "groups" in example:
        assert inventory.group("big") == ["aether", "k3s-worker-1", "k3s-worker-aether-0", "raiden", "truenas-scale"]
        assert inventory.data.hosts["raiden"].get_vars()["ansible_user"] == "root"


def test_the_yaml_of_the_guide_is_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", GUIDE)
    assert len(blocks) == 3
    with demo_lab(tmp_path, sections=("proxmox", "kubernetes")) as lab:
        for block in blocks:
            lab.config.update(yaml.safe_load(block))
        lab.config["cache_connection"] = str(tmp_path / "cache")
        lab.write()
        assert "os_Ubuntu_24_04_3_LTS" in Read(lab).data.groups
