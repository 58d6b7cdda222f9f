# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Where answers come from: the machine that this runs on, or a folder in which its answers were recorded.

A recording holds commands/<name>.json {rc, stdout, stderr} and files/<absolute path without its first slash>. As in a shell, rc
is 127 for a program that is not there and 124 for one that took too long.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import stat
import subprocess
import typing as t
from pathlib import Path

from .._errors import SourceError
from .allowed import CERTIFICATE_FOLDERS, CERTIFICATE_SUFFIX, COMMANDS, command_line

NOT_FOUND = 127
TOO_LATE = 124
MAX_FILE_BYTES = 256 * 1024
DATA_DIR = "/var/lib/k0s"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass(frozen=True)
class Output:
    """What a command gave. rc: exit code."""

    rc: int
    stdout: str
    stderr: str


class Host(t.Protocol):
    """A k0s host. data_dir: as the user gave it, None when k0s is to tell."""

    data_dir: str | None

    def problem(self) -> SourceError | None:
        """Why nothing at all can be read here."""

    def run(self, name: str, data_dir: str | None) -> Output:
        """Run one command of the list."""

    def certificates(self, data_dir: str) -> list[str]:
        """Paths of the certificate files of the list; OSError when a folder cannot be listed."""

    def read(self, path: str) -> bytes:
        """The bytes of one of them; OSError when it cannot be read."""


@dataclasses.dataclass
class Machine:
    """This machine.

    k0s_binary, status_socket, data_dir: absolute paths, None for the usual place. seconds: instead of the limit of each command.
    """

    k0s_binary: str | None = None
    status_socket: str | None = None
    data_dir: str | None = None
    seconds: float | None = None

    def problem(self) -> SourceError | None:
        """It needs root, because only root may ask k0s and read its folder, and it needs the program."""
        if os.geteuid() != 0:
            return SourceError("cannot read k0s on this host: only root may ask it", "forbidden", "run the task with become: true")
        if self._k0s() is None:
            place = self.k0s_binary or f"any of {_PATH}"
            remedy = "set k0s_binary to the path of k0s, or remove this host from the lab file"
            return SourceError(f"cannot read k0s on this host: there is no k0s in {place}", "unsupported", remedy)
        return None

    def run(self, name: str, data_dir: str | None) -> Output:
        """The output, with the exit codes of a shell for a program that is not there or takes too long."""
        words = command_line(name, {"k0s": self._k0s() or "k0s", "status_socket": self.status_socket, "data_dir": data_dir})
        try:
            done = subprocess.run(
                words,
                env={"PATH": _PATH, "LC_ALL": "C", "HOME": "/"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.seconds or COMMANDS[name].seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Output(TOO_LATE, "", "")
        except OSError as exc:
            return Output(NOT_FOUND, "", exc.strerror or "")
        return Output(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def certificates(self, data_dir: str) -> list[str]:
        """Folders that are not there have no certificates."""
        return [path for folder in CERTIFICATE_FOLDERS for path in _listed(Path(data_dir, folder))]

    def read(self, path: str) -> bytes:
        """Links are not followed: beside the certificates lie keys."""
        return _read(path)

    def _k0s(self) -> str | None:
        path = os.pathsep.join((os.environ.get("PATH", ""), _PATH))
        return shutil.which(self.k0s_binary or "k0s", path=path)


@dataclasses.dataclass
class Recording:
    """What was recorded of a host."""

    folder: Path
    data_dir: str | None = None

    def problem(self) -> SourceError | None:
        """The folder must be there."""
        if (self.folder / "commands").is_dir():
            return None
        return SourceError(
            f"cannot read {self.folder}: it holds no recording of a k0s host", "invalid", "set recording to its folder"
        )

    def run(self, name: str, data_dir: str | None) -> Output:
        """The recorded output; a command that was not recorded is as one that is not there."""
        try:
            fields = json.loads((self.folder / "commands" / f"{name}.json").read_text(encoding="utf-8"))
            return Output(int(fields["rc"]), str(fields["stdout"]), str(fields["stderr"]))
        except FileNotFoundError:
            return Output(NOT_FOUND, "", "not recorded")
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise SourceError(f"cannot read {self.folder}/commands/{name}.json: it is no recorded command", "invalid") from exc

    def certificates(self, data_dir: str) -> list[str]:
        """The recorded files, by the paths that they had."""
        root = self.folder / "files"
        found = [path for folder in CERTIFICATE_FOLDERS for path in _listed(root / data_dir.lstrip("/") / folder)]
        return ["/" + os.path.relpath(path, root) for path in found]

    def read(self, path: str) -> bytes:
        """The bytes that the file had."""
        return _read(os.path.join(self.folder, "files", path.lstrip("/")))


def record(folder: Path, machine: Machine) -> None:
    """Write down the answers of this machine; SourceError when it cannot be asked at all.

    Of files only certificates, never keys, kubeconfigs or tokens. The output of commands is what k0s printed, secrets in its
    configuration included, because masks are made when a recording is read.
    """
    problem = machine.problem()
    if problem is not None:
        raise problem
    (folder / "commands").mkdir(parents=True, exist_ok=True)
    data_dir = machine.data_dir or data_dir_of(machine.run("status", None).stdout)
    for name in COMMANDS:
        output = machine.run(name, data_dir if data_dir != DATA_DIR else None)
        # Logs of a command that worked hold only the time.
        shown = output if output.rc else dataclasses.replace(output, stderr="")
        text = json.dumps(dataclasses.asdict(shown), indent=1, sort_keys=True, ensure_ascii=False)
        (folder / "commands" / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    for path in machine.certificates(data_dir):
        copy = folder / "files" / path.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(machine.read(path))


def data_dir_of(status: str) -> str:
    """The data directory that the answer of k0s status names, else the usual one."""
    try:
        found = json.loads(status)["K0sVars"]["DataDir"]
    except (ValueError, KeyError, TypeError):
        return DATA_DIR
    return found if isinstance(found, str) and found.startswith("/") else DATA_DIR


def _listed(folder: Path) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith(CERTIFICATE_SUFFIX)]


def _read(path: str) -> bytes:
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise OSError(0, "it is no regular file", path)
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        return file.read(MAX_FILE_BYTES)
