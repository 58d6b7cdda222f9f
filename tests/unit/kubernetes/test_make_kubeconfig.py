# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that makes the kubeconfig of the audit, with a kubectl that only says what it was asked."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from unit.kubernetes.test_permissions import FOLDER

KUBECTL = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
case "$*" in
    "config view"*.server}) echo "SERVER" ;;
    "config view"*certificate-authority-data}) echo "Q0E=" ;;
    apply*) echo "applied" ;;
    "create token"*) echo "the-token" ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture
def kubectl(tmp_path: Path) -> Path:
    path = tmp_path / "kubectl"
    path.write_text(KUBECTL.replace("SERVER", "https://192.0.2.10:6443"), encoding="utf-8")
    path.chmod(0o755)
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = str(FOLDER / "make-kubeconfig.sh")
    return subprocess.run(["sh", script, *arguments], capture_output=True, text=True, check=False, timeout=20)


def test_it_prints_a_kubeconfig_and_nothing_else(kubectl: Path) -> None:
    done = run("-k", str(kubectl))
    assert (done.returncode, done.stderr) == (0, "applied\n")
    document = yaml.safe_load(done.stdout)
    assert document["current-context"] == "homelab-audit"
    assert document["clusters"][0]["cluster"] == {"server": "https://192.0.2.10:6443", "certificate-authority-data": "Q0E="}
    assert document["users"][0]["user"] == {"token": "the-token"}
    asked = (kubectl.parent / "asked").read_text(encoding="utf-8")
    assert f"apply -f {FOLDER}/audit-identity.yml\n" in asked
    assert "create token homelab-audit --namespace homelab-audit --duration 8760h\n" in asked


def test_command_of_two_words_server_and_duration(kubectl: Path) -> None:
    done = run("-k", f"sh {kubectl}", "-s", "https://192.0.2.99:6443", "-d", "24h")
    assert yaml.safe_load(done.stdout)["clusters"][0]["cluster"]["server"] == "https://192.0.2.99:6443"
    asked = (kubectl.parent / "asked").read_text(encoding="utf-8")
    assert "--duration 24h\n" in asked
    assert ".server}" not in asked


@pytest.mark.parametrize("server", ["https://localhost:6443", "https://localhost", "https://127.0.0.1:6443", "https://[::1]:6443"])
def test_a_server_that_only_this_machine_reaches(kubectl: Path, server: str) -> None:
    kubectl.write_text(KUBECTL.replace("SERVER", server), encoding="utf-8")
    done = run("-k", str(kubectl))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"make-kubeconfig.sh: the server of the administrator's kubeconfig is {server}; say with -s how the audit reaches it\n"
    )
    assert "apply" not in (kubectl.parent / "asked").read_text(encoding="utf-8")


def test_no_administrator(tmp_path: Path) -> None:
    done = run("-k", str(tmp_path / "absent"))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"is '{tmp_path}/absent' the right command (-k)?" in done.stderr


def test_a_wrong_option() -> None:
    done = run("-x")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: make-kubeconfig.sh" in done.stderr


def test_it_can_be_run_as_it_is() -> None:
    assert (FOLDER / "make-kubeconfig.sh").stat().st_mode & stat.S_IXUSR
