# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Known causes of drift that never ends: entries of the list ``drift_causes`` in data files, and what they match.

An entry speaks only of what live evidence shows: a row of an application's ``drift``. A chart version alone proves nothing.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
import typing as t

from .._errors import ConfigError
from .._lab.units import quantity
from .._words import did_you_mean
from .versions import SortableVersion, sortable_version

Row = t.Mapping[str, t.Any]

# One version of a chart, where "0.14.*" or ">=1.2 <2" may stand, too.
_EXACT = re.compile(r"v?\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]*)?")


@dataclasses.dataclass(frozen=True)
class Range:
    """Versions of a chart, from the first that has the cause to before the first that has not, and the objects that it touches."""

    first: SortableVersion
    before: SortableVersion
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Chart:
    """The chart that brings a cause. fixed_in: first version without it. affected: what is known version by version."""

    name: str
    fixed_in: str
    affected: tuple[Range, ...] = ()

    def brings(self, version: str, names: t.Collection[str]) -> bool:
        """Whether it is known that this version touches exactly such objects."""
        number = _exact(version)
        return number is not None and any(
            one.first <= number < one.before and set(names) <= set(one.names) for one in self.affected
        )

    def is_fixed(self, version: str) -> bool | None:
        """Whether this version no longer has the cause; None for what is no version, such as a range."""
        number, fixed = _exact(version), sortable_version(self.fixed_in)
        return None if number is None or fixed is None else number >= fixed


def _exact(version: str) -> SortableVersion | None:
    return sortable_version(version) if _EXACT.fullmatch(version) else None


@dataclasses.dataclass(frozen=True)
class DriftCause:
    """One entry.

    match: field of a drift row (and ``group``) to patterns, of which one must fit; ``same: [quantity]`` asks that both values are
    the same amount. text: why it happens, as a part of a sentence. remedy: what else helps, in sentences. ignore: selectors of
    Argo CD's ignoreDifferences, empty for the paths that were found, None when it should not be ignored.
    """

    id: str
    match: t.Mapping[str, tuple[str, ...]]
    text: str
    remedy: str = ""
    chart: Chart | None = None
    ignore: t.Mapping[str, tuple[str, ...]] | None = None
    sync_options: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def fits(self, row: Row, group: str) -> bool:
        """Whether a row of drift, of an object of this API group, is of this cause."""
        return all(self._field_fits(field, patterns, row, group) for field, patterns in self.match.items())

    def _field_fits(self, field: str, patterns: tuple[str, ...], row: Row, group: str) -> bool:
        if field == "same":
            amounts = [quantity(_plain(row[side])) for side in ("applied", "live")]
            return amounts[0] is not None and amounts[0] == amounts[1]
        value = group if field == "group" else row[field]
        if field in ("applied", "live"):
            # null: the field is not there at all, so no value fits.
            return value is not None and _plain(value) in patterns
        return any(fnmatch.fnmatchcase(value or "", pattern) for pattern in patterns)


def _plain(text: t.Any) -> str:
    """A value without the quotes that JSON puts around a text."""
    value = str(text)
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


_MATCH = ("group", "kind", "name", "path", "cause", "owner", "applied", "live", "same")
_SELECTORS = ("jsonPointers", "jqPathExpressions", "managedFieldsManagers")
_KEYS = {
    "": ("id", "match", "text", "remedy", "chart", "patch", "references"),
    "match": _MATCH,
    "chart": ("name", "fixed_in", "affected"),
    "affected": ("first", "before", "names"),
    "patch": ("ignore", "sync_options"),
    "ignore": _SELECTORS,
}
_REQUIRED = {"": ("id", "match", "text"), "chart": ("name", "fixed_in"), "affected": ("first", "before", "names")}


def parse_drift_cause(path: str, record: t.Any) -> DriftCause:
    """One checked entry; ConfigError names file, entry and key."""
    where = f"cannot use drift cause '{record.get('id')}' of {path}" if isinstance(record, dict) else f"cannot use {path}"
    reader = _Reader(where)
    fields = reader.mapping("", record)
    patch = reader.mapping("patch", fields.get("patch", {}))
    chart = reader.mapping("chart", fields["chart"]) if "chart" in fields else None
    ignore = reader.mapping("ignore", patch["ignore"]) if "ignore" in patch else None
    return DriftCause(
        id=reader.text("id", fields["id"]),
        match={key: reader.texts(key, value) for key, value in reader.mapping("match", fields["match"]).items()},
        text=reader.text("text", fields["text"]),
        remedy=reader.text("remedy", fields.get("remedy", "")),
        chart=None if chart is None else reader.chart(chart),
        ignore=None if ignore is None else {key: reader.texts(key, value) for key, value in ignore.items()},
        sync_options=reader.texts("sync_options", patch.get("sync_options", [])),
        references=reader.texts("references", fields.get("references", [])),
    )


class _Reader:
    """Reads the parts of an entry strictly. where: how its messages begin."""

    def __init__(self, where: str) -> None:
        self._where = where

    def mapping(self, name: str, value: t.Any) -> dict[str, t.Any]:
        if not isinstance(value, dict):
            raise self._wrong(f"{f'{name!r}' if name else 'an entry'} must be a mapping")
        for key in value:
            if key not in _KEYS[name]:
                raise self._wrong(f"there is no key '{key}'{did_you_mean(key, _KEYS[name])}")
        for key in _REQUIRED.get(name, ()):
            if key not in value:
                raise self._wrong(f"it lacks '{key}'")
        return value

    def text(self, name: str, value: t.Any) -> str:
        if not isinstance(value, str):
            raise self._wrong(f"'{name}' must be a text, in quotes when it looks like a number")
        return " ".join(value.split())

    def texts(self, name: str, value: t.Any) -> tuple[str, ...]:
        return tuple(self.text(name, item) for item in (value if isinstance(value, list) else [value]))

    def chart(self, fields: t.Mapping[str, t.Any]) -> Chart:
        ranges = [self.mapping("affected", one) for one in fields.get("affected", [])]
        self.version("fixed_in", fields["fixed_in"])
        return Chart(
            self.text("name", fields["name"]),
            fields["fixed_in"],
            tuple(
                Range(self.version("first", one["first"]), self.version("before", one["before"]), self.texts("names", one["names"]))
                for one in ranges
            ),
        )

    def version(self, name: str, value: t.Any) -> SortableVersion:
        text = self.text(name, value)
        number = sortable_version(text)
        if number is None:
            raise self._wrong(f"'{name}' must be a version, not '{text}'")
        return number

    def _wrong(self, cause: str) -> ConfigError:
        return ConfigError(f"{self._where}: {cause}")
