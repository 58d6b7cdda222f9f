# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the .git folder tells, read as files: the branch, the commit and the URL that the checkout came from."""

from __future__ import annotations

import re
import typing as t

from .._evidence.redaction import Redactor
from .folder import Folder

_BRANCH = re.compile(r"ref: refs/heads/(?P<branch>[^\s:?*\[\\^~]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SECTION = re.compile(r"\s*\[(?P<section>[^\]]*)\]")
_URL = re.compile(r"\s*url\s*=\s*(?P<url>\S.*?)\s*$", re.IGNORECASE)


def read_head(folder: Folder, redactor: Redactor) -> dict[str, t.Any]:
    """{branch, commit, remote}, each None when there is none.

    A linked work tree has a file .git that leads to a folder elsewhere; only the three small files named here are read there.
    Errors: SourceError when a file is there and cannot be read.
    """
    own, common = folder, folder
    prefix = ".git/"
    pointer = _text(folder, ".git", ".git")
    if pointer.startswith("gitdir: "):
        own = common = folder.beside(pointer[len("gitdir: ") :].strip())
        shared = _text(own, "commondir", ".git/commondir").strip()
        common = own.beside(shared) if shared else own
        prefix = ""
    head = _text(own, f"{prefix}HEAD", ".git/HEAD").strip()
    match = _BRANCH.fullmatch(head)
    branch = match["branch"] if match else None
    commit = _commit_of(common, prefix, branch) if branch else head
    remote = _origin(_text(common, f"{prefix}config", ".git/config"))
    return {
        "branch": None if branch == ".invalid" else branch,
        "commit": commit if _COMMIT.fullmatch(commit) else None,
        "remote": redactor.text(remote) if remote else None,
    }


def _commit_of(folder: Folder, prefix: str, branch: str) -> str:
    """The commit of a branch, from its own file or the packed list."""
    loose = _text(folder, f"{prefix}refs/heads/{branch}", ".git/refs/heads/{branch}").strip()
    if loose:
        return loose
    for line in _text(folder, f"{prefix}packed-refs", ".git/packed-refs").splitlines():
        commit, space, ref = line.partition(" ")
        if space and ref == f"refs/heads/{branch}":
            return commit
    return ""


def _origin(config: str) -> str:
    """The URL of the remote "origin" in a Git configuration, empty when there is none."""
    section = ""
    found = ""
    for line in config.splitlines():
        header, url = _SECTION.match(line), _URL.match(line)
        if header:
            section = header["section"].strip()
        elif url and section == 'remote "origin"':
            found = found or url["url"].strip('"')
    return found


def _text(folder: Folder, path: str, endpoint: str) -> str:
    return (folder.read(path, endpoint) or b"").decode("utf-8", "replace")
