# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible.template import Templar

AUDIT = {
    "fail_on": {"type": "list", "elements": "str"},
    "banner": {"type": "str"},
    "dir": {"type": "path"},
    "docs_dir": {"type": "path"},
    "rules_dirs": {"type": "list", "elements": "path"},
    "profile": {"type": "str"},
}
SECRETS = [("default", VaultSecret(b"open sesame"))]


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], str]:
    """Encrypts a text, and lets this process decrypt it."""
    monkeypatch.setattr(VaultSecretsContext, "_current", VaultSecretsContext(SECRETS))
    return lambda text: VaultLib(SECRETS).encrypt(text, SECRETS[0][1]).decode()


class Lab:
    """A lab file in a folder of its own, read the way the lookup reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "inventory" / "lab.yml"
        self.loader = DataLoader()

    def write(self, text: str) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(text, encoding="utf-8")

    def load(self, text: str | None = None, variables: dict[str, t.Any] | None = None, **environ: str) -> dict[str, t.Any]:
        """Read inventory/lab.yml, after writing it when there is a text."""
        # Not above: this file is loaded before the finder of collections is in place.
        from ansible_collections.homelab.deepdive.plugins.plugin_utils._lab_file import load_lab_file

        if text is not None:
            self.write(text)
        templar = Templar(loader=self.loader, variables=variables or {})
        return load_lab_file("inventory/lab.yml", self.loader, templar, AUDIT, environ)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    return Lab(tmp_path)
