# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When .venv counts as made, and what is made anew when it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from gates import venv


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with pins, and no .venv."""
    (tmp_path / "requirements").mkdir()
    for name in ("audit.txt", "test.txt"):
        (tmp_path / "requirements" / name).write_text("one==1\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have run."""
    seen: list[list[str]] = []

    def record(command: list[str], what: str) -> None:
        seen.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(exist_ok=True)

    monkeypatch.setattr(venv, "run", record)
    return seen


def test_second_time_nothing_is_missing(checkout: Path, commands: list[list[str]]) -> None:
    assert venv.missing_layers(checkout, "test") == ["audit", "test"]
    venv.install(checkout, ["audit", "test"])
    assert venv.missing_layers(checkout, "test") == []
    assert venv.missing_layers(checkout, "audit") == []
    assert [command[1:4] for command in commands] == [["-m", "venv", "--clear"], ["-m", "pip", "install"], ["-m", "pip", "install"]]


def test_test_layer_goes_on_top(checkout: Path, commands: list[list[str]]) -> None:
    venv.install(checkout, ["audit"])
    assert venv.missing_layers(checkout, "test") == ["test"]
    venv.install(checkout, ["test"])
    assert "venv" not in commands[-1]
    assert venv.missing_layers(checkout, "test") == []


@pytest.mark.parametrize(("changed", "missing"), [("audit.txt", ["audit", "test"]), ("test.txt", ["test"])])
@pytest.mark.usefixtures("commands")
def test_changed_pins(checkout: Path, changed: str, missing: list[str]) -> None:
    venv.install(checkout, ["audit", "test"])
    (checkout / "requirements" / changed).write_text("one==2\n", encoding="utf-8")
    assert venv.missing_layers(checkout, "test") == missing


@pytest.mark.usefixtures("commands")
def test_another_python_and_a_moved_checkout(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    venv.install(checkout, ["audit"])
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(moved)
    assert venv.missing_layers(moved, "audit") == ["audit"]
    moved.rename(tmp_path)
    assert venv.missing_layers(checkout, "audit") == []
    monkeypatch.setattr(sys, "base_prefix", "/another")
    assert venv.missing_layers(checkout, "audit") == ["audit"]


def test_interrupted_installation_does_not_count(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    venv.install(checkout, ["audit", "test"])
    (checkout / "requirements" / "audit.txt").write_text("one==2\n", encoding="utf-8")

    def interrupted(command: list[str], what: str) -> None:
        if "pip" in command:
            raise KeyboardInterrupt

    monkeypatch.setattr(venv, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        venv.install(checkout, ["audit", "test"])
    (checkout / "requirements" / "audit.txt").write_text("one==1\n", encoding="utf-8")
    assert venv.missing_layers(checkout, "test") == ["audit", "test"]


def test_failing_command_says_what_failed() -> None:
    with pytest.raises(SystemExit) as stop:
        venv.run([sys.executable, "-c", "raise SystemExit(3)"], "install requirements/audit.txt")
    assert str(stop.value) == (
        f"cannot install requirements/audit.txt: {Path(sys.executable).name} ended with code 3, its own words are above; "
        "run the same make command again when the cause is gone, it starts over"
    )
