# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Values of expressions: null, truth values, numbers, texts, lists and maps as Python has them, and Unknown.

Sets are sorted lists. Work is counted, so that a hostile file costs no more than MAX_WORK steps.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

Value = t.Any

MAX_WORK = 2_000_000
# Members and characters of one value.
MAX_SIZE = 100_000
MAX_NUMBER = 10**18


@dataclasses.dataclass(frozen=True)
class Unknown:
    """A value that the repository does not tell. why: in words; mistake: the expression is wrong, so that try() goes on."""

    why: str
    mistake: bool = False


class UnresolvedError(Exception):
    """Ends the evaluation of an expression, which then is Unknown."""

    def __init__(self, why: str, mistake: bool = False) -> None:
        super().__init__(why)
        self.unknown = Unknown(why, mistake)


class WorkError(Exception):
    """Everything that may be spent on the Terraform files of one repository is spent."""


class Work:
    """What evaluation has cost."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, steps: int) -> None:
        """Count steps; WorkError when there are too many."""
        self._left -= steps
        if self._left < 0:
            raise WorkError

    def sized(self, value: Value) -> Value:
        """The value, when it is not larger than MAX_SIZE with everything in it; shared parts count each time."""
        waiting = [value]
        size = 0
        while waiting:
            current = waiting.pop()
            size += 1
            if isinstance(current, str):
                size += len(current)
            elif isinstance(current, (list, dict)):
                size += len(current)
                waiting += current.values() if isinstance(current, dict) else current
            if size > MAX_SIZE:
                self.spend(size)
                raise UnresolvedError("a value is too large")
        self.spend(size)
        return value


def known(value: Value) -> Value:
    """The value; UnresolvedError when it is Unknown."""
    if isinstance(value, Unknown):
        raise UnresolvedError(value.why, value.mistake)
    return value


def text(value: Value) -> str:
    """The value as a text, as Terraform converts it."""
    value = known(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return format(value, ".15g") if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return value
    raise UnresolvedError("a value is no text", True)


def number(value: Value) -> int | float:
    """The value as a number; whole ones are int."""
    value = known(value)
    if isinstance(value, str) and len(value) < 40:
        try:
            value = float(value) if not value.lstrip("-").isdigit() else int(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnresolvedError("a value is no number", True)
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise UnresolvedError("a number is too large")
    return int(value) if value == int(value) else value


def whole(value: Value) -> int:
    """The value as a whole number."""
    found = number(value)
    if isinstance(found, float):
        raise UnresolvedError("a number is not whole", True)
    return found


def boolean(value: Value) -> bool:
    """The value as a truth value."""
    value = known(value)
    if value in ("true", "false") and isinstance(value, str):
        return value == "true"
    if isinstance(value, bool):
        return value
    raise UnresolvedError("a value is neither true nor false", True)


def items(value: Value) -> list[Value]:
    """The members of a list or set; the values of a map, by key."""
    value = known(value)
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    if isinstance(value, list):
        return value
    raise UnresolvedError("a value is no list", True)


def mapping(value: Value) -> dict[str, Value]:
    """The value as a map."""
    value = known(value)
    if isinstance(value, dict):
        return value
    raise UnresolvedError("a value is no map", True)


def identity(value: Value) -> str:
    """A text that only equal values share; a number is not equal to a text or a truth value."""

    def refuse(leaf: Value) -> t.NoReturn:
        known(leaf)
        raise UnresolvedError("a value cannot be compared", True)

    return json.dumps(value, sort_keys=True, default=refuse)


def unique(values: t.Iterable[Value]) -> list[Value]:
    """Each value once, in the order they came."""
    found: dict[str, Value] = {}
    for value in values:
        found.setdefault(identity(value), value)
    return list(found.values())
