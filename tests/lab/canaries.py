# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canaries of canaries.yml, and a search for them."""

from __future__ import annotations

import base64
import dataclasses
import typing as t
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Canary:
    """One planted secret. place: what it stands for. planted: the file of the demo lab that holds it, relative to tests/lab."""

    id: str
    place: str
    value: str
    planted: str

    @property
    def forms(self) -> tuple[bytes, ...]:
        """How it may show: as it is, and in base64 without padding."""
        return self.value.encode(), base64.b64encode(self.value.encode()).rstrip(b"=")


def load() -> list[Canary]:
    """All canaries."""
    content = yaml.safe_load((FOLDER / "canaries.yml").read_text(encoding="utf-8"))
    return [Canary(**entry) for entry in content["canaries"]]


def found_in(data: bytes) -> list[str]:
    """Ids of the canaries that appear in some bytes."""
    return [canary.id for canary in load() if any(form in data for form in canary.forms)]


def found_below(*folders: Path) -> dict[str, list[str]]:
    """Path to the ids of the canaries in it, for every file below folders that holds any, names of files included."""
    found: dict[str, list[str]] = {}
    for file in _files(folders):
        ids = found_in(file.read_bytes()) + found_in(str(file).encode())
        if ids:
            found[str(file)] = ids
    return found


def _files(folders: t.Iterable[Path]) -> t.Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
