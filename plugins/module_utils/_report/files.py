# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Files of a report: the private ones, and documents that others may read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .._errors import ConfigError
from .._evidence.folder import differs, encoded, private_folder, write_private

DOCUMENT_MODE = 0o644


def read_document(path: Path) -> str | None:
    """The text of a document, line ends as they are; None when there is no such file. ConfigError when it is no text."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as exc:
        raise ConfigError(f"cannot update {path}: it is not UTF-8 text; move it away, and a new one is written") from exc
    except OSError as exc:
        raise ConfigError(f"cannot update {path}: {exc.strerror or exc}") from exc


def write_report(path: Path, text: str) -> None:
    """Write a file of the report for its owner alone."""
    private_folder(path.parent)
    write_private(path, text)


def write_document(path: Path, text: str) -> None:
    """Write a document whole or not at all, also where it is a link; an unchanged one is not touched. ConfigError on failure."""
    if not differs(path, text):
        return
    target = path.resolve()
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            part = Path(file.name)
            file.write(encoded(text))
        part.chmod(DOCUMENT_MODE)
        part.replace(target)
    except OSError as exc:
        if part is not None and part.exists():
            part.unlink()
        raise ConfigError(f"cannot write {path}: {exc.strerror or exc}; choose another folder with docs_dir") from exc
