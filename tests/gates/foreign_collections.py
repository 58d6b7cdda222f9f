# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections of others that the roles use, from the package that carries them all: foreign_collections.py prints their folder.

Standard library only. The package `ansible` comes from the same index as every other package, so neither the gates nor molecule
need an index of collections. requirements.yml at the top is for users, and names what this version of the package holds.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE_VERSION = "14.5.0"
WANTED = ("kubernetes/core",)


def fetch(folder: Path) -> Path:
    """The folder below ``folder`` that belongs on the path of collections; made once for each version of the package."""
    target = folder / PACKAGE_VERSION
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as name:
        # The wheel is the same for every Python, but says that it wants a newer one than the oldest that the collection runs on.
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.13", f"--dest={name}"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, f"ansible=={PACKAGE_VERSION}"], check=True)
        (wheel,) = Path(name).glob("*.whl")
        partial = Path(tempfile.mkdtemp(prefix=f"{PACKAGE_VERSION}.", dir=_made(folder)))
        prefixes = tuple(f"ansible_collections/{wanted}/" for wanted in WANTED)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(partial, [entry for entry in archive.namelist() if entry.startswith(prefixes)])
    partial.chmod(0o755)
    partial.rename(target)
    return target


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    print(fetch(ROOT / ".cache" / "collections"))
