# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped identity has every right that the audit uses, and none that changes anything."""

from __future__ import annotations

import os
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.rights import AGENT, AGENT_BEFORE_9, NEEDS

SHIPPED = Path(__file__).parents[3] / "roles" / "audit" / "files" / "permissions" / "proxmox"
GUIDE = (Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "permissions.rst").read_text(encoding="utf-8")
TOKEN_ADD = r"user token add audit@pve deepdive --privsep 1 --expire \d{10} --comment read-only audit --output-format json"

RunScript = t.Callable[..., "list[str]"]


@pytest.fixture
def run(tmp_path: Path) -> RunScript:
    """Runs a shipped script where pveum writes its arguments down and pveversion tells what it is told."""

    def run_script(name: str, *arguments: str, version: str = "9.1.4", existing: str = "") -> list[str]:
        log = tmp_path / "log"
        log.write_text("")
        commands = {
            "pveversion": f"echo pve-manager/{version}/5ac30304265fbd8e",
            "pveum": f"case $2 in list) echo '{existing}';; *) echo \"$*\" >>{log};; esac",
        }
        for command, body in commands.items():
            (tmp_path / command).write_text(f"#!/bin/sh\n{body}\n")
            (tmp_path / command).chmod(0o755)
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        subprocess.run([SHIPPED / name, *arguments], check=True, env={**os.environ, "PATH": path})
        return log.read_text().splitlines()

    return run_script


def privileges(command: str) -> set[str]:
    return set(command.partition("--privs ")[2].split())


def test_proxmox_ve_9(run: RunScript) -> None:
    commands = run("make-token.sh")
    assert commands[0].startswith("role add HomelabAudit --privs ")
    assert all(privileges(commands[0]) & set(need.privileges) for need in NEEDS)
    assert all(name.endswith(".Audit") for name in privileges(commands[0]))
    assert commands[1:3] == [
        "user add audit@pve --comment read-only audit, API token only",
        "acl modify / --users audit@pve --roles HomelabAudit",
    ]
    assert re.fullmatch(TOKEN_ADD, commands[3])
    assert commands[4:] == ["acl modify / --tokens audit@pve!deepdive --roles HomelabAudit"]


@pytest.mark.parametrize("version", ["9.0.3", "10.0.1", "19.2.0"])
def test_later_versions_have_the_agent_privilege(run: RunScript, version: str) -> None:
    assert "VM.GuestAgent.Audit" in privileges(run("make-token.sh", version=version)[0])


def test_proxmox_ve_8(run: RunScript) -> None:
    """A role with the privilege of version 9 is refused by version 8; the one of version 8 opens too much to be the default."""
    plain = privileges(run("make-token.sh", version="8.4.1")[0])
    assert not plain & {*AGENT, *AGENT_BEFORE_9}
    assert all(plain & set(need.privileges) for need in NEEDS if need.privileges != AGENT)
    assert privileges(run("make-token.sh", "-a", version="8.4.1")[0]) == {*plain, *AGENT_BEFORE_9}


def test_what_exists_is_used(run: RunScript) -> None:
    commands = run("make-token.sh", existing='[{"roleid":"HomelabAudit"},{"userid":"audit@pve"}]')
    assert commands[0].startswith("role modify HomelabAudit --privs ")
    assert not any(command.startswith("user add") for command in commands)


def test_removal(run: RunScript) -> None:
    assert run("remove-token.sh") == ["user token remove audit@pve deepdive", "user delete audit@pve", "role delete HomelabAudit"]


def commands_of(text: str) -> list[str]:
    """What the guide says to run as root on a Proxmox host, in order, without pveum and without comments and ends of tokens."""
    return [re.sub(r' --comment "[^"]*"', "", line) for line in re.findall(r"^   pveum (.+)$", text, re.MULTILINE)]


def without_options(command: str) -> str:
    return re.sub(r" --(?:comment|expire|output-format) .*", "", command)


def test_the_guide_says_the_same_as_the_scripts(run: RunScript) -> None:
    making, removing = GUIDE.split("\nKubernetes\n---", 1)[0].split("\nRemove it\n^^^", 1)
    nine, eight = (run("make-token.sh", version=version) for version in ("9.1.4", "8.4.1"))
    told = [command.replace('"', "").replace("'", "") for command in commands_of(making)]
    assert told == [
        *map(without_options, nine),
        without_options(eight[0]),
        "user token permissions audit@pve deepdive",
        "user token remove audit@pve deepdive",
    ]
    assert commands_of(removing) == run("remove-token.sh")


def test_the_guide_explains_every_privilege(run: RunScript) -> None:
    table = GUIDE.split(":header: Privilege, ", 1)[1].split("\n\n", 2)[1]
    assert set(re.findall(r"^   ``([\w.]+)``,", table, re.MULTILINE)) == privileges(run("make-token.sh")[0])
    assert all(f"``{name}``" in GUIDE for name in AGENT_BEFORE_9)
