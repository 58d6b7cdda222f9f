# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first play of a rebuild, as Ansible runs it: who makes what, what is refused, and that nothing in the variables is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from unit.report.rebuilt import controller, k0s_lab, text_of, worker

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles: [homelab.deepdive.rebuild]
- hosts: rebuild_hosts
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ told | to_json }}"
        dest: "{{ told_in }}/{{ inventory_hostname }}.json"
        mode: "0600"
      delegate_to: localhost
      connection: local
      vars:
        ansible_python_interpreter: "{{ ansible_playbook_python }}"
        told:
          own: "{{ hostvars['localhost'].rebuild_own }}"
          address: "{{ ansible_host }}"
          labels: "{{ k0s_labels }}"
          works: "{{ k0s_enable_worker }}"
          controllers: "{{ k0s_controllers }}"
          workers: "{{ k0s_workers }}"
"""
WHOLE: dict[str, t.Any] = {
    "rebuild_cluster_name": "lab",
    "k0s_version": "v1.34.4+k0s.0",
    "k0s_hosts": [
        {"name": "c1", "address": "192.0.2.1", "role": "controller+worker"},
        {"name": "w1", "address": "192.0.2.2", "role": "worker", "labels": {"room": "cellar"}},
    ],
}


def run(folder: Path, *files: Path) -> tuple[str, dict[str, dict[str, t.Any]]]:
    """What Ansible printed, and what it told of each host."""
    (folder / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(folder / "play.yml"), "-e", f"told_in={folder}"]
    for file in files:
        command += ["-e", f"@{file}"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    said = " ".join((done.stdout + done.stderr).split())
    return said, {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*1.json")}


def given(folder: Path, variables: dict[str, t.Any]) -> Path:
    path = folder / "given.yml"
    path.write_text(json.dumps(variables), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("variables", "own"),
    [
        ({}, []),
        ({"rebuild_parts": ["metallb"]}, ["metallb"]),
        # An Application provides it, but there is no Argo CD that would bring it.
        ({"rebuild_parts": ["metallb"], "rebuild_applications": {"metallb": "m"}}, ["metallb"]),
        ({"rebuild_parts": ["argocd", "longhorn", "metallb"], "rebuild_applications": {"metallb": "m"}}, ["longhorn"]),
        (
            {"rebuild_parts": ["argocd", "metallb"], "rebuild_applications": {"metallb": "m"}, "rebuild_manage": "always"},
            ["metallb"],
        ),
        ({"rebuild_parts": ["longhorn", "metallb"], "rebuild_manage": "never"}, []),
    ],
)
def test_who_makes_what(variables: dict[str, t.Any], own: list[str], tmp_path: Path) -> None:
    said, hosts = run(tmp_path, given(tmp_path, {**WHOLE, **variables}))
    assert hosts["w1"] == {
        "own": own,
        "address": "192.0.2.2",
        "labels": {"room": "cellar"},
        "works": False,
        "controllers": ["c1"],
        "workers": ["w1"],
    }, said
    assert hosts["c1"]["works"] is True


def test_half_of_what_is_needed_is_refused(tmp_path: Path) -> None:
    said, hosts = run(tmp_path, given(tmp_path, {**WHOLE, "k0s_config": None, "rebuild_missing": ["a login"]}))
    assert hosts == {}
    assert (
        "cannot rebuild lab: k0s_config is null: nobody has told it yet; rebuild_missing still asks for a login; "
        "correct the variables, nothing has been done"
    ) in said


def test_nothing_that_a_lab_says_is_run(tmp_path: Path) -> None:
    """A label that a template engine would run goes from the model through the file and the roles as it is."""
    hostile = f"{{{{ lookup('pipe', 'touch {tmp_path}/ran') }}}}"
    lab = k0s_lab(controller(), nodes=[worker("w1", labels={"room": hostile})])
    file = tmp_path / "rebuild_vars.yml"
    file.write_text(text_of(lab), encoding="utf-8")
    said, hosts = run(tmp_path, file)
    assert hosts["w1"]["labels"] == {"room": hostile}, said
    assert not (tmp_path / "ran").exists()
