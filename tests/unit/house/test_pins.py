# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins: how versions of several interpreters become lines, and that the committed files agree with what they are made from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gates import pins

ROOT = Path(__file__).resolve().parents[3]
BOUND = r"python_version [<>=]+ \"3\.\d+\""
PIN = re.compile(rf"[\w.-]+==[\w.]+(?: ; {BOUND}(?: and {BOUND})?)?")


def requirement_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def direct(name: str) -> set[str]:
    """Names of the packages that a file of direct dependencies names, with those of files that it includes."""
    path = ROOT / name
    included = [line[3:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("-r ")]
    own = {normalised(re.split(r"[<>=!~ ;]", line)[0]) for line in requirement_lines(path)}
    return own.union(*(direct(str((path.parent / other).resolve().relative_to(ROOT))) for other in included))


@pytest.mark.parametrize(
    ("by_python", "lines"),
    [
        ({(3, 11): {"a": "1"}, (3, 13): {"a": "1"}}, ["a==1"]),
        (
            {(3, 11): {"a": "1"}, (3, 12): {"a": "2"}, (3, 13): {"a": "2"}},
            ['a==1 ; python_version < "3.12"', 'a==2 ; python_version >= "3.12"'],
        ),
        (
            {(3, 11): {"a": "1"}, (3, 12): {"a": "2"}, (3, 13): {"a": "3"}},
            [
                'a==1 ; python_version < "3.12"',
                'a==2 ; python_version >= "3.12" and python_version < "3.13"',
                'a==3 ; python_version >= "3.13"',
            ],
        ),
        ({(3, 11): {"a": "1"}, (3, 13): {}}, ['a==1 ; python_version < "3.13"']),
        ({(3, 11): {}, (3, 13): {"a": "1"}}, ['a==1 ; python_version >= "3.13"']),
        ({(3, 13): {"b": "1", "A": "2"}}, ["A==2", "b==1"]),
    ],
)
def test_merged(by_python: dict[tuple[int, int], dict[str, str]], lines: list[str]) -> None:
    assert pins.merged(by_python) == lines


@pytest.mark.parametrize("layer", ["audit", "test", "importer"])
def test_every_version_is_exact(layer: str) -> None:
    for line in requirement_lines(ROOT / "requirements" / f"{layer}.txt"):
        assert PIN.fullmatch(line), line


@pytest.mark.parametrize("layer", ["audit", "test"])
def test_every_direct_dependency_is_pinned_and_explained(layer: str) -> None:
    pinned = {normalised(line.split("==")[0]) for line in requirement_lines(ROOT / "requirements" / f"{layer}.txt")}
    assert direct(f"requirements/{layer}.in") <= pinned


@pytest.mark.parametrize("path", ["requirements.txt", "requirements/audit.in", "requirements/test.in", "requirements/importer.txt"])
def test_every_direct_dependency_is_explained(path: str) -> None:
    explained = False
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            explained = True
        elif not line:
            explained = False
        elif not line.startswith("-r"):
            assert explained, f"{path}: {line} has no comment above it"


def test_no_package_stands_in_both_layers() -> None:
    audit, test = (
        {normalised(line.split("==")[0]) for line in requirement_lines(ROOT / "requirements" / f"{layer}.txt")}
        for layer in ("audit", "test")
    )
    assert audit & test == set()
