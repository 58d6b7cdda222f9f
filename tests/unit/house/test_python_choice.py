# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python that .venv is made with: chosen by running the candidates, not by their names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "gates" / "python.sh"
SH = shutil.which("sh") or "/bin/sh"


def choose(folder: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script with only what is in folder, and a few system programs, to be found."""
    for name in ("sed", "cat"):
        program = shutil.which(name)
        assert program
        (folder / name).symlink_to(program)
    environment = {"PATH": str(folder)} | ({"PYTHON": python} if python else {})
    return subprocess.run([SH, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)


def stand_in(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!{SH}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_skips_what_does_not_run(tmp_path: Path) -> None:
    stand_in(tmp_path, "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    stand_in(tmp_path, "python3", f'exec {sys.executable} "$@"')
    answer = choose(tmp_path)
    assert answer.returncode == 0
    assert os.path.realpath(answer.stdout.strip()) == os.path.realpath(sys.executable)


def test_warnings_are_no_part_of_the_path(tmp_path: Path) -> None:
    stand_in(tmp_path, "python3", f"echo 'warning: setlocale: cannot change locale' >&2; exec {sys.executable} \"$@\"")
    assert os.path.realpath(choose(tmp_path).stdout.strip()) == os.path.realpath(sys.executable)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'pyenv: python3: command not found' >&2; exit 127", "does not run: pyenv: python3: command not found"),
        ("echo 'is Python 3.9, 3.11 is needed' >&2; exit 1", "is Python 3.9, 3.11 is needed"),
        ("echo 'lacks the module ensurepip' >&2; exit 1", "lacks the module ensurepip"),
    ],
)
def test_says_why_none_will_do(tmp_path: Path, script: str, reason: str) -> None:
    stand_in(tmp_path, "python3", script)
    answer = choose(tmp_path)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == (
        "cannot choose a Python: none of these is 3.11 or newer with venv:\n"
        "  python3.13 is not installed\n"
        "  python3.12 is not installed\n"
        "  python3.11 is not installed\n"
        f"  python3 {reason}\n"
        "Debian, Ubuntu: sudo apt-get install python3-venv\n"
        "Fedora, openSUSE, Arch, Alpine: install the package python3 (3.11 or newer); venv comes with it\n"
        "Another one: make PYTHON=/path/to/python3 …\n"
    )


def test_takes_the_named_one_only(tmp_path: Path) -> None:
    stand_in(tmp_path, "python3", f'exec {sys.executable} "$@"')
    answer = choose(tmp_path, python="/no/such/python")
    assert answer.returncode == 1
    assert "  /no/such/python is not installed\n" in answer.stderr
    assert "python3.13" not in answer.stderr
