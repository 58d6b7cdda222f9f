# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Rule folders: every *.yml and *.yaml in them holds a list of rules. The only file here that reads files or imports yaml."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .. import _requirements
from .._errors import ConfigError
from . import expressions
from .examples import verify_examples
from .rules import Rule, parse_rules

try:
    import yaml
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

PACKAGES = (*expressions.PACKAGES, "PyYAML>=5.1")


def missing_packages() -> list[str]:
    """The requirements of PACKAGES that cannot be imported here."""
    return [*expressions.missing_packages(), *(PACKAGES[-1:] if IMPORT_ERROR else ())]


def load_rules(folders: t.Iterable[Path]) -> list[Rule]:
    """The rules of all folders by id, each proven on its own examples. ConfigError names the file, and the rule, that is wrong."""
    _requirements.require(missing_packages())
    rules = parse_rules((str(path), record) for folder in folders for path in _files(folder) for record in _records(path))
    if not rules:
        raise ConfigError("cannot judge the lab: there is not a single rule; check rules_dirs")
    for rule in rules:
        verify_examples(rule)
    return rules


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    except OSError as exc:
        raise ConfigError(f"cannot read the rule folder {folder}: {exc.strerror or exc}; check rules_dirs") from exc
    if not files:
        raise ConfigError(f"cannot read the rule folder {folder}: it holds no *.yml file; check rules_dirs")
    return files


def _records(path: Path) -> list[t.Any]:
    try:
        text = path.read_text(encoding="utf-8")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            node = loader.get_single_node()
            _refuse_duplicates(path, node)
            records = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot read {path}: {exc}") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"cannot read {path}: it is not YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(records, list):
        raise ConfigError(f"cannot use {path}: a rule file is a list of rules; start each with '- id: …'")
    return records


def _refuse_duplicates(path: Path, node: t.Any) -> None:
    """YAML readers keep the last of two equal keys without a word; half a rule would be lost."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ConfigError(f"cannot use {path}: line {key.start_mark.line + 1} has the key '{key.value}' a second time")
            seen.add(key.value)
            _refuse_duplicates(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(path, item)
