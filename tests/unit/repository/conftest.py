# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest

GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")


class Checkout:
    """A folder that is filled file by file, and read with an own ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def write(self, files: t.Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def git(self, *arguments: str) -> str:
        done = subprocess.run([*GIT, "-C", str(self.path), *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def collect(self, *gather: str) -> t.Any:
        # Not above: this file is loaded before the finder of collections is in place.
        from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
        from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
        from ansible_collections.homelab.deepdive.plugins.module_utils._repository.collect import collect

        self.ledger = Ledger()
        options = {"name": "lab", "path": str(self.path), "gather": list(gather) or None}
        return collect(options, self.ledger, Redactor(b"k" * 32))

    def nouns(self) -> dict[str, list[dict[str, t.Any]]]:
        """Everything, which must have been read without a gap."""
        found = self.collect()
        assert found.gaps == []
        return t.cast("dict[str, list[dict[str, t.Any]]]", found.nouns)

    def paths(self) -> list[str]:
        return [file["path"] for file in self.nouns()["files"]]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "lab")
