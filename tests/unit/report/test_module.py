# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module lab_report as Ansible calls it."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from unit.report.builders import TEMPLATES, full_lab
from unit.report.results import some_findings

from ansible_collections.homelab.deepdive.plugins.module_utils._report.publish import FORMATS
from ansible_collections.homelab.deepdive.plugins.module_utils._report.report import FAIL_ON
from ansible_collections.homelab.deepdive.plugins.modules import lab_report

Run = t.Callable[..., dict[str, t.Any]]


@pytest.fixture(name="run")
def _run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "lab.json").write_text(json.dumps(full_lab()))
    (tmp_path / "findings.json").write_text(json.dumps(some_findings()))

    def run(**changes: t.Any) -> dict[str, t.Any]:
        arguments = {
            "lab_file": str(tmp_path / "lab.json"),
            "findings_file": str(tmp_path / "findings.json"),
            "templates_dirs": [str(TEMPLATES)],
            "dest": str(tmp_path / "audit"),
            **changes,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            lab_report.main()
        return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out))

    return run


def test_it_writes_and_returns(run: Run, tmp_path: Path) -> None:
    result = run(fail_on=["high", "gap"])
    assert result["changed"] is True
    assert [Path(file["path"]).relative_to(tmp_path).as_posix() for file in result["files"]] == [
        "audit/docs/inventory.md",
        "audit/rebuild_vars.yml",
        "audit/report.json",
        "audit/report.md",
    ]
    assert result["verdict"][0].startswith("Everything that should run does: 2 of 2 hosts are online")
    assert result["unreadable"] == ""
    assert result["failed_on"] == ["high: 2 findings of this severity or worse (VM-001)"]
    again = run()
    assert again["changed"] is False
    assert again["failed_on"] == []


def test_check_mode_writes_nothing(run: Run, tmp_path: Path) -> None:
    assert run(_ansible_check_mode=True)["changed"] is True
    assert not (tmp_path / "audit").exists()


def test_an_error_is_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lab.json").unlink()
    result = run()
    assert result["failed"] is True
    assert result["msg"] == (
        f"cannot read {tmp_path / 'lab.json'}: there is no such file; run the audit again, or its second half with --tags report"
    )
    assert "exception" not in result


def test_documented_choices_are_those_of_the_code() -> None:
    options = yaml.safe_load(lab_report.DOCUMENTATION)["options"]
    assert options["formats"]["choices"] == list(FORMATS) == options["formats"]["default"]
    assert options["fail_on"]["choices"] == list(FAIL_ON)
