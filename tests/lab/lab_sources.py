# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Argo CD reads in the bed: the checkout of the demo lab over Git, and its charts over HTTP. Both on loopback, inside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from lab import build_servers, inside
from lab.lab_files import DEMO_LAB

CHARTS_HOST = "charts.home.example"
_CHARTS = DEMO_LAB / "charts"
# Names the Go module that holds the CustomResourceDefinitions of a chart, which are too large to stand in this repository.
_BORROWED = "crds.yml"


def host_names() -> list[str]:
    """The names under which the sources are known in the lab."""
    remote = yaml.safe_load((DEMO_LAB / "repository.yml").read_text(encoding="utf-8"))["remote"]
    return [str(urlsplit(remote).hostname), CHARTS_HOST]


def serve(folder: Path, helm: Path) -> None:
    """Serve the checkout below ``folder`` as git://HOST/PATH of its remote, and the packaged charts as http://charts.home.example/."""
    remote = yaml.safe_load((DEMO_LAB / "repository.yml").read_text(encoding="utf-8"))["remote"]
    served = folder / "git" / urlsplit(remote).path.lstrip("/")
    served.parent.mkdir(parents=True)
    served.symlink_to(folder / "repository" / ".git")
    git: list[str | Path] = ["git", "daemon", "--listen=127.0.0.1", "--export-all", f"--base-path={folder / 'git'}", "--reuseaddr"]
    inside.start(folder, "git", git)
    package_charts(folder, helm)
    http: list[str | Path] = [sys.executable, "-m", "http.server", "80", "--bind=127.0.0.1", f"--directory={folder / 'charts'}"]
    inside.start(folder, "charts", http)


def package_charts(folder: Path, helm: Path) -> None:
    """Package every chart of the demo lab into ``folder``/charts and write the index of that folder."""
    charts = folder / "charts"
    charts.mkdir()
    for source in sorted(path.parent for path in _CHARTS.glob("*/Chart.yaml")):
        work = folder / "chart-sources" / source.name
        shutil.copytree(source, work)
        borrowed = work / _BORROWED
        if borrowed.exists():
            _borrow(work, yaml.safe_load(borrowed.read_text(encoding="utf-8")))
            borrowed.unlink()
        _helm(folder, helm, "package", work, "--destination", charts)
    _helm(folder, helm, "repo", "index", charts, "--url", f"http://{CHARTS_HOST}/")


def _borrow(chart: Path, crds: dict[str, t.Any]) -> None:
    """Copy files of a Go module into the templates of a chart, where the charts of MetalLB and Longhorn have them, too."""
    source = build_servers.module_source(crds["wrapper"], crds["path"])
    for name in crds["files"]:
        (chart / "templates" / Path(name).name).write_bytes((source / name).read_bytes())


def _helm(folder: Path, helm: Path, *arguments: str | Path) -> None:
    home = folder / "helm"
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    done = subprocess.run([helm, *arguments], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise inside.BedError(f"cannot package the charts of the demo lab: {done.stderr.strip()}")
