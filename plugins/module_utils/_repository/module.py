# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""One use of a Terraform module: what its variables and locals are, and which blocks it has."""

from __future__ import annotations

import posixpath
import typing as t

from .._evidence.redaction import secret_name
from . import expressions as node
from .evaluate import Evaluator, Scope
from .values import Unknown, Value

Inputs = t.Mapping[str, t.Callable[[], Value]]


class Module:
    """A folder of files as one caller uses it.

    folder: of the module; root: of the root module that uses it, at whatever depth. inputs: values that the caller gives, each
    worked out when it is asked for; an Unknown in their place says why none of them can be told. address: what stands before the
    addresses of its resources, "" or "module.name.".
    """

    def __init__(
        self,
        bodies: t.Sequence[tuple[str, node.Body]],
        *,
        folder: str,
        root: str,
        inputs: Inputs | Unknown,
        address: str,
        evaluator: Evaluator,
        read: t.Callable[[str], str | None],
    ) -> None:
        self.folder, self.root, self.address = folder, root, address
        self.blocks = [(path, block) for path, body in bodies for block in body.blocks]
        self.scope = Scope(self._resolve, read)
        self._inputs = inputs
        self._evaluator = evaluator
        self._variables = {block.labels[0]: block.body for block in self._of_type("variable") if block.labels}
        self._locals = {name: value for block in self._of_type("locals") for name, value in block.body.attributes.items()}
        self._values: dict[tuple[str, str], Value] = {}

    def _of_type(self, type_: str) -> list[node.Block]:
        return [block for path, block in self.blocks if block.type == type_]

    def _resolve(self, root: str, name: str) -> Value:
        """The value of root.name; each variable and local is worked out once."""
        if root not in ("var", "local", "path"):
            return Unknown(f"{root}.{name} is known to Terraform only")
        key = (root, name)
        if key not in self._values:
            self._values[key] = Unknown(f"{root}.{name} refers to itself")
            self._values[key] = {"var": self._variable, "local": self._local, "path": self._path}[root](name)
        return self._values[key]

    def _local(self, name: str) -> Value:
        if name not in self._locals:
            return Unknown(f"local.{name} is not declared")
        return self._evaluator.evaluate(self._locals[name], self.scope)

    def _path(self, name: str) -> Value:
        if name == "module":
            return posixpath.relpath(self.folder or ".", self.root or ".")
        return "." if name == "root" else Unknown(f"path.{name} is known to Terraform only")

    def _variable(self, name: str) -> Value:
        if name not in self._variables:
            return Unknown(f"var.{name} is not declared")
        attributes = self._variables[name].attributes
        if secret_name(name) or self._told(attributes, "sensitive") not in (None, False):
            return Unknown(f"var.{name} is a secret")
        if isinstance(self._inputs, Unknown):
            return self._inputs
        value = self._inputs[name]() if name in self._inputs else None
        if name not in self._inputs or (value is None and self._told(attributes, "nullable") is False):
            value = self._told(attributes, "default", Unknown(f"var.{name} has no value in the repository"))
        return self._completed(value, attributes.get("type"))

    def _told(self, attributes: t.Mapping[str, node.Expression], name: str, otherwise: Value = None) -> Value:
        return self._evaluator.evaluate(attributes[name], self.scope) if name in attributes else otherwise

    def _completed(self, value: Value, type_: node.Expression | None) -> Value:
        """A value with the defaults that its type has for attributes that are left out."""
        if not isinstance(type_, node.Call) or not type_.arguments:
            return value
        inner = type_.arguments[0]
        if type_.name in ("map", "list", "set"):
            if isinstance(value, dict):
                return {key: self._completed(member, inner) for key, member in value.items()}
            return [self._completed(member, inner) for member in value] if isinstance(value, list) else value
        if type_.name == "object" and isinstance(inner, node.Pairs) and isinstance(value, dict):
            return {**value, **{name: self._member(value, name, of) for name, of in _attributes(inner)}}
        return value

    def _member(self, value: t.Mapping[str, Value], name: str, type_: node.Expression) -> Value:
        """One attribute of an object; null when it is left out and has no default."""
        member = value.get(name)
        if isinstance(type_, node.Call) and type_.name == "optional" and type_.arguments:
            if member is None and len(type_.arguments) > 1:
                member = self._evaluator.evaluate(type_.arguments[1], self.scope)
            type_ = type_.arguments[0]
        return self._completed(member, type_)


def _attributes(pairs: node.Pairs) -> t.Iterator[tuple[str, node.Expression]]:
    """Name and type of each attribute of an object type."""
    for key, type_ in pairs.pairs:
        if isinstance(key, node.Literal) and isinstance(key.value, str):
            yield key.value, type_
