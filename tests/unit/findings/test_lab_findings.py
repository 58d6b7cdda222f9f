# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module lab_findings, run as Ansible runs it."""

from __future__ import annotations

import json
import stat
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from unit.findings.builders import DATA_DIR, RULES_DIR, Item, lab, node

from ansible_collections.homelab.deepdive.plugins.modules import lab_findings

Run = t.Callable[..., Item]


@pytest.fixture(name="run")
def _run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module on a lab with one node that is not ready; returns what it prints."""
    (tmp_path / "lab.json").write_text(
        json.dumps(lab(nodes=[node("a", ready=False, schedulable=True, distribution="k0s")])), encoding="utf-8"
    )

    def run(**arguments: t.Any) -> Item:
        files = {"lab_file": str(tmp_path / "lab.json"), "dest": str(tmp_path / "findings.json"), "rules_dirs": [str(RULES_DIR)]}
        with patch_module_args({**files, **arguments}), pytest.raises(SystemExit):
            lab_findings.main()
        return t.cast("Item", json.loads(capsys.readouterr().out))

    return run


def test_it_writes_findings_and_returns_a_summary(run: Run, tmp_path: Path) -> None:
    result = run()
    assert result["changed"] is True
    assert result["severities"] == {"critical": 1, "high": 0, "medium": 0, "low": 0, "info": 0}
    assert result["outcomes"]["fail"] == 1
    assert result["waivers"] == {"used": 0, "expired": 0, "unmatched": 0}
    (top,) = result["top"]
    assert {key: top[key] for key in ("rule", "severity", "subject", "message")} == {
        "rule": "NODE-001",
        "severity": "critical",
        "subject": "node/lab//a",
        "message": "node a is not ready",
    }
    written = tmp_path / "findings.json"
    assert json.loads(written.read_text(encoding="utf-8"))["top"] == [top["fingerprint"]]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_it_changes_nothing_the_second_time(run: Run, tmp_path: Path) -> None:
    run()
    before = (tmp_path / "findings.json").read_bytes()
    assert run()["changed"] is False
    assert (tmp_path / "findings.json").read_bytes() == before
    assert run(severities={"NODE-001": "low"})["changed"] is True


def test_check_mode_says_the_same_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    checked = run(_ansible_check_mode=True)
    assert checked["changed"] is True
    assert not (tmp_path / "findings.json").exists()
    done = run()
    for key in ("severities", "outcomes", "top", "waivers"):
        assert checked[key] == done[key]
    assert run(_ansible_check_mode=True)["changed"] is False


def test_waivers_and_thresholds_arrive(run: Run) -> None:
    waiver = {"rule": "NODE-001", "object": "node/*", "reason": "under repair", "until": "2026-12-31"}
    result = run(waivers=[waiver], thresholds={"PVE-004": {"used_ratio": 0.95}})
    assert (result["outcomes"]["waived"], result["waivers"]["used"]) == (1, 1)


def test_data_files_arrive(run: Run, tmp_path: Path) -> None:
    run(data_dirs=[str(DATA_DIR)])
    written = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in written["facts"]] == ["drift_causes.yml"]
    assert run(data_dirs=["/nowhere"])["msg"] == (
        "cannot read the data folder /nowhere: No such file or directory; check data_dirs"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rules_dirs": []}, "cannot judge the lab: there is not a single rule; check rules_dirs"),
        (
            {"severities": {"NODE-01": "low"}},
            "cannot change the severity of 'NODE-01': there is no such rule; did you mean 'NODE-001'?",
        ),
        ({"lab_file": "/nowhere/lab.json"}, "cannot read /nowhere/lab.json: there is no such file; run the audit again"),
        (
            {"dest": "/nowhere/findings.json"},
            "cannot write /nowhere/findings.json: No such file or directory; choose another folder",
        ),
    ],
)
def test_errors_are_one_sentence(run: Run, arguments: Item, message: str) -> None:
    result = run(**arguments)
    assert result["failed"] is True
    assert result["msg"].startswith(message)
    assert "exception" not in result


def test_a_model_of_another_format_says_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text('{"format": 99}', encoding="utf-8")
    assert run()["msg"] == (
        f"cannot read {tmp_path}/lab.json: it is a model of format 99, this version reads format 1; "
        "run the audit again, or its second half with --tags report"
    )
