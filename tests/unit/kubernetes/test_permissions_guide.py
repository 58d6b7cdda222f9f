# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide "Permissions" says about Kubernetes is what the shipped files grant, make and remove."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "roles" / "audit" / "files" / "permissions" / "kubernetes"
GUIDE = (ROOT / "docs" / "docsite" / "rst" / "permissions.rst").read_text(encoding="utf-8")
KUBERNETES = GUIDE.split("\nKubernetes\n---", 1)[1]


def granted() -> set[tuple[str, str]]:
    """API group and kind of every rule in the shipped manifest."""
    manifest = yaml.safe_load((FOLDER / "audit-identity.yml").read_text(encoding="utf-8"))
    rules = [rule for item in manifest["items"] for rule in item.get("rules", [])]
    return {(group, plural) for rule in rules for group in rule.get("apiGroups", []) for plural in rule["resources"]}


def test_it_names_every_right_and_no_other() -> None:
    table = KUBERNETES.split(":header: API group, ", 1)[1].split("\n\n", 2)[1]
    rows = csv.reader((line.strip() for line in table.splitlines()), skipinitialspace=True)
    named = {(group.replace("core", ""), plural) for group, kinds, use in rows for plural in kinds.split(", ")}
    assert named == granted()


def test_every_file_that_it_names_is_there() -> None:
    named = set(re.findall(r"roles/audit/files/permissions/[\w./-]+", GUIDE))
    named |= {f"roles/audit/files/permissions/{path}" for path in re.findall(r"\b(?:proxmox|kubernetes)/[\w-]+\.(?:sh|yml)", GUIDE)}
    assert len(named) >= 4
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_options_of_the_script_are_its_own() -> None:
    lines = re.findall(r"make-kubeconfig\.sh (-[^>\n]*)", KUBERNETES)
    assert len(lines) == 2
    usage = subprocess.run([FOLDER / "make-kubeconfig.sh", "-h"], capture_output=True, text=True, check=False).stderr
    assert {option for line in lines for option in re.findall(r"-[a-z]\b", line)} <= set(re.findall(r"-[a-z]\b", usage))


def test_what_it_makes_by_hand_is_what_the_files_make() -> None:
    manifest = yaml.safe_load((FOLDER / "audit-identity.yml").read_text(encoding="utf-8"))
    (account,) = [item["metadata"] for item in manifest["items"] if item["kind"] == "ServiceAccount"]
    assert f"kubectl create token {account['name']} --namespace {account['namespace']} --duration 8760h" in KUBERNETES
    script = (FOLDER / "make-kubeconfig.sh").read_text(encoding="utf-8")
    assert f"account={account['name']}\n" in script
    assert "duration=8760h\n" in script


def test_each_kind_of_cluster_is_removed_the_way_it_was_made() -> None:
    making, removing = KUBERNETES.split("\nRemove it\n^^^", 1)
    for kubectl in ("k0s kubectl", "k3s kubectl"):
        assert f"-k '{kubectl}'" in making
        assert f"{kubectl} delete -f kubernetes/audit-identity.yml" in removing
    assert "   kubectl delete -f roles/audit/files/permissions/kubernetes/audit-identity.yml\n" in removing
