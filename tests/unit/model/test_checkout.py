# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files an Application loads, by the rules of Argo CD."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.checkout import Checkout, Source, same_name, same_repository

URL = "https://git.test/me/homelab.git"
PATHS = (
    "README.md",
    "root.yaml",
    "apps/a.yaml",
    "apps/b.yaml.yaml",
    "apps/notes.txt",
    "apps/deep/c.json",
    "apps/deep/d.jsonnet",
    "apps-other/e.yaml",
    "apps0/e.yaml",
    "chart/Chart.yaml",
    "chart/values.yaml",
    "chart/templates/x.tpl",
    "base/kustomization.yaml",
    "base/one.yaml",
    "base/stray.yaml",
    "base/patch.yaml",
    "overlay/Kustomization",
    "overlay/two.yaml",
    "values/app.yaml",
    "broken/kustomization.yml",
    "broken/f.yaml",
)
KUSTOMIZATIONS = [
    {"path": "base/kustomization.yaml", "resources": ["one.yaml", "../overlay", "gone.yaml"], "files": ["patch.yaml"]},
    {
        "path": "overlay/Kustomization",
        "resources": ["two.yaml", "../base", "https://git.test/x.yaml", "git@git.test:me/x", "../../outside.yaml"],
        "files": [],
    },
]


def loaded(*sources: Source, remote: str | None = URL, known: t.Collection[str] = ()) -> list[str]:
    """What an Application with these sources loads."""
    return sorted(Checkout(PATHS, KUSTOMIZATIONS, remote).files_of(sources, known))


def at(path: str | None, **fields: t.Any) -> Source:
    """A source in this repository."""
    return Source(URL, path, **fields)


OVERLAY = ["overlay/Kustomization", "overlay/two.yaml"]
BASE = ["base/kustomization.yaml", "base/one.yaml", "base/patch.yaml", *OVERLAY]


@pytest.mark.parametrize(
    ("source", "files"),
    [
        (at("apps"), ["apps/a.yaml", "apps/b.yaml.yaml"]),
        (at("./apps/"), ["apps/a.yaml", "apps/b.yaml.yaml"]),
        (at("apps", recurse=True), ["apps/a.yaml", "apps/b.yaml.yaml", "apps/deep/c.json", "apps/deep/d.jsonnet"]),
        (at("apps", recurse=True, include="deep/*"), ["apps/deep/c.json", "apps/deep/d.jsonnet"]),
        (at("apps", recurse=True, include="*.json"), ["apps/deep/c.json"]),
        (at("apps", recurse=True, include="{a.yaml,*.json}"), ["apps/a.yaml", "apps/deep/c.json"]),
        (at("apps", recurse=True, exclude="{deep/*,b.*}"), ["apps/a.yaml"]),
        (at("."), ["root.yaml"]),
        (at("chart"), ["chart/Chart.yaml", "chart/templates/x.tpl", "chart/values.yaml"]),
        (at("chart", kind="Directory"), ["chart/Chart.yaml", "chart/values.yaml"]),
        (at("base"), BASE),
        (at("overlay"), BASE),
        (at("base", kind="Directory"), ["base/kustomization.yaml", "base/one.yaml", "base/patch.yaml", "base/stray.yaml"]),
        (at("broken"), ["broken/f.yaml", "broken/kustomization.yml"]),
        (
            at("apps", kind="Plugin"),
            ["apps/a.yaml", "apps/b.yaml.yaml", "apps/deep/c.json", "apps/deep/d.jsonnet", "apps/notes.txt"],
        ),
        (at("gone"), []),
        (at("../apps"), []),
        (at(None), []),
        (Source("https://git.test/me/other.git", "apps"), []),
    ],
)
def test_what_a_source_loads(source: Source, files: list[str]) -> None:
    assert loaded(source) == files


def test_value_files_are_read_beside_the_chart_and_through_references() -> None:
    chart = Source("https://charts.test/", value_files=("$values/values/app.yaml", "$other/apps/a.yaml"))
    assert loaded(chart, at(None, ref="values")) == ["values/app.yaml"]
    assert loaded(chart, Source("https://git.test/me/other.git", ref="values")) == []
    assert "root.yaml" in loaded(at("chart", value_files=("../root.yaml", "https://git.test/apps/a.yaml")))
    assert "apps/a.yaml" in loaded(at("chart", value_files=("/apps/a.yaml",)))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://git.test/me/homelab.git", "git@git.test:me/homelab", True),
        ("https://user:«masked:12345678»@git.test/me/homelab/", "ssh://git@git.test:2222/me/homelab.git", True),
        ("git://git.test/Me/Homelab.git", "https://git.test/me/homelab", True),
        ("file:///srv/git/homelab.git", "/srv/git/homelab", True),
        ("https://git.test/me/homelab", "https://git.test/you/homelab", False),
        ("https://git.test/me/homelab", "https://mirror.test/me/homelab", False),
        ("git@git.test:me/homelab", "git@git.test:me/homelab2", False),
    ],
)
def test_urls_of_one_repository(first: str, second: str, same: bool) -> None:
    for pair in ((first, second), (second, first)):
        assert same_repository(*pair) is same


def test_a_mirror_has_the_same_name() -> None:
    assert same_name("https://mirror.test/lab/homelab.git", URL)
    assert not same_name("https://mirror.test/lab/charts.git", URL)


@pytest.mark.parametrize(
    ("remote", "known", "files"),
    [
        (None, [], ["apps/a.yaml", "apps/b.yaml.yaml"]),
        (URL, ["https://mirror.test/lab/homelab"], ["apps/a.yaml", "apps/b.yaml.yaml"]),
        (URL, ["https://mirror.test/lab/homelab", "git@git.test:me/homelab.git"], []),
        ("https://git.test/me/charts.git", ["https://mirror.test/lab/homelab"], []),
    ],
    ids=["no remote: by path", "a mirror", "another repository of that name", "another name"],
)
def test_a_source_elsewhere_may_be_this_repository(remote: str | None, known: list[str], files: list[str]) -> None:
    assert loaded(Source("https://mirror.test/lab/homelab", "apps"), remote=remote, known=known) == files
