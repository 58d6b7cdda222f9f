# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits of the demo lab: all four stages in this process, or the playbook as a person runs it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from lab.demo_tier import DemoLab, demo_lab

from ansible_collections.homelab.deepdive.plugins.module_utils._collect import collect_lab
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import dump, read_evidence, write_private
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import load_facts
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rule_files import load_rules
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.collect import gather
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.hosts import Recording
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.build import build_lab
from ansible_collections.homelab.deepdive.plugins.module_utils._options import sections
from ansible_collections.homelab.deepdive.plugins.module_utils._report.publish import Order, publish
from ansible_collections.homelab.deepdive.plugins.plugin_utils._lab_file import audit_options, load_lab_file

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles" / "audit"


@dataclasses.dataclass(frozen=True)
class Audit:
    """What an audit left: the model, the findings, the report as text, and what it would fail on with fail_on: [gap]."""

    folder: Path
    lab: dict[str, t.Any]
    findings: dict[str, t.Any]
    report: str
    unreadable: str
    failed_on: t.Sequence[str]

    def outcomes(self, rule: str) -> dict[str, str]:
        """Subject to outcome for one rule."""
        return {result["subject"]: result["outcome"] for result in self.findings["results"] if result["rule"] == rule}

    def section(self, number: int) -> str:
        """The text of one numbered section of the report."""
        after = self.report.split(f"\n## {number}. ", 1)[1]
        return after.split("\n## ", 1)[0]

    def gaps(self) -> str:
        """The part of the head that says what could not be read."""
        return self.report.split("\n## What could not be read\n", 1)[1].split("\n## ", 1)[0]


def load(lab: DemoLab) -> dict[str, t.Any]:
    """The lab file as the playbook reads it."""
    loader = DataLoader()
    return load_lab_file(str(lab.lab_file), loader, Templar(loader=loader), audit_options(), environ={})


def audit(lab: DemoLab, folder: Path) -> Audit:
    """Run the four stages in this process."""
    config = load(lab)
    ledger, redactor = Ledger(), Redactor(b"key of the tests")
    hosts = {
        host["name"]: gather(Recording(Path(host["recording"]), None), host["name"], (), ledger, redactor)
        for host in config["k0s"]["hosts"]
        if host != "auto" and isinstance(host, dict)
    }
    collect_lab(sections(config), hosts, ledger, redactor, folder / "evidence")
    return judged(folder)


def judged(folder: Path) -> Audit:
    """The three stages behind the evidence, as the playbook runs them."""
    model = build_lab(read_evidence(folder / "evidence"))
    facts = load_facts([ROLE / "files" / "data"])
    findings = judge(load_rules([ROLE / "files" / "rules"]), model, Settings({}, {}, [], "default", facts=facts))
    write_private(folder / "lab.json", dump(model) + "\n")
    write_private(folder / "findings.json", dump(findings) + "\n")
    outcome = publish(
        Order(
            lab_file=folder / "lab.json",
            findings_file=folder / "findings.json",
            templates_dirs=[ROLE / "templates"],
            dest=folder,
            docs_dir=folder / "docs",
            formats=["md", "json"],
            banner="",
            fail_on=["gap"],
            write=True,
        )
    )
    report = (folder / "report.md").read_text(encoding="utf-8")
    return Audit(folder, model, findings, report, outcome.unreadable, outcome.failed_on)


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished ansible-playbook."""

    code: int
    output: str
    folder: Path

    def read(self, name: str) -> str:
        """A file that it wrote."""
        return (self.folder / name).read_text(encoding="utf-8")

    def json(self, name: str) -> t.Any:
        """A JSON file that it wrote."""
        return json.loads(self.read(name))


def playbook(lab_file: Path, folder: Path, *arguments: str, **environment: str) -> Run:
    """Run audit.yml as a person does."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "audit.yml"]
    command += ["-e", f"audit_lab_file={lab_file}", "-e", f"audit_dir={folder}", *arguments]
    env = {**os.environ, "ANSIBLE_NOCOLOR": "1", **environment}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=180)
    return Run(done.returncode, done.stdout + done.stderr, folder)


@dataclasses.dataclass(frozen=True)
class Audited:
    """A running demo lab and its first audit, which went well."""

    lab: DemoLab
    run: Run


@contextlib.contextmanager
def audited_lab(root: Path) -> t.Iterator[Audited]:
    """The demo lab below root, audited once."""
    (root / "lab").mkdir()
    with demo_lab(root / "lab") as lab:
        run = playbook(lab.lab_file, root / "audit")
        assert run.code == 0, run.output
        yield Audited(lab, run)
