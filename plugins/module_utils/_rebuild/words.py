# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The words with which a k0s service was started, from what k0s status, a unit file or a person says."""

from __future__ import annotations

import re
import shlex
import typing as t

from .._errors import ConfigError

_EXEC_START = re.compile(r"^\s*ExecStart\s*=(.*)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
# Stands in for an escaped character while the line is split; nobody writes this part of Unicode.
_PRIVATE = 0xE000
_HELP = "give the Args of k0s status, or the line ExecStart of the unit file"


def words_of(given: t.Any, what: str) -> list[str]:
    """A list of words as it is, or the words of the last ExecStart of a unit file, or of a command line.

    what: how errors call it. ConfigError for another shape, and for quotes that do not end.
    """
    if isinstance(given, str):
        return _of_text(given, what)
    if isinstance(given, t.Sequence) and all(isinstance(word, str) for word in given):
        return [str(word) for word in given]
    raise ConfigError(f"cannot compare the flags of k0s: {what} are neither a list of words nor a text; {_HELP}")


def _of_text(text: str, what: str) -> list[str]:
    whole = text.replace("\\\n", " ")
    starts = _EXEC_START.findall(whole)
    line = starts[-1].strip() if starts else whole.strip()
    if line.startswith("{ path="):
        # systemctl show drops the quotes, so --kubelet-extra-args="--a --b" would become two flags.
        raise ConfigError(f"cannot compare the flags of k0s: {what} come from systemctl show, which drops quotes; {_HELP}")
    hidden = _ESCAPED.sub(lambda match: chr(_PRIVATE + int(match[1], 16)), line)
    try:
        words = shlex.split(hidden)
    except ValueError:
        raise ConfigError(f"cannot compare the flags of k0s: {what} have a quote that does not end; {_HELP}") from None
    return [_shown(word) for word in words]


def _shown(word: str) -> str:
    """The word as k0s gets it; systemd writes a percent sign twice."""
    plain = (chr(ord(one) - _PRIVATE) if _PRIVATE <= ord(one) <= _PRIVATE + 0xFF else one for one in word)
    return "".join(plain).replace("%%", "%")
