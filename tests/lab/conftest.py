# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real test bed for its tests: the one that runs, else one of their own that ends with them."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
from lab import bed
from unit.audit.harness import Run, playbook

Row = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Bed:
    """A running bed and its witnesses."""

    folder: Path

    @property
    def lab_file(self) -> Path:
        """The lab file with the least-privilege identities."""
        return self.folder / "lab.yml"

    def kubernetes_requests(self) -> list[Row]:
        """Every request that the API server answered, by its own audit log."""
        return _rows(self.folder / "kube-audit.log")

    def proxmox_requests(self) -> list[Row]:
        """Every request that the Proxmox stand-in answered, by its own log."""
        return _rows(self.folder / "pve" / "proxmox-requests.jsonl")


@dataclasses.dataclass(frozen=True)
class Watched:
    """One audit of the bed, and what each server saw of it."""

    bed: Bed
    run: Run
    kubernetes: list[Row]
    proxmox: list[Row]
    scratch: Path


def _rows(log: Path) -> list[Row]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


@pytest.fixture(scope="session")
def real_bed() -> t.Iterator[Bed]:
    """The bed that runs in the usual folder, or a new one."""
    folder = bed.run_folder()
    ours = not bed.status(folder)
    if ours:
        bed.down(folder)
        bed.up(folder)
    try:
        yield Bed(folder)
    finally:
        if ours:
            bed.down(folder)


@pytest.fixture(scope="session")
def watched(real_bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """An audit with the shipped identities, as talkative as Ansible can be, in temporary folders of its own."""
    scratch = tmp_path_factory.mktemp("watched")
    places = {name: str(scratch / name) for name in ("home", "tmp")}
    for place in places.values():
        Path(place).mkdir()
    environment = {
        "HOME": places["home"],
        "TMPDIR": places["tmp"],
        "ANSIBLE_LOCAL_TEMP": places["tmp"],
        "ANSIBLE_REMOTE_TEMP": places["tmp"],
    }
    before = len(real_bed.kubernetes_requests()), len(real_bed.proxmox_requests())
    run = playbook(real_bed.lab_file, scratch / "audit", "-vvv", **environment)
    assert run.code == 0, run.output[-4000:]
    (scratch / "output.txt").write_text(run.output, encoding="utf-8")
    kubernetes = real_bed.kubernetes_requests()[before[0] :]
    proxmox = real_bed.proxmox_requests()[before[1] :]
    return Watched(real_bed, run, kubernetes, proxmox, scratch)
