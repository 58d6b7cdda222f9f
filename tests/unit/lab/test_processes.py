# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes are started, found again and ended by their id, and nobody else's is."""

from __future__ import annotations

import dataclasses
import os
import socket
import sys
import time
from pathlib import Path

import pytest
from lab import processes
from lab.processes import Process, Processes

STUBBORN = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "60"])
print("up", flush=True)
time.sleep(60)
"""


def started(folder: Path, name: str, *command: str) -> Process:
    process = Processes(folder).start(name, command)
    assert process.alive()
    return process


def test_start_find_and_stop(tmp_path: Path) -> None:
    sleeper = started(tmp_path, "sleeper", "sleep", "60")
    assert Processes(tmp_path).get("sleeper") == sleeper
    assert Processes(tmp_path).get("other") is None
    Processes(tmp_path).stop_all()
    assert not sleeper.alive()
    assert Processes(tmp_path).all() == []


def test_who_ignores_sigterm_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PATIENCE", 0.3)
    stubborn = started(tmp_path, "stubborn", sys.executable, "-c", STUBBORN)
    deadline = time.monotonic() + 10
    while Processes(tmp_path).log("stubborn") != "up" and time.monotonic() < deadline:
        time.sleep(0.05)
    family = [stubborn, *processes._descendants(stubborn.pid)]
    assert len(family) == 2
    Processes(tmp_path).stop_all()
    time.sleep(0.1)
    assert [process for process in family if process.alive()] == []


def test_a_reused_process_id_is_somebody_else(tmp_path: Path) -> None:
    bystander = started(tmp_path, "bystander", "sleep", "60")
    Processes(tmp_path)._write([dataclasses.replace(bystander, started=bystander.started - 1)])
    Processes(tmp_path).stop_all()
    assert bystander.alive()
    Processes(tmp_path)._write([bystander])
    Processes(tmp_path).stop_all()
    assert not bystander.alive()


def test_busy_ports() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert processes.busy_ports([port]) == [port]
    assert processes.busy_ports([port]) == []


def test_memory_counts_this_process() -> None:
    assert processes.memory_bytes([Process("self", os.getpid(), 0)]) > 5 * 1024**2
