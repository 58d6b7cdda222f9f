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
ENDPOINT = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/[^/]+/(?:namespaces/\{namespace\}/)?(?P<plural>[a-z0-9]+)(?P<one>/\{name\})?"
)


def rules() -> list[dict[str, t.Any]]:
    """The rules of all roles in the shipped manifest."""
    (manifest,) = yaml.safe_load_all((FOLDER / "audit-identity.yml").read_text(encoding="utf-8"))
    return [rule for item in manifest["items"] if item["kind"] in ("ClusterRole", "Role") for rule in item["rules"]]


def granted(verbs: set[str]) -> set[tuple[str, str]]:
    """What may be read with one of these verbs: group and kind."""
    some = [rule for rule in rules() if verbs & set(rule["verbs"])]
    return {(group, plural) for rule in some for group in rule.get("apiGroups", []) for plural in rule.get("resources", [])}


def test_the_roles_grant_exactly_the_allowed_reads() -> None:
    paths = [path for method, path in allowed_endpoints("kubernetes")]
    found = [match for match in map(ENDPOINT.fullmatch, paths) if match]
    read = {(match["group"] or "", match["plural"], bool(match["one"])) for match in found}
    assert granted({"get", "list"}) == {(group, plural) for group, plural, one in read}
    assert granted({"list"}) == {(group, plural) for group, plural, one in read if not one}
    assert granted({"get"}) >= {(group, plural) for group, plural, one in read if one}
    urls = {path for rule in rules() for path in rule.get("nonResourceURLs", [])}
    assert urls == set(paths) - {match.group() for match in found}


def test_objects_of_optional_parts_are_only_listed() -> None:
    parts = {"longhorn.io", "metallb.io", "metrics.k8s.io"}
    assert {verb for rule in rules() for verb in rule["verbs"] if parts & set(rule.get("apiGroups", []))} == {"list"}


def test_the_roles_only_read_and_never_secrets() -> None:
    assert {verb for rule in rules() for verb in rule["verbs"]} == {"get", "list"}
    assert "secrets" not in {plural for rule in rules() for plural in rule.get("resources", [])}
    assert "*" not in str(rules())
