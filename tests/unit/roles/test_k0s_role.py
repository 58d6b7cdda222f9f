# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role k0s: only Ansible's own modules are used, and secrets stay secret."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles" / "k0s"
TASKS = sorted((ROLE / "tasks").glob("*.yml"))
# Words of a task that are not its module.
KEYWORDS = {
    *("name", "when", "register", "vars", "loop", "loop_control", "check_mode", "changed_when", "failed_when", "no_log", "diff"),
    *(
        "delegate_to",
        "become",
        "run_once",
        "retries",
        "delay",
        "until",
        "ignore_errors",
        "any_errors_fatal",
        "block",
        "rescue",
        "always",
    ),
}


def load(path: Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def tasks_of(entries: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    """Every task of a file, those inside blocks too."""
    for entry in entries:
        yield entry
        for part in ("block", "rescue", "always"):
            yield from tasks_of(entry.get(part, []))


DEFAULTS = load(ROLE / "defaults" / "main.yml")


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.name)
def test_only_modules_of_ansible_itself(path: Path) -> None:
    for task in tasks_of(load(path)):
        modules = set(task) - KEYWORDS
        assert all(module.startswith("ansible.builtin.") for module in modules), task["name"]


@pytest.mark.parametrize(
    ("file", "task"),
    [
        ("token.yml", "Make a join token"),
        ("token.yml", "Hand the token to the host"),
        ("kubeconfig.yml", "Ask for the administrator's kubeconfig"),
        ("kubeconfig.yml", "Write the kubeconfig on the control node"),
        ("state.yml", "Ask k0s what runs"),
        ("config.yml", "Read the configuration on the host"),
        ("state.yml", "Read the drop-ins of the service"),
        ("turn.yml", "Write the drop-ins"),
        ("dynamic.yml", "Read the configuration in the cluster"),
        ("dynamic.yml", "Change the configuration in the cluster"),
    ],
)
def test_what_holds_secrets_is_not_printed(file: str, task: str) -> None:
    (found,) = [entry for entry in tasks_of(load(ROLE / "tasks" / file)) if entry["name"] == task]
    assert found["no_log"] is True


def test_data_is_deleted_by_k0s_and_only_where_that_is_allowed() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TASKS)
    assert not re.search(r"\brm\b(?! )|argv: \[rm|\brm -", text.replace("Never rm:", ""))
    assert load(ROLE / "tasks" / "remove.yml")[0]["ansible.builtin.assert"]["that"] == "k0s_allow_reset"
    assert DEFAULTS["k0s_allow_reset"] is False
