# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role longhorn: documented defaults, refusals before changes, deleting only behind a switch, no secrets shown."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "longhorn"
TASKS = sorted((ROLE / "tasks").glob("*.yml"))


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def tasks_of(entries: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    """Every task of a file, those inside blocks too."""
    for entry in entries:
        yield entry
        for part in ("block", "rescue", "always"):
            yield from tasks_of(entry.get(part, []))


DEFAULTS = load(ROLE / "defaults" / "main.yml")


@pytest.mark.parametrize(("entry", "last_look"), [("main", "guard.yml"), ("nodes", "node_look.yml")])
def test_nothing_is_changed_before_what_is_refused(entry: str, last_look: str) -> None:
    text = (ROLE / "tasks" / f"{entry}.yml").read_text(encoding="utf-8")
    for changing in ("present.yml", "node_packages.yml", "node_modules.yml", "node_multipath.yml", "node_iscsi.yml"):
        assert changing not in text or text.index(last_look) < text.index(changing)
    for file in ("preflight.yml", "look.yml", "look_own.yml", "guard.yml", "node_look.yml"):
        for task in tasks_of(load(ROLE / "tasks" / file)):
            assert not {"kubernetes.core.k8s", "kubernetes.core.helm", "ansible.builtin.copy", "ansible.builtin.package"} & set(
                task
            )


def test_uninstalling_is_refused_before_the_way_is_opened() -> None:
    tasks = load(ROLE / "tasks" / "remove.yml")
    assert [task["ansible.builtin.assert"]["that"] for task in tasks[:3]][0::2] == [
        "longhorn_allow_uninstall",
        "__longhorn_in_use | length == 0",
    ]
    assert tasks[3]["block"][0]["kubernetes.core.k8s"]["definition"]["metadata"]["name"] == "deleting-confirmation-flag"
    assert tasks[3]["rescue"][0]["kubernetes.core.k8s"]["definition"]["value"] == "false"
    others = "".join(path.read_text(encoding="utf-8") for path in TASKS if path.name not in ("remove.yml", "preflight.yml"))
    assert "deleting-confirmation-flag" not in others


def test_what_takes_or_deletes_is_off_unless_it_is_asked_for() -> None:
    switches = (
        "allow_uninstall",
        "force_adopt",
        "remove_disks",
        "replace_storage_classes",
        "lower_replica_counts",
        "new_initiator_names",
    )
    assert {name: DEFAULTS[f"longhorn_{name}"] for name in switches} == dict.fromkeys(switches, False)
    assert DEFAULTS["longhorn_multipath"] == "refuse"


def test_the_login_of_the_backup_target_is_not_printed() -> None:
    (found,) = [
        task for task in tasks_of(load(ROLE / "tasks" / "settings.yml")) if task["name"] == "Write the login of the backup target"
    ]
    assert found["no_log"] is True
    writing = [path.name for path in TASKS if "longhorn_backup_target_credentials" in path.read_text(encoding="utf-8")]
    assert writing == ["preflight.yml", "settings.yml"]
