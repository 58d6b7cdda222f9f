# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every canary really is in the demo lab, and can be found again."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from lab import canaries, replay
from lab.canaries import Canary

ALL = canaries.load()
# Files whose content neither the Kubernetes API nor a k0s host tells: they are read elsewhere, or by nobody.
NOT_RECORDED = {
    "demo_lab/proxmox.yml",
    "demo_lab/repository.yml",
    "demo_lab/repository/README.md",
    "demo_lab/repository/k0sctl.yaml",
    "demo_lab/repository/terraform/variables.tf",
    "demo_lab/kubernetes/secrets.yml",
    "replay.py",
}


@pytest.mark.parametrize("canary", ALL, ids=lambda canary: canary.id)
def test_planted(canary: Canary) -> None:
    assert canary.value in (canaries.FOLDER / canary.planted).read_text(encoding="utf-8")


def test_all_others_reach_the_recordings() -> None:
    recorded = {id_ for ids in canaries.found_below(replay.RECORDINGS.parent).values() for id_ in ids}
    assert recorded == {canary.id for canary in ALL if canary.planted not in NOT_RECORDED}


def test_many_and_all_different() -> None:
    assert len(ALL) >= 20
    assert (
        len({canary.id for canary in ALL})
        == len({canary.value for canary in ALL})
        == len({canary.place for canary in ALL})
        == len(ALL)
    )
    values = [canary.value for canary in ALL]
    assert not [(a, b) for a in values for b in values if a is not b and a in b]


def test_found_in_text_in_base64_and_in_names(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(f"x{ALL[0].value}y")
    (tmp_path / "coded").write_bytes(base64.b64encode(ALL[1].value.encode()))
    (tmp_path / ALL[2].value).write_text("")
    (tmp_path / "clean").write_text("nothing")
    found = canaries.found_below(tmp_path)
    assert found == {
        str(tmp_path / "plain"): [ALL[0].id],
        str(tmp_path / "coded"): [ALL[1].id],
        str(tmp_path / ALL[2].value): [ALL[2].id],
    }
