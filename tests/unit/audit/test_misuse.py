# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person gets wrong gives one clear sentence, and the last audit stays as it was."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from lab.demo_tier import DemoLab
from unit.audit.harness import Audited, Run, audited_lab, playbook

MAKE_KUBECONFIG = "roles/audit/files/permissions/kubernetes/make-kubeconfig.sh"


def misspelt_key(lab: DemoLab, audit: Path) -> str:
    lab.config["proxmox"][0]["api_hots"] = lab.config["proxmox"][0].pop("api_host")
    return f"{lab.lab_file}: unknown key 'api_hots' in proxmox entry 'home'; did you mean 'api_host'?"


def variable_for_a_lookup(lab: DemoLab, audit: Path) -> str:
    lab.config["proxmox"][0]["api_token_secret"] = "{{ my_secret }}"
    return (
        f"{lab.lab_file}: proxmox entry 'home', api_token_secret: uses the variable 'my_secret'; values here may use lookups and "
        "!vault, not variables; for an environment variable write {{ lookup('ansible.builtin.env', 'NAME') }}"
    )


def missing_kubeconfig(lab: DemoLab, audit: Path) -> str:
    path = lab.folder / "no-such.conf"
    lab.config["kubernetes"][0]["kubeconfig"] = str(path)
    return (
        f"cannot read kubeconfig {path}: there is no such file; write the path of a kubeconfig, or make one with {MAKE_KUBECONFIG}"
    )


def unknown_context(lab: DemoLab, audit: Path) -> str:
    lab.config["kubernetes"][0]["context"] = "nowhere"
    kubeconfig = lab.config["kubernetes"][0]["kubeconfig"]
    return f"cannot use context 'nowhere' of kubeconfig {kubeconfig}: there is no such context; it has lab"


def unreadable_ca(lab: DemoLab, audit: Path) -> str:
    path = lab.folder / "no-such-ca.pem"
    lab.config["proxmox"][0]["ca_path"] = str(path)
    return f"cannot read ca_path {path} of proxmox 'home': No such file or directory"


MISUSES: t.Sequence[t.Callable[[DemoLab, Path], str]] = (
    misspelt_key,
    variable_for_a_lookup,
    missing_kubeconfig,
    unknown_context,
    unreadable_ca,
)


def folded(run: Run) -> str:
    """The output on one line, because Ansible folds long messages and doubles quotes in them."""
    return re.sub(r"\s+", " ", run.output).replace("''", "'")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Audited]:
    """The demo lab, audited once."""
    with audited_lab(tmp_path_factory.mktemp("misuse")) as audited:
        yield audited


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_mistake_gives_one_sentence_and_loses_nothing(misuse: t.Callable[[DemoLab, Path], str], audited: Audited) -> None:
    before, config = files(audited.run.folder), json.dumps(audited.lab.config)
    try:
        sentence = misuse(audited.lab, audited.run.folder)
        audited.lab.write()
        run = playbook(audited.lab.lab_file, audited.run.folder)
    finally:
        audited.lab.config.clear()
        audited.lab.config.update(json.loads(config))
        audited.lab.write()
    assert run.code == 2
    assert sentence in folded(run)
    assert files(audited.run.folder) == before


def test_a_folder_that_cannot_be_written_is_named(audited: Audited) -> None:
    folder = audited.lab.lab_file / "audit"
    run = playbook(audited.lab.lab_file, folder)
    assert run.code == 2
    assert f"cannot write to {folder}: Not a directory; choose another folder with audit_dir" in folded(run)


def test_evidence_of_another_format_stops_the_report(audited: Audited) -> None:
    manifest = audited.run.folder / "evidence" / "manifest.json"
    good, report = manifest.read_text(encoding="utf-8"), (audited.run.folder / "report.md").read_bytes()
    manifest.write_text(json.dumps({**json.loads(good), "format": 99}), encoding="utf-8")
    try:
        run = playbook(audited.lab.lab_file, audited.run.folder, "--tags", "report")
    finally:
        manifest.write_text(good, encoding="utf-8")
    assert run.code == 2
    expected = (
        f"cannot read {manifest}: it is evidence of format 99, this version reads format 2; run the audit again to collect it anew"
    )
    assert expected in folded(run)
    assert (audited.run.folder / "report.md").read_bytes() == report
