# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""YAML files of a folder. The only file here that reads files or imports yaml."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._errors import ConfigError

try:
    import yaml
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

PACKAGES = ("PyYAML>=5.1",)


def missing_packages() -> list[str]:
    """The requirements of PACKAGES that cannot be imported here."""
    return list(PACKAGES) if IMPORT_ERROR else []


def yaml_files(folder: Path, what: str, option: str) -> list[Path]:
    """Every *.yml and *.yaml of a folder by name. what, option: how messages call the folder, and what names it.

    ConfigError when it cannot be read or holds none.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    except OSError as exc:
        raise ConfigError(f"cannot read the {what} folder {folder}: {exc.strerror or exc}; check {option}") from exc
    if not files:
        raise ConfigError(f"cannot read the {what} folder {folder}: it holds no *.yml file; check {option}")
    return files


def yaml_content(path: Path) -> t.Any:
    """What one file holds; ConfigError when it is not YAML or a key comes twice."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            node = loader.get_single_node()
            _refuse_duplicates(path, node)
            return loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot read {path}: {exc}") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"cannot read {path}: it is not YAML: {' '.join(str(exc).split())}") from exc


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
