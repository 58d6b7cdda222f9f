# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the bed: the name spaces of its controller, and how a process gets there."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from lab.processes import Process, Processes

# Where k0s looks for the programs it runs, as seen by the controller.
BIN = "/var/lib/k0s/bin"
KUBECONFIG = "/var/lib/k0s/pki/admin.conf"


class BedError(RuntimeError):
    """The bed cannot do what was asked; the text says what would help."""


def enter_command(folder: Path) -> list[str]:
    """The beginning of a command line that runs where the controller sees its files under their usual names."""
    k0s = Processes(folder).get("k0s")
    if not k0s:
        raise BedError(f"no test bed runs in {folder}; start it with `make lab-up`")
    return [
        "nsenter",
        f"--target={k0s.pid}",
        "--mount",
        "--net",
        "--uts",
        "env",
        f"PATH={BIN}:{os.environ['PATH']}",
    ]


def start(folder: Path, name: str, command: t.Sequence[str | Path], **environment: str) -> Process:
    """Start a process inside, with the bed's folder as its home and nothing of this user's environment."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "KUBECONFIG": KUBECONFIG, **environment}
    return Processes(folder).start(name, [*enter_command(folder), *command], env=env)
