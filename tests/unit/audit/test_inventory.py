# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-inventory as a person runs it from a clone: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from lab import canaries
from lab.demo_tier import Faults, demo_lab
from unit.audit.harness import ROOT


def inventory(lab_file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(lab_file), *arguments]
    env = {**os.environ, "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_a_clone_lists_the_lab(tmp_path: Path) -> None:
    with demo_lab(tmp_path) as lab:
        listed, graph = inventory(lab.lab_file, "--list"), inventory(lab.lab_file, "--graph", "k0s_workers")
    assert listed.returncode == graph.returncode == 0, listed.stderr + graph.stderr
    assert graph.stdout.split() == ["@k0s_workers:", "|--k3s-worker-1", "|--k3s-worker-aether-0"]
    hosts = json.loads(listed.stdout)["_meta"]["hostvars"]
    assert hosts["truenas-scale"]["ansible_host"] == "192.168.1.103"
    assert hosts["k3s-worker-1"]["lab_os_image"] == "Ubuntu 24.04.3 LTS"
    assert "__ansible_unsafe" not in listed.stdout
    assert listed.stderr == ""
    assert canaries.found_in(listed.stdout.encode()) == []


def test_a_dead_source_is_an_error_and_not_an_empty_inventory(tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(proxmox="down")) as lab:
        run = inventory(lab.lab_file, "--list")
        address = lab.config["proxmox"][0]["api_host"][0]
    assert run.returncode == 1
    assert run.stdout == ""
    words = f"(on_error: warn makes the rest of it): proxmox/home: cannot connect to {address}: the connection was refused"
    assert words in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr


def test_a_folder_with_a_static_file_beside_the_lab_file(tmp_path: Path) -> None:
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "lab.example.yml").write_bytes((ROOT / "inventory" / "lab.example.yml").read_bytes())
    (folder / "static.yml").write_text("all: {hosts: {printer: {}}}\n", encoding="utf-8")
    with demo_lab(tmp_path) as lab:
        (folder / "lab.yml").write_bytes(lab.lab_file.read_bytes())
        (folder / "pve-root-ca.pem").write_bytes(Path(lab.config["proxmox"][0]["ca_path"]).read_bytes())
        run = inventory(folder, "--graph", "ungrouped")
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["@ungrouped:", "|--printer"]
