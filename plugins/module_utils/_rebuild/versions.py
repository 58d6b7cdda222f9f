# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The way from an installed version to a wanted one: one minor version at a time, and never back."""

from __future__ import annotations

import dataclasses
import re
import typing as t

Action = t.Literal["none", "install", "upgrade", "refuse"]
# A pre-release counts before its release, its numbers as numbers: (False, ((1, 0, "rc"), (0, 2, ""))) before (True, ()).
_Release = tuple[bool, tuple[tuple[int, int, str], ...]]


@dataclasses.dataclass(frozen=True, order=True)
class Version:
    """A version that can be compared. build: the N of +k0s.N, 0 where there is none. text: as written, which is not compared."""

    major: int
    minor: int
    patch: int
    release: _Release
    build: int
    text: str = dataclasses.field(compare=False)

    @property
    def line(self) -> str:
        """The minor version, such as 1.34."""
        return f"{self.major}.{self.minor}"


@dataclasses.dataclass(frozen=True)
class Product:
    """What is upgraded: its name, the variable that asks for a version, how its versions look and an example of one."""

    name: str
    variable: str
    pattern: re.Pattern[str]
    example: str
    why_one_minor: str


_NUMBERS = r"(?P<major>\d{1,9})\.(?P<minor>\d{1,9})\.(?P<patch>\d{1,9})(?:-(?P<pre>[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*))?"
K0S = Product(
    "k0s",
    "k0s_version",
    re.compile(rf"v{_NUMBERS}\+k0s\.(?P<build>\d{{1,9}})", re.ASCII),
    "v1.34.4+k0s.0",
    "Kubernetes goes up one minor version at a time",
)
LONGHORN = Product(
    "Longhorn",
    "longhorn_version",
    re.compile(rf"v?{_NUMBERS}(?P<build>)", re.ASCII),
    "1.12.1",
    "Longhorn goes up one minor version at a time",
)


class Station(t.TypedDict):
    """One stop on the way up. version: the newest one that is at hand in this minor version, None when none is known."""

    minor: str
    version: str | None


class Path(t.TypedDict):
    """What is to be done, and why in one sentence. stations: every stop after the installed version, up to the wanted one."""

    action: Action
    reason: str
    stations: list[Station]


def parse_version(product: Product, text: str) -> Version | None:
    """ "v1.34.4+k0s.0" as a Version; None for what is no version of the product."""
    match = product.pattern.fullmatch(text.strip())
    if not match:
        return None
    parts = re.split(r"[.-]", match["pre"]) if match["pre"] else []
    before = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    major, minor, patch = (int(match[name]) for name in ("major", "minor", "patch"))
    return Version(major, minor, patch, (not parts, before), int(match["build"] or 0), text.strip())


def version_path(product: Product, current: str | None, wanted: str, available: t.Iterable[str] = ()) -> Path:
    """What leads from current to wanted. current: None or empty when nothing is installed.

    available: versions that can be had; they only decide which version a station names, and those that are none are passed over.
    """
    goal = parse_version(product, wanted)
    if goal is None:
        return _refused(_no_version(product, wanted, "the wanted version", f"set {product.variable} to one such as"))
    if not current:
        return _path("install", f"{product.name} is not installed, {goal.text} is wanted", [_station(goal)])
    start = parse_version(product, current)
    if start is None:
        return _refused(_no_version(product, current, "the installed version", "it should read like"))
    if start == goal:
        return _path("none", f"{product.name} {start.text} is installed, as wanted", [])
    known = [found for found in (parse_version(product, text) for text in available) if found]
    return _way_up(product, start, goal, known) if goal > start else _refused(_way_down(product, start, goal))


def _way_up(product: Product, start: Version, goal: Version, known: t.Sequence[Version]) -> Path:
    what = f"cannot upgrade {product.name} from {start.text} to {goal.text}"
    if goal.major != start.major:
        return _refused(f"{what}: the major version changes, and no such step is known; follow the release notes of {product.name}")
    stations = _stations(start, goal, known)
    if goal.minor <= start.minor + 1:
        return _path("upgrade", f"{product.name} goes from {start.text} to {goal.text}", stations)
    first = next(one for one in stations if one["minor"] != start.line)
    named = first["version"] or f"a version of {first['minor']}"
    return _path("refuse", f"{what}: {product.why_one_minor}; set {product.variable} to {named} first", stations)


def _way_down(product: Product, start: Version, goal: Version) -> str:
    return (
        f"cannot downgrade {product.name} from {start.text} to {goal.text}: {product.name} does not support it; "
        f"set {product.variable} to {start.text} or newer"
    )


def _stations(start: Version, goal: Version, known: t.Sequence[Version]) -> list[Station]:
    """The newest patch of the installed minor version when there is a newer one and the minor changes, each between, the goal."""
    found: list[Station] = []
    for minor in range(start.minor, goal.minor):
        # A pre-release is no place to stop at.
        ready = [one for one in known if (one.major, one.minor) == (start.major, minor) and one.release[0] and one > start]
        if ready:
            found.append(_station(max(ready)))
        elif minor > start.minor:
            found.append({"minor": f"{start.major}.{minor}", "version": None})
    return [*found, _station(goal)]


def _station(version: Version) -> Station:
    return {"minor": version.line, "version": version.text}


def _no_version(product: Product, text: str, what: str, help_: str) -> str:
    return f"cannot compare versions of {product.name}: {what} '{text:.80}' is none; {help_} {product.example}"


def _refused(reason: str) -> Path:
    return _path("refuse", reason, [])


def _path(action: Action, reason: str, stations: list[Station]) -> Path:
    return {"action": action, "reason": reason, "stations": stations}
