# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Proves for each run that redaction works: planted secrets do not come through, and our own are in no file that was written."""

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path
from urllib.parse import quote

from .._errors import LabError
from .redaction import Redactor

# A word like any other, so that only the place can tell that it is a secret; and one that only looks like one.
_WORD = "cinnamon-planted-canary"
_RANDOM = "q7Rk2ZvX9mTb4LwP"
# Shorter ones stand in ordinary words, too.
_SHORTEST = 8
_SHORTEST_KEY_LINE = 32

_PLACES: t.Mapping[str, t.Callable[[Redactor], t.Any]] = {
    "environment variable": lambda redactor: redactor.named("DB_PASSWORD", _WORD),
    "environment variable of any name": lambda redactor: redactor.named("MODE", _RANDOM),
    "argument": lambda redactor: redactor.arguments(["serve", "--password", _WORD, f"--api-token={_WORD}", _RANDOM]),
    "annotation": lambda redactor: redactor.mapping({"example.org/auth-secret": _WORD, "example.org/note": f"token {_RANDOM}"}),
    "Helm value": lambda redactor: redactor.tree(
        {"auth": {"adminPassword": _WORD}, "env": [{"name": "API_TOKEN", "value": _WORD}], "extra": [_RANDOM]}
    ),
    "address": lambda redactor: [
        redactor.text(f"https://me:{_WORD}@example.org/a"),
        redactor.url(f"nfs://me:{_WORD}@example.org/a"),
    ],
    "header": lambda redactor: redactor.text(f"curl -H 'Authorization: Bearer {_WORD}' https://example.org"),
    "cloud-init": lambda redactor: redactor.text(f"users:\n  - name: admin\n    passwd: {_WORD}\nchpasswd:\n  password: {_WORD}\n"),
    "note": lambda redactor: redactor.text(f"Console of the router\nLogin: admin\nPassword: {_WORD}\n"),
    "assignment in a text": lambda redactor: redactor.text(f"export PGPASSWORD={_WORD} && psql; echo {_RANDOM}"),
    "private key": lambda redactor: redactor.text(f"-----BEGIN PRIVATE KEY-----\n{_WORD}\n-----END PRIVATE KEY-----"),
}


class LeakError(LabError):
    """A secret would be in the evidence, or is; nothing of it is kept."""


def check_redaction(redactor: Redactor) -> None:
    """Plant a secret in each kind of place that is redacted; LeakError when the redactor lets one through."""
    leaky = [place for place, redact in _PLACES.items() if _came_through(json.dumps(redact(redactor), ensure_ascii=False))]
    if leaky:
        raise LeakError(
            f"cannot keep the evidence: {len(leaky)} of {len(_PLACES)} planted secrets came through redaction "
            f"({', '.join(leaky)}); nothing was read or written; report this as a fault of the collection"
        )


def check_files(folder: Path, credentials: t.Iterable[str]) -> None:
    """Look for the secrets that we logged in with in every file below a folder; LeakError when one is there."""
    forms = {form.encode() for secret in credentials for form in _forms(secret)}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    leaky = [str(path.relative_to(folder)) for path in files if _holds(path.read_bytes(), forms)]
    if leaky:
        raise LeakError(
            f"cannot keep the evidence: {len(leaky)} of its files hold a secret that the audit logs in with ({', '.join(leaky)}); "
            "nothing was kept; if that secret is an ordinary word, log in with another one, else report this as a fault"
        )


def _came_through(text: str) -> bool:
    return _WORD in text or _RANDOM in text


def _holds(content: bytes, forms: t.Collection[bytes]) -> bool:
    return any(form in content for form in forms)


def _forms(secret: str) -> set[str]:
    """How a secret may stand in JSON: as it is, escaped, as part of an address, in base64; of a key in PEM each line."""
    if "-----BEGIN" in secret:
        lines = {line.strip() for line in secret.splitlines()}
        return {line for line in lines if len(line) >= _SHORTEST_KEY_LINE and not line.startswith("-----")} | {_base64(secret)}
    if len(secret) < _SHORTEST:
        return set()
    return {secret, json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe=""), _base64(secret)}


def _base64(secret: str) -> str:
    return base64.b64encode(secret.encode()).decode()
