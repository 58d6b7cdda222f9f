# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios of molecule: each has nodes of its own, so that several run at once and a kept one disturbs none."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

MOLECULE = Path(__file__).resolve().parents[3] / "molecule"
SCENARIOS = sorted(path.parent.name for path in MOLECULE.glob("*/molecule.yml"))
# The others have a create.yml of their own.
IN_CONTAINERS = [name for name in SCENARIOS if not (MOLECULE / name / "create.yml").exists()]


def load(scenario: str, file: str) -> t.Any:
    return yaml.safe_load((MOLECULE / scenario / file).read_text(encoding="utf-8"))


def nodes(scenario: str) -> dict[str, dict[str, t.Any]]:
    (group,) = load(scenario, "hosts.yml")["nodes"]["children"].values()
    hosts: dict[str, dict[str, t.Any]] = group["hosts"]
    return hosts


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_is_called_like_its_folder_and_its_group(scenario: str) -> None:
    assert load(scenario, "molecule.yml")["scenario"]["name"] == scenario
    assert list(load(scenario, "hosts.yml")["nodes"]["children"]) == [scenario]


@pytest.mark.parametrize("scenario", IN_CONTAINERS)
def test_the_number_of_a_node_is_the_end_of_its_address(scenario: str) -> None:
    assert {name: f"10.199.100.{node['node_number']}" for name, node in nodes(scenario).items()} == {
        name: node["ansible_host"] for name, node in nodes(scenario).items()
    }


def test_no_two_nodes_share_a_name_or_an_address() -> None:
    found = [(name, node["node_number"]) for scenario in IN_CONTAINERS for name, node in nodes(scenario).items()]
    assert len({name for name, number in found}) == len({number for name, number in found}) == len(found)
