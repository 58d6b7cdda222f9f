# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup as Ansible runs it: what a task gets, what a person reads, and no secret on the way."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleLookupError
from ansible.template import Templar

from ansible_collections.homelab.deepdive.plugins.lookup.lab_file import LookupModule

from .conftest import Lab

ROOT = Path(__file__).resolve().parents[3]
LAB = """
proxmox:
  - name: home
    api_host: h
    api_user: a@pve
    api_token_id: t
    api_token_secret: "{{ lookup('ansible.builtin.env', 'HOSTILE') }}"
"""
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.assert:
        that: lookup('homelab.deepdive.lab_file', 'inventory/lab.yml') is mapping
    - ansible.builtin.set_fact:
        lab: "{{ lookup('homelab.deepdive.lab_file', 'inventory/lab.yml') }}"
      no_log: true
    - ansible.builtin.debug:
        msg: "{{ lab.proxmox[0].api_token_secret | length }} {{ lab.proxmox[0].api_host }}"
"""


def run_lookup(lab: Lab, *terms: t.Any) -> t.Any:
    return LookupModule(loader=lab.loader, templar=Templar(loader=lab.loader)).run(list(terms))


def test_the_lookup_gives_one_mapping(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTILE", "s3cret")
    lab.write(LAB)
    (loaded,) = run_lookup(lab, "inventory/lab.yml")
    assert loaded["lab_file"] == str(lab.path)
    assert loaded["proxmox"][0]["api_token_secret"] == "s3cret"


def test_the_audit_section_is_checked_against_the_role(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTILE", "s3cret")
    lab.write(LAB + "audit: {fail_no: [high]}")
    with pytest.raises(AnsibleLookupError, match=r"^inventory/lab.yml: unknown key 'fail_no' in audit; did you mean 'fail_on'\?$"):
        run_lookup(lab, "inventory/lab.yml")
    lab.write(LAB + "audit: {fail_on: [high]}")
    assert run_lookup(lab, "inventory/lab.yml")[0]["audit"] == {"fail_on": ["high"]}


@pytest.mark.parametrize("terms", [[], ["a", "b"], [""], [["a"]]])
def test_the_lookup_takes_one_path(lab: Lab, terms: list[t.Any]) -> None:
    with pytest.raises(AnsibleLookupError) as caught:
        run_lookup(lab, *terms)
    assert str(caught.value) == "cannot read a lab file: give the path of exactly one, such as inventory/lab.yml"


def test_errors_keep_their_words_and_no_cause(lab: Lab) -> None:
    with pytest.raises(AnsibleLookupError) as caught:
        run_lookup(lab, "no.yml")
    assert str(caught.value) == "cannot read no.yml: there is no such file; copy inventory/lab.example.yml to it and edit it"
    assert caught.value.__cause__ is None


def play(lab: Lab, hostile: str) -> subprocess.CompletedProcess[str]:
    (lab.folder / "play.yml").write_text(PLAYBOOK)
    environ = {**os.environ, "HOSTILE": hostile, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "HOME": str(lab.folder)}
    command = [sys.executable, "-m", "ansible.cli.playbook", "-vvvv", "play.yml"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_a_secret_survives_a_play_and_shows_nowhere(lab: Lab) -> None:
    trap = lab.folder / "trap"
    hostile = f"canary-{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}}"
    lab.write(LAB)
    result = play(lab, hostile)
    assert f"{len(hostile)} ['h']" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
    assert "canary" not in result.stdout + result.stderr
    assert not trap.exists()


def test_a_play_that_fails_shows_the_sentence_and_no_line_of_the_file(lab: Lab) -> None:
    lab.write(
        LAB.replace("api_token_id: t", "api_token_id: '{{ canary_variable }}'").replace("api_host: h", "api_hots: canary-value")
    )
    result = play(lab, "canary-secret")
    assert (
        "inventory/lab.yml: unknown key 'api_hots' in proxmox entry 'home'; did you mean 'api_host'?"
        in result.stdout + result.stderr
    )
    assert result.returncode == 2
    assert "canary" not in result.stdout + result.stderr
