# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The folder of a repository: which files it has, and their bytes. Nothing outside of it is read and no link is followed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import stat
import subprocess
import time
import typing as t

from .._errors import SourceError
from .._evidence.gaps import Gap
from .._evidence.ledger import Ledger, Request

SOURCE = "repository"
MAX_FILES = 20_000
MAX_BYTES = 1024 * 1024
_GIT_SECONDS = 20

# Settings of the checkout could name programs that Git would run, and its owner may be someone else.
_GIT = ("git", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "--no-optional-locks")
_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
_GIT_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


@dataclasses.dataclass(frozen=True, order=True)
class File:
    """A regular file. path: relative, with / between its parts, as Python opens it. bytes: its length."""

    path: str
    bytes: int

    @property
    def shown(self) -> str:
        """The path as text for evidence; bytes that are no UTF-8 as \\xff."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


class Folder:
    """Reads below one folder and writes down every read.

    root: absolute path of the folder. name: of the source, for the ledger.
    """

    def __init__(self, root: str, name: str, ledger: Ledger) -> None:
        self.root = os.path.realpath(root)
        self.shown_root = root
        self._name = name
        self._ledger = ledger

    def beside(self, path: str) -> Folder:
        """Another folder, absolute or relative to this one."""
        return Folder(os.path.join(self.root, path), self._name, self._ledger)

    def files(self) -> tuple[list[File], list[Gap]]:
        """Regular files by path, without those that Git ignores, and what could not be listed."""
        gaps: list[Gap] = []
        paths = self._paths_of_git(gaps) if os.path.lexists(os.path.join(self.root, ".git")) else None
        if paths is None:
            paths = self._paths_of_walk(gaps)
        found = []
        for path in sorted(set(paths)):
            info = self._regular(path)
            if info is not None:
                found.append(File(path, info.st_size))
        if len(found) > MAX_FILES:
            detail = f"cannot list all files of {self.shown_root}: there are {len(found)}, more than {MAX_FILES}"
            gaps.append(Gap("files/limit", "unsupported", detail, "set repository.path to the folder that Argo CD follows"))
        return found[:MAX_FILES], gaps

    def read(self, path: str, endpoint: str) -> bytes | None:
        """The bytes of a file below the folder, None when there is none or it is no regular file.

        endpoint: how the ledger calls this kind of read. Errors: SourceError when it cannot be read.
        """
        if self._regular(path) is None:
            return None
        started = time.monotonic()
        data: bytes | None = None
        try:
            handle = os.open(os.path.join(self.root, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as exc:
            raise _unreadable(os.path.join(self.shown_root, path), exc) from exc
        finally:
            shown = os.fsencode(path).decode("utf-8", "backslashreplace")
            seconds = time.monotonic() - started
            status = None if data is None else 0
            self._ledger.add(Request(SOURCE, self._name, "READ", endpoint, shown, status, len(data or b""), seconds))
        return data

    def _regular(self, path: str) -> os.stat_result | None:
        """What the file system says of a regular file that no link leads out to; None for anything else."""
        full = os.path.join(self.root, path)
        parent = os.path.realpath(os.path.dirname(full))
        try:
            info = os.lstat(full)
        except (OSError, ValueError):
            return None
        inside = parent == self.root or parent.startswith(self.root.rstrip("/") + "/")
        return info if inside and stat.S_ISREG(info.st_mode) else None

    def _paths_of_git(self, gaps: list[Gap]) -> list[str] | None:
        """Paths that Git knows or would add; None, with a gap, when it cannot tell."""
        argv = [*_GIT, "-c", f"safe.directory={self.root}", "-C", self.root, *_LIST]
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "XDG_CONFIG_HOME")}
        started = time.monotonic()
        status: int | None = None
        output = b""
        cause = ""
        try:
            done = subprocess.run(
                argv,
                env={**kept, **_GIT_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_GIT_SECONDS,
                check=False,
            )
            status, output = done.returncode, done.stdout
            cause = "" if status == 0 else f"git ls-files ended with {status}"
        except FileNotFoundError:
            cause = "git is not installed here"
        except subprocess.TimeoutExpired:
            cause = f"git ls-files took longer than {_GIT_SECONDS} seconds"
        shown = " ".join(("git", *_LIST))
        self._ledger.add(
            Request(SOURCE, self._name, "EXEC", "git ls-files", shown, status, len(output), time.monotonic() - started)
        )
        if cause:
            detail = f"cannot tell which files of {self.shown_root} Git ignores: {cause}; all files were taken"
            gaps.append(
                Gap("files/ignored", "unsupported", detail, f"make this command work: git -C {shlex.quote(self.root)} ls-files")
            )
            return None
        return [os.fsdecode(path) for path in output.split(b"\0") if path]

    def _paths_of_walk(self, gaps: list[Gap]) -> list[str]:
        def refuse(error: OSError) -> None:
            where = os.path.relpath(t.cast("str", error.filename), self.root)
            gaps.append(Gap.of(f"files/{where}", _unreadable(os.path.join(self.shown_root, where), error)))

        paths: list[str] = []
        for folder, folders, names in os.walk(self.root, onerror=refuse):
            folders[:] = sorted(name for name in folders if name != ".git")
            paths += [os.path.relpath(os.path.join(folder, name), self.root) for name in names if name != ".git"]
            if len(paths) > 2 * MAX_FILES:
                break
        return paths


def check_folder(root: str) -> None:
    """SourceError when the folder is not there or cannot be listed."""
    help_ = "set repository.path to the checkout that Argo CD follows"
    if not os.path.lexists(root):
        raise SourceError(f"cannot read the repository at {root}: there is no such folder", "unreachable", help_)
    if not os.path.isdir(root):
        raise SourceError(f"cannot read the repository at {root}: it is no folder", "invalid", help_)
    try:
        with contextlib.closing(os.scandir(root)) as entries:
            next(entries, None)
    except OSError as exc:
        raise _unreadable(root, exc) from exc


def _unreadable(path: str, error: OSError) -> SourceError:
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    denied = isinstance(error, PermissionError)
    remedy = "let the user that runs the audit read it" if denied else ""
    return SourceError(f"cannot read {shown}: {error.strerror or error}", "forbidden" if denied else "unreachable", remedy)
