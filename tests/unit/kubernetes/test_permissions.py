# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped identity may do what the audit does, and nothing else."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.guard import allowed_endpoints

FOLDER = Path(__file__).parents[3] / "roles" / "audit" / "files" / "permissions" / "kubernetes"
ENDPOINT = re.compile(r"/(?:api|apis/(?P<group>[^/]+))/[^/]+/(?:namespaces/\{namespace\}/)?(?P<plural>[a-z]+)")


def rules() -> list[dict[str, t.Any]]:
    """The rules of all roles in the shipped manifest."""
    (manifest,) = yaml.safe_load_all((FOLDER / "audit-identity.yml").read_text(encoding="utf-8"))
    return [rule for item in manifest["items"] if item["kind"] in ("ClusterRole", "Role") for rule in item["rules"]]


def test_the_roles_grant_exactly_the_allowed_reads() -> None:
    granted = {(group, plural) for rule in rules() for group in rule.get("apiGroups", []) for plural in rule.get("resources", [])}
    granted |= {("", path) for rule in rules() for path in rule.get("nonResourceURLs", [])}
    used = set()
    for method, path in allowed_endpoints("kubernetes"):
        assert method == "GET"
        match = ENDPOINT.fullmatch(path)
        used.add((match["group"] or "", match["plural"]) if match else ("", path))
    assert granted == used


def test_the_roles_only_read_and_never_secrets() -> None:
    assert {verb for rule in rules() for verb in rule["verbs"]} == {"get", "list"}
    assert "secrets" not in {plural for rule in rules() for plural in rule.get("resources", [])}
    assert "*" not in str(rules())
