# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Waivers: findings that a person accepts, with a reason and an end."""

from __future__ import annotations

import dataclasses
import datetime
import fnmatch
import typing as t

from .._errors import ConfigError
from .._words import did_you_mean

State = t.Literal["used", "expired", "unmatched"]
STATES: tuple[State, ...] = ("used", "expired", "unmatched")


@dataclasses.dataclass(frozen=True, order=True)
class Waiver:
    """One waiver. rule: id. object: glob over ids of subjects. until: last day that it holds, UTC, YYYY-MM-DD."""

    rule: str
    object: str
    reason: str
    until: str


_KEYS = tuple(field.name for field in dataclasses.fields(Waiver))


def parse_waivers(records: t.Iterable[t.Any]) -> list[Waiver]:
    """Waivers in a fixed order, whatever the order they are written in. ConfigError names the one that is wrong."""
    return sorted(_parse(number, record) for number, record in enumerate(records, start=1))


def _parse(number: int, record: t.Any) -> Waiver:
    if not isinstance(record, dict):
        raise ConfigError(f"cannot use waiver {number}: it must be a mapping with {', '.join(_KEYS)}")
    for key in record:
        if key not in _KEYS:
            raise ConfigError(f"cannot use waiver {number}: there is no key '{key}'{did_you_mean(key, _KEYS)}")
    for key in _KEYS:
        if not record.get(key):
            raise ConfigError(f"cannot use waiver {number}: it lacks '{key}'")
    try:
        until = datetime.date.fromisoformat(str(record["until"])).isoformat()
    except ValueError as exc:
        raise ConfigError(f"cannot use waiver {number}: 'until' must be a date like 2026-12-31, not '{record['until']}'") from exc
    return Waiver(str(record["rule"]), str(record["object"]), str(record["reason"]), until)


class WaiverBook:
    """Applies waivers and remembers which were used. today: YYYY-MM-DD, the day of the audit."""

    def __init__(self, waivers: t.Sequence[Waiver], today: str) -> None:
        self._waivers = waivers
        self._today = today
        self._used: set[Waiver] = set()

    def reason_for(self, rule: str, *ids: str) -> str | None:
        """Why this finding is waived, None when it is not. ids: the subject, and the source that a folded finding stands for."""
        matching = [
            waiver
            for waiver in self._waivers
            if waiver.rule == rule and waiver.until >= self._today and any(fnmatch.fnmatchcase(name, waiver.object) for name in ids)
        ]
        self._used.update(matching)
        return matching[0].reason if matching else None

    def states(self) -> list[dict[str, str]]:
        """Every waiver with its state, as written to findings.json."""
        return [{**dataclasses.asdict(waiver), "state": self._state(waiver)} for waiver in self._waivers]

    def _state(self, waiver: Waiver) -> State:
        if waiver.until < self._today:
            return "expired"
        return "used" if waiver in self._used else "unmatched"
