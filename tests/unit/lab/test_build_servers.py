# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers are built for whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import build_servers


def names(group: str) -> set[str]:
    return {program.name for program in build_servers.GROUPS[group]}


def test_the_bed_builds_nothing_for_molecule() -> None:
    assert names("molecule") - names("bed") == {"k0s-older", "kubelet", "kube-proxy", "metallb-controller", "metallb-speaker"}


def test_two_releases_of_k0s_from_one_source() -> None:
    new, old = (program for program in build_servers.NODE_PROGRAMS if program.name.startswith("k0s"))
    assert (new.module, new.package, new.substitutions) == (old.module, old.package, old.substitutions)
    assert new.stamps != old.stamps


@pytest.mark.parametrize(("group", "command"), [("bed", "make lab-build"), ("molecule", "build_servers.py --for molecule")])
def test_missing_servers_name_the_command(group: str, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOMELAB_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(build_servers, "go_version", lambda: "go version go1.26.8")
    with pytest.raises(build_servers.BuildError, match=command):
        build_servers.programs(group)
