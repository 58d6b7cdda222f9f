# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Guests of Proxmox that Terraform and OpenTofu files declare. Nothing runs: what the files do not tell is said to be so."""

from __future__ import annotations

import json
import posixpath
import typing as t

from .._evidence.redaction import Redactor
from . import expressions as node
from .evaluate import Evaluator, Scope, pairs_of
from .folder import File
from .guests import GUESTS, OTHER_GUESTS, guest_row
from .module import Inputs, Module
from .terraform_files import Read, TerraformFiles
from .values import Unknown, UnresolvedError, Value, Work, WorkError, items, known, text, whole

MAX_INSTANCES = 500
_MAX_MODULES = 200
_MAX_MODULE_DEPTH = 8
_MAX_DYNAMIC = 200
# What a module block says to Terraform and not to the module.
_META = ("source", "version", "providers", "count", "for_each", "depends_on")

Row = dict[str, t.Any]


def read_terraform(files: t.Iterable[File], read: Read, redactor: Redactor) -> tuple[list[Row], list[dict[str, str]]]:
    """Rows of guests, and of problems {path, detail}. files: all of the repository. read: the bytes of one of them."""
    found = _Terraform(TerraformFiles(files, read), redactor)
    found.read()
    problems = {(problem["path"], redactor.text(problem["detail"])) for problem in found.problems}
    return found.guests, [{"path": path, "detail": detail} for path, detail in sorted(problems)]


class _Terraform:
    """The Terraform files of one repository while they are worked out."""

    def __init__(self, files: TerraformFiles, redactor: Redactor) -> None:
        self.guests: list[Row] = []
        self.problems = files.problems
        self._files = files
        self._redactor = redactor
        self._evaluator = Evaluator(Work())
        self._modules = 0

    def read(self) -> None:
        """Work out every root module."""
        folders = self._files.folders()
        used = {folder: self._used(folder) for folder in folders}
        children = {child for folder in folders for child in used[folder]}
        roots = [folder for folder in folders if folder not in children]
        reached: set[str] = set()
        waiting = list(roots)
        while waiting:
            folder = waiting.pop()
            if folder not in reached:
                reached.add(folder)
                waiting += used.get(folder, [])
        for folder in folders:
            if folder not in reached:
                self._problem(folder or ".", 0, "cannot tell what this module declares: modules use each other in a circle")
        try:
            for root in roots:
                self._root(root)
        except WorkError:
            self._problem(root or ".", 0, "cannot tell what this and later folders declare: working it out takes too long")

    def _used(self, folder: str) -> list[str]:
        """Folders of the local modules that a folder uses."""
        blocks = [block for path, body in self._files.bodies(folder) for block in body.blocks if block.type == "module"]
        return [target for block in blocks if (target := _local_source(folder, block)) is not None]

    def _root(self, folder: str) -> None:
        scope = Scope(lambda root, name: Unknown("values of variables must be written out"), lambda path: None)
        values = self._files.values(folder)
        inputs: Inputs | Unknown
        if isinstance(values, str):
            inputs = Unknown(f"{values} cannot be read")
        else:
            expressions = {name: value for path, body in values for name, value in body.attributes.items()}
            inputs = self._later(expressions, scope)
        self._module(folder, folder, inputs, "", 0)

    def _later(self, expressions: t.Mapping[str, node.Expression], scope: Scope) -> Inputs:
        """Values that are worked out when they are asked for."""

        def later(expression: node.Expression) -> t.Callable[[], Value]:
            return lambda: self._evaluator.evaluate(expression, scope)

        return {name: later(expression) for name, expression in expressions.items()}

    def _module(self, folder: str, root: str, inputs: Inputs | Unknown, address: str, depth: int) -> None:
        """One use of a module: its guests, and the modules that it uses itself."""

        def read(path: str) -> str | None:
            return self._files.text(posixpath.join(root, path))

        self._modules += 1
        bodies = self._files.bodies(folder)
        module = Module(bodies, folder=folder, root=root, inputs=inputs, address=address, evaluator=self._evaluator, read=read)
        for path, block in module.blocks:
            if block.type == "resource" and len(block.labels) == 2:
                self._resource(module, path, block)
            elif block.type == "module" and len(block.labels) == 1:
                self._use(module, path, block, depth)

    def _use(self, module: Module, path: str, block: node.Block, depth: int) -> None:
        name = f"{module.address}module.{block.labels[0]}"
        folder = _local_source(module.folder, block)
        if folder is None or not self._files.bodies(folder):
            self._problem(path, block.line, f"cannot tell what {name} declares: its source is not in the repository")
            return
        for suffix, scope in self._instances(module, path, block, f"how often {name} is used"):
            if depth >= _MAX_MODULE_DEPTH or self._modules >= _MAX_MODULES:
                self._problem(path, block.line, f"cannot tell what {name} declares: modules are used too often or too deeply")
                return
            given = {key: value for key, value in block.body.attributes.items() if key not in _META}
            self._module(folder, module.root, self._later(given, scope), f"{name}{suffix}.", depth + 1)

    def _resource(self, module: Module, path: str, block: node.Block) -> None:
        type_, label = block.labels
        name = f"{module.address}{type_}.{label}"
        if type_ in OTHER_GUESTS:
            self._problem(path, block.line, f"cannot tell which guest {name} declares: this kind of resource is not followed")
        if type_ not in GUESTS:
            return
        for suffix, scope in self._instances(module, path, block, f"how many guests {name} declares"):
            if len(self.guests) >= MAX_INSTANCES:
                self._problem(path, block.line, f"cannot list all guests: there are more than {MAX_INSTANCES}")
                return
            row = guest_row(type_, self._config(block.body, scope), block.body, self._redactor)
            self.guests.append(
                {
                    "path": path,
                    "line": block.line or None,
                    "root": module.root,
                    "address": self._redactor.text(f"{name}{suffix}"),
                    "type": type_,
                    **row,
                }
            )

    def _instances(self, module: Module, path: str, block: node.Block, what: str) -> list[tuple[str, Scope]]:
        """What stands behind the address of each instance of a block, and what its names mean; none when that cannot be told."""
        attributes, scope = block.body.attributes, module.scope
        try:
            if "count" in attributes:
                count = whole(self._evaluator.evaluate(attributes["count"], scope))
                _check_count(count)
                return [(f"[{index}]", scope.having({"count": {"index": index}})) for index in range(count)]
            if "for_each" in attributes:
                return _each(known(self._evaluator.evaluate(attributes["for_each"], scope)), scope)
        except UnresolvedError as exc:
            self._problem(path, block.line, f"cannot tell {what}: {exc}")
            return []
        return [("", scope)]

    def _config(self, body: node.Body, scope: Scope) -> dict[str, Value]:
        """A body with its values; blocks are lists of such, or Unknown when it is not known how many there are."""
        config = {name: self._evaluator.evaluate(value, scope) for name, value in body.attributes.items()}
        for block in body.blocks:
            if block.type == "dynamic" and block.labels:
                name, found = block.labels[0], self._dynamic(block, scope)
            else:
                name, found = block.type, [self._config(block.body, scope)]
            before = config.get(name) or []
            config[name] = [*before, *found] if isinstance(before, list) and isinstance(found, list) else Unknown(_BLOCKS)
        return config

    def _dynamic(self, block: node.Block, scope: Scope) -> list[Value] | Unknown:
        contents = [inner for inner in block.body.blocks if inner.type == "content"]
        iterator = block.body.attributes.get("iterator")
        name = iterator.name if isinstance(iterator, node.Name) else block.labels[0]
        members = self._evaluator.evaluate(block.body.attributes.get("for_each", node.Opaque(_BLOCKS)), scope)
        try:
            pairs = pairs_of(known(members))
        except UnresolvedError:
            return Unknown(_BLOCKS)
        if not contents or len(pairs) > _MAX_DYNAMIC:
            return Unknown(_BLOCKS)
        return [self._config(contents[0].body, scope.having({name: {"key": key, "value": value}})) for key, value in pairs]

    def _problem(self, path: str, line: int, detail: str) -> None:
        self.problems.append({"path": path, "detail": f"line {line}: {detail}" if line else detail})


_BLOCKS = "it is not known how many blocks there are"


def _local_source(folder: str, block: node.Block) -> str | None:
    """The folder of a module that is written as a path; one outside of the repository has no files that could be asked for."""
    source = block.body.attributes.get("source")
    if not isinstance(source, node.Literal) or not isinstance(source.value, str) or not source.value.startswith(("./", "../")):
        return None
    target = posixpath.normpath(posixpath.join(folder, source.value))
    return "" if target == "." else target


def _check_count(count: int) -> None:
    if count > MAX_INSTANCES:
        raise UnresolvedError(f"{count} are more than the {MAX_INSTANCES} that are listed")


def _each(members: Value, scope: Scope) -> list[tuple[str, Scope]]:
    """Instances of for_each: of a map by its keys, of a set by its members."""
    by_key = members if isinstance(members, dict) else {text(member): member for member in items(members)}
    _check_count(len(by_key))
    return [
        (f"[{json.dumps(key, ensure_ascii=False)}]", scope.having({"each": {"key": key, "value": value}}))
        for key, value in pairs_of(by_key)
    ]
