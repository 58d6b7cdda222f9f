# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which files of a repository an Argo CD Application loads, by the rules that Argo CD itself goes by."""

from __future__ import annotations

import bisect
import dataclasses
import fnmatch
import posixpath
import re
import typing as t

from .draft import Entity

# As Argo CD has it: only the last ending counts, so "x.yaml.yaml" is loaded.
_MANIFEST = re.compile(r".*\.(?:yaml|yml|json|jsonnet)", re.DOTALL)
# A source of that kind is a package in a registry, never a folder in Git.
_PACKAGE = "oci://"
_CHART = "Chart.yaml"
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = re.compile(r"(?:[a-z+]+::)?[a-z][a-z0-9+.-]*://|git@|github\.com[/:]", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclasses.dataclass(frozen=True)
class Source:
    """One source of an Application. path: as written, None for a chart. kind: as Argo CD told it, None when it did not.

    ref: name by which the value files of other sources refer to this one. include, exclude: empty for none.
    """

    repo_url: str
    path: str | None = None
    kind: str | None = None
    recurse: bool = False
    include: str = ""
    exclude: str = ""
    ref: str | None = None
    value_files: tuple[str, ...] = ()


def same_repository(first: str, second: str) -> bool:
    """Whether two URLs lead to the same repository, however they are written."""
    return _bare(first) == _bare(second)


def same_name(first: str, second: str) -> bool:
    """Whether two URLs end in the same name, as those of a repository and its mirror do."""
    return _bare(first).rsplit("/", 1)[-1] == _bare(second).rsplit("/", 1)[-1]


def _bare(url: str) -> str:
    """host/path without scheme, user, port and .git; "git@host:path" is the same as "ssh://git@host/path"."""
    scheme = _SCHEME.match(url)
    authority, slash, path = url[scheme.end() if scheme else 0 :].partition("/")
    authority = authority.rpartition("@")[2]
    host, colon, rest = authority.partition(":")
    if colon and not scheme and not rest.isdecimal():
        path = f"{rest}/{path}" if slash else rest
    path = posixpath.normpath(f"/{path}").strip("/")
    return f"{host}/{path[:-4] if path.endswith('.git') else path}".lower()


class Checkout:
    """The files of one repository, indexed once.

    paths: of all files. kustomizations: rows {path, resources, files}. remote: where it was cloned from, None when that is unknown.
    """

    def __init__(self, paths: t.Iterable[str], kustomizations: t.Iterable[Entity], remote: str | None) -> None:
        self.remote = remote
        self._paths = sorted(paths)
        self._set = frozenset(self._paths)
        self._direct: dict[str, list[str]] = {}
        for path in self._paths:
            self._direct.setdefault(posixpath.dirname(path), []).append(path)
        self._kustomizations = {posixpath.dirname(row["path"]): row for row in kustomizations}

    def holds(self, source: Source, known_urls: t.Iterable[str] = ()) -> bool:
        """Whether a source is in this repository.

        Without a remote, the path decides. known_urls: of all sources of the lab; when none of them is the remote, the lab reads
        a mirror of it, which has the same name.
        """
        if source.repo_url.startswith(_PACKAGE):
            return False
        if self.remote is None:
            return self._has(source)
        if same_repository(source.repo_url, self.remote):
            return True
        remote = self.remote
        mirrored = not any(same_repository(url, remote) for url in known_urls)
        return mirrored and same_name(source.repo_url, remote) and self._has(source)

    def files_of(self, sources: t.Sequence[Source], known_urls: t.Collection[str] = ()) -> set[str]:
        """Paths that an Application with these sources loads from here."""
        mine = [source for source in sources if self.holds(source, known_urls)]
        refs = {f"${source.ref}" for source in mine if source.ref}
        found: set[str] = set()
        for source in sources:
            folder = _folder(source.path)
            if source in mine and folder is not None:
                found |= self._loaded(source, folder)
            for value_file in source.value_files:
                first, slash, rest = value_file.partition("/")
                if slash and first in refs:
                    found.add(posixpath.normpath(rest))
                elif source in mine and folder is not None and not _REMOTE.match(value_file):
                    found.add(posixpath.normpath(posixpath.join("/", folder, value_file)).lstrip("/"))
        return found & self._set

    def _has(self, source: Source) -> bool:
        if source.path is None:
            # Only value files come from it; whether those are here shows each of them.
            return source.ref is not None
        folder = _folder(source.path)
        return bool(folder and self._below(folder)) or folder == ""

    def _loaded(self, source: Source, folder: str) -> set[str]:
        kind = source.kind or self._kind(folder)
        if kind == "Kustomize":
            return self._kustomized(folder)
        if kind == "Directory":
            return self._directory(source, folder)
        # A chart may read any file below it, and what a plugin reads nobody knows.
        return set(self._below(folder))

    def _kind(self, folder: str) -> str:
        names = {posixpath.basename(path) for path in self._direct.get(folder, ())}
        if _CHART in names:
            return "Helm"
        return "Kustomize" if names.intersection(_KUSTOMIZATIONS) else "Directory"

    def _directory(self, source: Source, folder: str) -> set[str]:
        candidates = self._below(folder) if source.recurse else self._direct.get(folder, [])
        cut = len(folder) + 1 if folder else 0
        return {path for path in candidates if _MANIFEST.fullmatch(path) and _chosen(path[cut:], source)}

    def _kustomized(self, folder: str) -> set[str]:
        """The kustomization of a folder and everything local that it names, directly or through others."""
        if folder not in self._kustomizations:
            return set(self._below(folder))
        found: set[str] = set()
        waiting, visited = [folder], set()
        while waiting:
            current = waiting.pop()
            row = self._kustomizations.get(current)
            if row is None or current in visited:
                continue
            visited.add(current)
            found.add(row["path"])
            for named in (*(row.get("resources") or ()), *(row.get("files") or ())):
                if not _REMOTE.match(named):
                    target = posixpath.normpath(posixpath.join("/", current, named)).lstrip("/")
                    found.add(target)
                    waiting.append(target)
        return found & self._set

    def _below(self, folder: str) -> list[str]:
        if not folder:
            return self._paths
        start = bisect.bisect_left(self._paths, f"{folder}/")
        # "0" is the character after "/".
        return self._paths[start : bisect.bisect_left(self._paths, f"{folder}0")]


def _folder(path: str | None) -> str | None:
    """The folder of a source below the root, empty for the root; None for a source without a path or outside of the repository."""
    if path is None:
        return None
    folder = posixpath.normpath(path.lstrip("/") or ".")
    return None if folder.startswith("..") else "" if folder == "." else folder


def _chosen(path: str, source: Source) -> bool:
    """include and exclude as Argo CD applies them; its * goes over slashes, too."""
    if source.exclude and _matches(path, source.exclude):
        return False
    return not source.include or _matches(path, source.include)


def _matches(path: str, pattern: str) -> bool:
    choice = _BRACES.search(pattern)
    if choice:
        rests = [pattern[: choice.start()] + part + pattern[choice.end() :] for part in choice[1].split(",")]
        return any(_matches(path, rest) for rest in rests)
    return fnmatch.fnmatchcase(path, pattern)
