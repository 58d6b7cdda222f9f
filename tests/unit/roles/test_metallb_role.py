# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role metallb does to others only what it is told to."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "metallb"
TASKS = sorted((ROLE / "tasks").glob("*.yml"))


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def tasks_of(entries: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    """Every task of a file, those inside blocks too."""
    for entry in entries:
        yield entry
        for part in ("block", "rescue", "always"):
            yield from tasks_of(entry.get(part, []))


OPTIONS = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
DEFAULTS = load(ROLE / "defaults" / "main.yml")
ALL = [(path.name, task) for path in TASKS for task in tasks_of(load(path))]


def test_what_an_audit_writes_is_what_the_role_takes() -> None:
    assert set(OPTIONS["metallb_pools"]["options"]) == {"name", "addresses", "auto_assign", "avoid_buggy_ips", "service_allocation"}
    advertisement = OPTIONS["metallb_l2_advertisements"]["options"]
    assert set(advertisement) == {"name", "pools", "pool_selectors", "node_selectors", "interfaces"}
    assert set(OPTIONS["metallb_bgp_advertisements"]["options"]) == {"name", "spec"}


def test_nothing_is_taken_away_or_taken_over_unless_asked() -> None:
    assert DEFAULTS["metallb_state"] == "present"
    assert DEFAULTS["metallb_allow_removal"] is DEFAULTS["metallb_force_adopt"] is DEFAULTS["metallb_frr"] is False


def test_everything_is_refused_before_anything_is_changed() -> None:
    order = [
        str(task.get("ansible.builtin.import_tasks", task.get("ansible.builtin.include_tasks")))
        for name, task in ALL
        if name == "main.yml"
    ]
    assert [name for name in order if name != "None"] == [
        *("preflight.yml", "look.yml", "guard.yml", "manifest.yml", "remove.yml", "present.yml"),
    ]
    for name, task in ALL:
        if name in ("preflight.yml", "look.yml", "guard.yml", "manifest.yml"):
            assert not {"kubernetes.core.k8s", "kubernetes.core.helm"} & set(task), task["name"]


@pytest.mark.parametrize(
    "task",
    [task for name, task in ALL if "ansible.builtin.assert" in task],
    ids=lambda task: str(task["name"]),
)
def test_what_is_refused_says_why_and_what_helps(task: dict[str, t.Any]) -> None:
    words = task["ansible.builtin.assert"]["fail_msg"]
    # Those without words of their own pass on what a filter or a template says.
    assert re.fullmatch(r"\{\{ __\w+ \| join\(' \| '\) \}\}", words) or re.match(r"(?s)cannot .+: .+; .+", words)


@pytest.mark.parametrize("name", ["Make the Secret of the webhook", "Read the objects of MetalLB", "Apply the objects"])
def test_what_may_hold_secrets_is_not_printed(name: str) -> None:
    (found,) = [task for file, task in ALL if task["name"] == name]
    assert found["no_log"] in (True, "{{ item.kind == 'BGPPeer' }}")


def test_what_does_not_answer_is_asked_again_and_what_is_refused_is_not() -> None:
    passing = load(ROLE / "vars" / "main.yml")["__metallb_passing_errors"]
    assert re.search(passing, 'Internal error occurred: failed calling webhook "x": no endpoints available for service')
    assert not re.search(passing, 'admission webhook "x" denied the request: CIDR overlaps')
    assert not re.search(passing, "failed to create typed patch object: .spec.x: field not declared in schema")


def test_the_checksums_that_the_role_knows_are_checksums() -> None:
    known = load(ROLE / "vars" / "main.yml")["__metallb_known_checksums"]
    assert all(re.fullmatch(r"v[\d.]+/config/manifests/metallb-[a-z0-9-]+\.yaml", name) for name in known)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", checksum) for checksum in known.values())
