# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""One mapping of the lab file with typed access to its keys. Every complaint names file, entry and key, and never a value
that could be a secret."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ..module_utils._errors import ConfigError
from ..module_utils._words import did_you_mean

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_ENVIRONMENT_LOOKUP = re.compile(r"env['\"]\s*,\s*['\"](\w+)['\"]")


def kind_of(value: t.Any) -> str:
    """What a value is, in the words of a person."""
    if value is None:
        return "empty"
    kinds = ((bool, "true or false"), (str, "text"), ((int, float), "a number"), (t.Mapping, "a mapping"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), f"a {type(value).__name__}")


def check_keys(file: str, where: str, given: t.Iterable[t.Any], valid: t.Collection[str]) -> None:
    """ConfigError for the first key that is not valid, with the nearest valid one. where: "in proxmox entry 'home'"."""
    for key in given:
        if key not in valid:
            hint = did_you_mean(key, valid, otherwise=f"valid keys are {', '.join(sorted(valid))}")
            raise ConfigError(f"{file}: unknown key '{key}' {where}{hint}")


@dataclasses.dataclass(frozen=True)
class Entry:
    """The values of one mapping after templating, with None for what is absent.

    where: how messages call it ("proxmox entry 'home'"). raw: the values as written, to tell where an empty one came from.
    folder: what relative paths start from.
    """

    file: str
    where: str
    folder: str
    values: t.Mapping[str, t.Any]
    raw: t.Mapping[str, t.Any]

    def wrong(self, key: str, cause: str) -> ConfigError:
        """The complaint about the value of one key."""
        return ConfigError(f"{self.file}: {self.where}, {key}: {cause}")

    def missing(self, what: str) -> ConfigError:
        """The complaint about something that is not there."""
        return ConfigError(f"{self.file}: {self.where}: {what}")

    def text(self, key: str) -> str | None:
        """Text, never empty; None when absent."""
        value = self.values.get(key)
        return None if value is None else self._checked_text(key, value)

    def needed(self, key: str, help_: str) -> str:
        """Text that must be there. help_: what to write."""
        value = self.text(key)
        if value is None:
            raise self.missing(f"{key} is missing; {help_}")
        return value

    def name(self, help_: str) -> str:
        """The name of an entry, which becomes the name of a folder."""
        value = self.needed("name", help_)
        if not _SAFE_NAME.fullmatch(value):
            raise self.wrong("name", "may hold letters, digits, dot, dash and underscore, and starts with a letter or digit")
        return value

    def texts(self, key: str, one_allowed: bool = False) -> list[str] | None:
        """A list of texts; None when absent. one_allowed: a single text stands for a list of one."""
        value = self.values.get(key)
        if value is None:
            return None
        if one_allowed and isinstance(value, str):
            return [self._checked_text(key, value)]
        if not isinstance(value, list):
            raise self.wrong(key, f"must be {'text or ' if one_allowed else ''}a list of texts, is {kind_of(value)}")
        return [self._checked_text(key, item) for item in value]

    def flag(self, key: str, default: bool) -> bool:
        """True or false, also as a lookup writes it ("yes", "false")."""
        value = self.values.get(key)
        if value is None:
            return default
        word = str(value).lower()
        if isinstance(value, (bool, str)) and word in _FLAGS:
            return _FLAGS[word]
        raise self.wrong(key, f"must be true or false, is {kind_of(value)}")

    def seconds(self, key: str) -> float | None:
        """A positive number of seconds; None when absent."""
        value = self.values.get(key)
        if value is None:
            return None
        number = _number(value)
        if number is None or not 0 < number < 86400:
            raise self.wrong(key, "must be a number of seconds above 0")
        return number

    def port(self, key: str) -> int | None:
        """The number of a port; None when absent."""
        value = self.values.get(key)
        if value is None:
            return None
        number = _number(value)
        if number is None or number != int(number) or not 0 < number < 65536:
            raise self.wrong(key, "must be a port, a number from 1 to 65535")
        return int(number)

    def path(self, key: str) -> str | None:
        """An absolute path; relative ones start at the folder of the lab file. None when absent."""
        value = self.text(key)
        return None if value is None else os.path.normpath(os.path.join(self.folder, os.path.expanduser(value)))

    def choice(self, key: str, choices: t.Sequence[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key)
        if value is not None and value not in choices:
            raise self.wrong(key, f"must be {' or '.join(choices)}, is '{value}'")
        return default if value is None else value

    def _checked_text(self, key: str, value: t.Any) -> str:
        if not isinstance(value, str):
            quotes = "; put it in quotes" if isinstance(value, (bool, int, float)) else ""
            raise self.wrong(key, f"must be text, is {kind_of(value)}{quotes}")
        if not value.strip():
            source = _ENVIRONMENT_LOOKUP.search(str(self.raw.get(key)))
            help_ = f"set the environment variable {source.group(1)}" if source else "give it a value, or remove the line"
            raise self.wrong(key, f"is empty; {help_}")
        return value


def _number(value: t.Any) -> float | None:
    """A number, also as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None
