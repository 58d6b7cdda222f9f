# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Data files: dated facts about the world outside a lab, such as what is known of a chart, which checks look up.

A file is a mapping: ``as_of``, the day on which its facts were looked up, and lists of entries by name.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from pathlib import Path

from .. import _requirements
from .._errors import ConfigError
from .._words import did_you_mean
from . import yaml_files
from .drift_causes import DriftCause, parse_drift_cause

_PARSERS: t.Mapping[str, t.Callable[[str, t.Any], DriftCause]] = {"drift_causes": parse_drift_cause}


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the data files say. lists: name to entries. files: ``name`` and ``as_of`` (YYYY-MM-DD) of each, in the order read."""

    lists: t.Mapping[str, t.Sequence[t.Any]] = dataclasses.field(default_factory=dict)
    files: t.Sequence[t.Mapping[str, str]] = ()


def load_facts(folders: t.Iterable[Path]) -> Facts:
    """The facts of all folders. An entry wins over one with its id in a folder further behind. ConfigError names what is wrong."""
    _requirements.require(yaml_files.missing_packages())
    paths = [path for folder in folders for path in yaml_files.yaml_files(folder, "data", "data_dirs")]
    return parse_facts((str(path), yaml_files.yaml_content(path)) for path in paths)


def parse_facts(contents: t.Iterable[tuple[str, t.Any]]) -> Facts:
    """Facts from (file, content) pairs."""
    lists: dict[str, dict[str, DriftCause]] = {}
    files = []
    for path, content in contents:
        if not isinstance(content, dict) or "as_of" not in content:
            raise ConfigError(f"cannot use {path}: a data file is a mapping with 'as_of', the day that its facts were looked up on")
        files.append({"name": Path(path).name, "as_of": _day(path, content["as_of"])})
        for name, entries in content.items():
            if name != "as_of":
                _add(lists, path, name, entries)
    return Facts({name: tuple(entries.values()) for name, entries in lists.items()}, files)


def _day(path: str, value: t.Any) -> str:
    try:
        return datetime.date.fromisoformat(str(value)).isoformat()
    except ValueError as exc:
        raise ConfigError(f"cannot use {path}: 'as_of' must be a date like 2026-12-31, not '{value}'") from exc


def _add(lists: dict[str, dict[str, DriftCause]], path: str, name: str, entries: t.Any) -> None:
    if name not in _PARSERS:
        raise ConfigError(f"cannot use {path}: there is no list '{name}'{did_you_mean(name, _PARSERS)}")
    if not isinstance(entries, list):
        raise ConfigError(f"cannot use {path}: '{name}' must be a list")
    seen: set[str] = set()
    for entry in entries:
        parsed = _PARSERS[name](path, entry)
        if parsed.id in seen:
            raise ConfigError(f"cannot use {path}: '{name}' has the id '{parsed.id}' a second time")
        seen.add(parsed.id)
        lists.setdefault(name, {}).setdefault(parsed.id, parsed)
