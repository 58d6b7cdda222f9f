# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook as a person runs it: exit codes, check mode, repetition, preflight, and a user's own variables."""

from __future__ import annotations

import json
import re
import shutil
import time
import typing as t
from pathlib import Path

import jsonschema
import pytest
from lab import canaries
from lab.demo_tier import Faults, demo_lab
from unit.audit.harness import ROLE, Audited, Run, audited_lab, playbook
from unit.audit.test_misuse import files, folded

VOLATILE = ("collected", "requests")
MOVING = re.compile(
    r"[\d.]+(?= (?:syncs )?per hour| minutes| h |:\d\d UTC)|(?<=:)\d\d(?= UTC)|(?<=window_seconds: )\d+|(?<=syncs_per_hour: )[\d.]+"
)
MOVES = {"started", "finished", "window_seconds", "event_window_seconds", "syncs_per_hour"}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Audited]:
    """The demo lab, audited once."""
    with audited_lab(tmp_path_factory.mktemp("playbook")) as audited:
        yield audited


def facts(run: Run) -> dict[str, t.Any]:
    """lab.json without its clock, what moves with it, and the time that requests took."""
    return {key: at_rest(value) for key, value in run.json("lab.json").items() if key not in VOLATILE}


def at_rest(value: t.Any) -> t.Any:
    """The demo lab keeps the age of what happened in it, so the moments move from one audit to the next."""
    if isinstance(value, dict):
        return {key: at_rest(item) for key, item in value.items() if key not in MOVES}
    return [at_rest(item) for item in value] if isinstance(value, list) else value


def undated(run: Run) -> str:
    """report.md without what names the time of the run, of requests or of syncs, and without what is reckoned from it."""
    head = run.read("report.md").split("\n## 13. ", 1)[0]
    lines = "\n".join(line for line in head.splitlines() if not line.startswith("- Date:"))
    return MOVING.sub("#", lines)


def test_the_output_names_verdict_and_report(audited: Audited) -> None:
    assert "There are" in audited.run.output
    assert f"Report: {audited.run.folder}/report.md" in folded(audited.run)


def test_no_canary_of_the_recorded_lab_comes_out(audited: Audited) -> None:
    assert canaries.found_below(audited.run.folder) == {}
    assert canaries.found_in(audited.run.output.encode()) == []


def test_a_second_audit_finds_the_same_and_leaves_the_documents_alone(audited: Audited) -> None:
    first_facts, first_docs = facts(audited.run), files(audited.run.folder / "docs")
    first_ids = [result["fingerprint"] for result in audited.run.json("findings.json")["results"]]
    stamps = {path: path.stat().st_mtime_ns for path in (audited.run.folder / "docs").rglob("*")}
    second = playbook(audited.lab.lab_file, audited.run.folder)
    assert second.code == 0
    assert facts(second) == first_facts
    assert [result["fingerprint"] for result in second.json("findings.json")["results"]] == first_ids
    assert files(second.folder / "docs") == first_docs
    assert first_docs
    assert {path: path.stat().st_mtime_ns for path in (second.folder / "docs").rglob("*")} == stamps


def test_check_mode_gives_the_same_report(audited: Audited, tmp_path: Path) -> None:
    # Equal masks need the same key.
    shutil.copytree(audited.run.folder, tmp_path / "audit")
    checked = playbook(audited.lab.lab_file, tmp_path / "audit", "--check")
    assert checked.code == 0
    assert facts(checked) == facts(audited.run)
    assert undated(checked).replace(str(tmp_path), "") == undated(audited.run).replace(str(audited.run.folder.parent), "")


def test_the_report_alone_needs_no_lab(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab") as lab:
        first = playbook(lab.lab_file, tmp_path / "audit")
        report = first.read("report.md")
    again = playbook(tmp_path / "lab" / "lab.yml", tmp_path / "audit", "--tags", "report")
    assert again.code == 0, again.output
    assert again.read("report.md") == report


def test_a_gap_fails_only_when_asked_and_after_everything_is_written(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab", faults=Faults(proxmox="down")) as lab:
        lenient = playbook(lab.lab_file, tmp_path / "lenient")
        strict = playbook(lab.lab_file, tmp_path / "strict", "-e", '{"audit_fail_on": ["gap"]}')
    assert lenient.code == 0, lenient.output
    assert strict.code == 2
    assert "gap: 1 thing could not be read (proxmox/home)" in folded(strict)
    assert sorted(files(strict.folder)) == sorted(files(lenient.folder))


def test_nothing_readable_always_fails_and_still_reports(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab", faults=Faults(proxmox="down"), sections=("proxmox",)) as lab:
        run = playbook(lab.lab_file, tmp_path / "audit")
    assert run.code == 2
    assert "cannot audit the lab: none of its sources could be read (proxmox/home: cannot connect to" in folded(run)
    assert "## 13. " in run.read("report.md")


def test_a_variable_of_the_command_line_wins_over_the_lab_file(audited: Audited, tmp_path: Path) -> None:
    run = playbook(audited.lab.lab_file, tmp_path / "audit", "-e", "audit_banner='FROM THE COMMAND LINE'")
    assert "**FROM THE COMMAND LINE**" in run.read("report.md")
    assert "DEMO LAB" not in run.read("report.md")
    assert "**DEMO LAB**" in audited.run.read("report.md")


def test_the_report_for_machines_follows_its_schema(audited: Audited) -> None:
    schema = json.loads((ROLE / "files" / "schema" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(audited.run.json("report.json"), schema, cls=jsonschema.Draft202012Validator)


def test_preflight_says_yes_in_seconds(audited: Audited, tmp_path: Path) -> None:
    started = time.monotonic()
    run = playbook(audited.lab.lab_file, tmp_path / "audit", "--tags", "preflight")
    assert run.code == 0, run.output
    assert time.monotonic() - started < 30
    for source in ("proxmox/home", "kubernetes/lab", "k0s/k3s-master-1", "repository/"):
        assert f"ok {source}" in folded(run)
    assert not (tmp_path / "audit").exists()


@pytest.mark.parametrize(
    ("faults", "line"),
    [
        (Faults(proxmox="down"), "missing proxmox/home reachable: cannot connect to"),
        (Faults(proxmox="bad_ca"), "missing proxmox/home tls: cannot verify the certificate of"),
        (Faults(proxmox="unauthorized"), "missing proxmox/home login: cannot log in to proxmox 'home' as audit@pve!deepdive"),
        (Faults(proxmox="noagent"), "pveum acl modify / --users audit@pve --roles PVEAuditor"),
        (Faults(kubernetes="unauthorized"), "missing kubernetes/lab login: cannot log in to kubernetes 'lab'"),
        (Faults(forbidden=["ingresses"]), 'apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["get", "list"]'),
        (Faults(repository="missing"), "missing repository/"),
        (Faults(proxmox="hang"), "no answer within 4 seconds; when the host is only slow, set timeout to more seconds"),
        (Faults(kubernetes="hang"), "no answer within 3 seconds; when the cluster is only slow, set timeout to more seconds"),
    ],
    ids=["down", "bad CA", "401", "no agent", "kubernetes 401", "kubernetes 403", "no repository", "hang", "kubernetes hang"],
)
def test_preflight_names_what_is_missing(faults: Faults, line: str, tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab", faults=faults) as lab:
        run = playbook(lab.lab_file, tmp_path / "audit", "--tags", "preflight")
    assert run.code == 2
    assert line in folded(run)


def test_preflight_names_a_k0s_host_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab") as lab:
        lab.config["k0s"]["hosts"][0]["recording"] = str(tmp_path / "no-such-recording")
        lab.write()
        run = playbook(lab.lab_file, tmp_path / "audit", "--tags", "preflight")
    assert run.code == 2
    expected = f"cannot read {tmp_path}/no-such-recording: it holds no recording of a k0s host; set recording to its folder"
    assert f"missing k0s/k3s-master-1 reachable: {expected}" in folded(run)
