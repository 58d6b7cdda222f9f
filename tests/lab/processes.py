# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Background processes of the test bed: started with a log file each, remembered in pids.json, ended by process id."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

_PATIENCE = 20.0  # seconds between SIGTERM and SIGKILL


@dataclasses.dataclass(frozen=True)
class Process:
    """A process that runs or ran. started: its start time in clock ticks after boot, so that a reused id is not mistaken for it."""

    name: str
    pid: int
    started: int

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return _start_time(self.pid) == self.started


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command name; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _start_time(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else None


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # somebody else's child
        os.waitpid(pid, os.WNOHANG)


class Processes:
    """The processes of one state folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "pids.json"

    def start(
        self,
        name: str,
        command: t.Sequence[str | Path],
        *,
        env: t.Mapping[str, str] | None = None,
        pass_fds: t.Collection[int] = (),
    ) -> Process:
        """Start a command in its own session; its output goes to NAME.log."""
        with (self._folder / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=self._folder,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        process = Process(name, child.pid, _start_time(child.pid) or 0)
        self._write([*self.all(), process])
        return process

    def all(self) -> list[Process]:
        """Everything that was started and not stopped yet, in the order of the start."""
        if not self._file.exists():
            return []
        return [Process(**entry) for entry in json.loads(self._file.read_text(encoding="utf-8"))]

    def get(self, name: str) -> Process | None:
        """The process with a name, if it is alive."""
        return next((process for process in self.all() if process.name == name and process.alive()), None)

    def log(self, name: str) -> str:
        """The last lines that a process wrote."""
        lines = (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-15:])

    def stop_all(self) -> None:
        """End everything, youngest first; children that outlive their parent are ended too."""
        for process in reversed(self.all()):
            if process.alive():
                _stop([process, *_descendants(process.pid)])
        self._file.unlink(missing_ok=True)

    def _write(self, processes: t.Sequence[Process]) -> None:
        self._file.write_text(json.dumps([dataclasses.asdict(process) for process in processes], indent=1), encoding="utf-8")


def _descendants(pid: int) -> list[Process]:
    parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found: list[Process] = []
    wanted = [pid]
    while wanted:
        parent = wanted.pop()
        for child, fields in parents.items():
            if fields and int(fields[1]) == parent:
                found.append(Process(f"child of {parent}", child, int(fields[19])))
                wanted.append(child)
    return found


def _stop(family: t.Sequence[Process]) -> None:
    """SIGTERM to the first, time to leave, then SIGKILL to whoever of the family is left."""
    os.kill(family[0].pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while any(process.alive() for process in family) and time.monotonic() < deadline:
        _reap(family[0].pid)
        time.sleep(0.05)
    for process in family:
        if process.alive():
            os.kill(process.pid, signal.SIGKILL)
    _reap(family[0].pid)


def busy_ports(ports: t.Iterable[int]) -> list[int]:
    """Those of the ports on 127.0.0.1 that something listens on."""
    busy = []
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                busy.append(port)
    return busy


def memory_bytes(processes: t.Sequence[Process]) -> int:
    """Resident memory of processes and everything below them."""
    pids = [process.pid for top in processes for process in (top, *_descendants(top.pid))]
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE")
