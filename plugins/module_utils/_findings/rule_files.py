# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Rule folders: every *.yml and *.yaml in them holds a list of rules."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .. import _requirements
from .._errors import ConfigError
from . import expressions, yaml_files
from .examples import verify_examples
from .rules import Rule, parse_rules


def missing_packages() -> list[str]:
    """The requirements of rules that cannot be imported here."""
    return [*expressions.missing_packages(), *yaml_files.missing_packages()]


def load_rules(folders: t.Iterable[Path]) -> list[Rule]:
    """The rules of all folders by id, each proven on its own examples. ConfigError names the file, and the rule, that is wrong."""
    _requirements.require(missing_packages())
    rules = parse_rules(
        (str(path), record)
        for folder in folders
        for path in yaml_files.yaml_files(folder, "rule", "rules_dirs")
        for record in _records(path)
    )
    if not rules:
        raise ConfigError("cannot judge the lab: there is not a single rule; check rules_dirs")
    for rule in rules:
        verify_examples(rule)
    return rules


def _records(path: Path) -> list[t.Any]:
    records = yaml_files.yaml_content(path)
    if not isinstance(records, list):
        raise ConfigError(f"cannot use {path}: a rule file is a list of rules; start each with '- id: …'")
    return records
