# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The key of the masks: made once, kept beside the evidence and never in it, so that masks stay comparable between audits."""

from __future__ import annotations

import secrets
from pathlib import Path

from .._errors import ConfigError
from .folder import private_folder, write_private

_BYTES = 32


def mask_key(path: Path) -> bytes:
    """The key in a file, made when there is none; ConfigError when the file cannot be read or holds no key."""
    if not path.exists():
        private_folder(path.parent)
        write_private(path, secrets.token_hex(_BYTES) + "\n")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror or exc}") from exc
    except ValueError as exc:
        raise ConfigError(f"cannot read {path}: it holds no key; delete it, and a new one is made") from exc
    if len(key) != _BYTES:
        raise ConfigError(f"cannot read {path}: it holds no key; delete it, and a new one is made")
    return key
