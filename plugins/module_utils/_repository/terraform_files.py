# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The Terraform and OpenTofu files of a repository, folder by folder: which there are, and what they say."""

from __future__ import annotations

import json
import posixpath
import re
import typing as t

from .._errors import SourceError
from . import expressions as node
from .folder import File
from .hcl import MAX_CHARACTERS, HclError, read_body, read_template

Read = t.Callable[[File], t.Optional[bytes]]
Bodies = list[tuple[str, node.Body]]

# Read in about twenty seconds.
_MAX_TOTAL = 1024 * 1024
_CODE = re.compile(r"\.(?:tf|tofu)(?:\.json)?$")
_OVERRIDE = re.compile(r"(?:^|_)override\.(?:tf|tofu)(?:\.json)?$")
_VALUES = re.compile(r"^terraform\.tfvars(?:\.json)?$|\.auto\.tfvars(?:\.json)?$")
_MAX_DEPTH = 100


def is_terraform(path: str) -> bool:
    """Whether Terraform or OpenTofu would read a file on its own accord."""
    name = posixpath.basename(path)
    return ".terraform" not in path.split("/") and bool(_CODE.search(name) or _VALUES.search(name))


class TerraformFiles:
    """Reads each file once. problems: what could not be read, as evidence rows {path, detail}."""

    def __init__(self, files: t.Iterable[File], read: Read) -> None:
        self.problems: list[dict[str, str]] = []
        self._files = {file.path: file for file in files}
        self._read = read
        self._left = _MAX_TOTAL
        self._bodies: dict[str, node.Body | None] = {}
        self._folders: dict[str, list[str]] = {}
        for path in sorted(self._files):
            if is_terraform(path):
                self._folders.setdefault(posixpath.dirname(path), []).append(path)

    def folders(self) -> list[str]:
        """Folders with code, by path; "" is the repository itself."""
        return [folder for folder in self._folders if self._code(folder)]

    def bodies(self, folder: str) -> Bodies:
        """Path, as evidence shows it, and content of each code file of a folder that can be read."""
        found = []
        for path in self._code(folder):
            body = self._body(path)
            if body is not None:
                found.append((self._files[path].shown, body))
        return found

    def values(self, folder: str) -> Bodies | str:
        """What gives the variables of a root module their values, the stronger later; the path of a file that cannot be read."""
        names = [path for path in self._folders[folder] if _VALUES.search(posixpath.basename(path))]
        found = []
        for path in sorted(names, key=lambda path: (".auto." in path, path)):
            body = self._body(path)
            if body is None:
                return self._files[path].shown
            found.append((self._files[path].shown, body))
        return found

    def text(self, path: str) -> str | None:
        """The text of any file of the repository, by its path; None when there is none, or it is long or no text."""
        file = self._files.get(posixpath.normpath(path))
        if file is None or file.bytes > MAX_CHARACTERS or file.bytes > self._left:
            return None
        self._left -= file.bytes
        try:
            data = self._read(file)
            return None if data is None else data.decode("utf-8-sig")
        except (SourceError, UnicodeDecodeError):
            return None

    def _code(self, folder: str) -> list[str]:
        """The code files of a folder; x.tofu stands for x.tf where both are there."""
        paths = [path for path in self._folders.get(folder, []) if _CODE.search(path)]
        return [path for path in paths if re.sub(r"\.tf(\.json)?$", r".tofu\1", path) not in paths or ".tofu" in path]

    def _body(self, path: str) -> node.Body | None:
        if path not in self._bodies:
            self._bodies[path] = None
            try:
                self._bodies[path] = self._parsed(path)
            except (HclError, SourceError) as exc:
                self.problems.append({"path": self._files[path].shown, "detail": str(exc)})
        return self._bodies[path]

    def _parsed(self, path: str) -> node.Body:
        if _OVERRIDE.search(posixpath.basename(path)):
            raise HclError("files that override others are not followed")
        file = self._files[path]
        if file.bytes > MAX_CHARACTERS:
            raise HclError(f"longer than {MAX_CHARACTERS} characters")
        if file.bytes > self._left:
            raise HclError(f"not read: all Terraform files together are longer than {_MAX_TOTAL} characters")
        self._left -= file.bytes
        try:
            content = (self._read(file) or b"").decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            raise HclError("it is no text") from exc
        return _json_body(content, bool(_CODE.search(path))) if path.endswith(".json") else read_body(content)


def _json_body(content: str, code: bool) -> node.Body:
    """A file in the JSON form: code has blocks at the top, values have not."""
    try:
        document = json.loads(content)
        if not isinstance(document, dict):
            raise HclError("this is not a JSON object")
        body = node.Body()
        if code:
            for type_, content_ in document.items():
                body.blocks += _json_blocks(type_, content_, _LABELS.get(type_, 0), ())
        else:
            body.attributes = {name: _json_value(value, 0) for name, value in document.items()}
    except (ValueError, RecursionError) as exc:
        raise HclError("this is not valid JSON") from exc
    return body


_LABELS = {"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}


def _json_blocks(type_: str, content: t.Any, labels: int, found: tuple[str, ...]) -> list[node.Block]:
    """Blocks of one type: maps of label to content, as deep as the type has labels; each may be a list of such."""
    if isinstance(content, list):
        return [block for entry in content if not isinstance(entry, list) for block in _json_blocks(type_, entry, labels, found)]
    if not isinstance(content, dict):
        return []
    if labels > len(found):
        return [
            block for name, inner in content.items() if name != "//" for block in _json_blocks(type_, inner, labels, (*found, name))
        ]
    return [node.Block(type_, found, node.Body({name: _json_value(value, 0) for name, value in content.items()}), 0)]


def _json_value(value: t.Any, depth: int) -> node.Expression:
    if depth > _MAX_DEPTH:
        raise HclError(f"nested deeper than {_MAX_DEPTH} levels")
    if isinstance(value, str):
        return read_template(value)
    if isinstance(value, list):
        return node.Items(tuple(_json_value(item, depth + 1) for item in value))
    if isinstance(value, dict):
        return node.Pairs(tuple((node.Literal(key), _json_value(inner, depth + 1)) for key, inner in value.items()))
    return node.Literal(value)
