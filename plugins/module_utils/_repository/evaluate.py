# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Works out expressions of Terraform as far as the repository tells; the rest is Unknown, with the reason. Runs nothing."""

from __future__ import annotations

import dataclasses
import math
import typing as t

from . import expressions as node
from .decode import decode_yaml
from .functions import FUNCTIONS
from .values import (
    Unknown,
    UnresolvedError,
    Value,
    Work,
    boolean,
    identity,
    items,
    known,
    number,
    text,
    whole,
)

# Each level takes up to seven calls of Python, which allows a thousand.
_MAX_DEPTH = 80
_TOO_DEEP = "expressions are nested too deeply"


@dataclasses.dataclass(frozen=True)
class Scope:
    """What names mean where an expression stands.

    resolve: the value of root.name for everything that is not in names. read: the text of a file of the repository, by its path
    from the root module; None when there is none. names: each, count and the variables of for expressions.
    """

    resolve: t.Callable[[str, str], Value]
    read: t.Callable[[str], str | None]
    names: t.Mapping[str, Value] = dataclasses.field(default_factory=dict)

    def having(self, names: t.Mapping[str, Value]) -> Scope:
        """The scope with more names."""
        return dataclasses.replace(self, names={**self.names, **names})


class Evaluator:
    """Evaluates expressions. work: what all of them together may cost."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._depth = 0

    def evaluate(self, expression: node.Expression, scope: Scope) -> Value:
        """The value of an expression; WorkError when too much was spent."""
        self._work.spend(1)
        if self._depth >= _MAX_DEPTH:
            return Unknown(_TOO_DEEP)
        self._depth += 1
        try:
            return _READERS[type(expression)](self, expression, scope)
        except UnresolvedError as exc:
            return exc.unknown
        except RecursionError:
            return Unknown(_TOO_DEEP)
        finally:
            self._depth -= 1

    def _literal(self, expression: node.Literal, scope: Scope) -> Value:
        return expression.value

    def _opaque(self, expression: node.Opaque, scope: Scope) -> Value:
        return Unknown(expression.what)

    def _template(self, expression: node.Template, scope: Scope) -> Value:
        values = [self.evaluate(part, scope) for part in expression.parts]
        if len(values) == 1:
            return values[0]
        return self._work.sized("".join(text(value) for value in values))

    def _name(self, expression: node.Name, scope: Scope) -> Value:
        if expression.name in scope.names:
            return scope.names[expression.name]
        return Unknown(f"{expression.name} is known to Terraform only")

    def _attribute(self, expression: node.Attribute, scope: Scope) -> Value:
        target, name = expression.target, expression.name
        if isinstance(target, node.Name) and target.name not in scope.names:
            return scope.resolve(target.name, name)
        members = known(self.evaluate(target, scope))
        if not isinstance(members, dict) or name not in members:
            raise UnresolvedError("an attribute does not exist", True)
        return members[name]

    def _index(self, expression: node.Index, scope: Scope) -> Value:
        members = known(self.evaluate(expression.target, scope))
        key = self.evaluate(expression.key, scope)
        if isinstance(members, dict) and text(key) in members:
            return members[text(key)]
        if isinstance(members, list) and 0 <= whole(key) < len(members):
            return members[whole(key)]
        raise UnresolvedError("an index leads nowhere", True)

    def _splat(self, expression: node.Splat, scope: Scope) -> Value:
        value = known(self.evaluate(expression.target, scope))
        members = value if isinstance(value, list) else [] if value is None else [value]
        found = [self.evaluate(expression.each, scope.having({node.ITEM: member})) for member in members]
        return self._work.sized(found)

    def _call(self, expression: node.Call, scope: Scope) -> Value:
        arguments = expression.arguments
        if expression.name in ("try", "can"):
            return self._attempt(expression.name, arguments, scope)
        values = [self.evaluate(argument, scope) for argument in arguments]
        if expression.spread:
            values += items(values.pop())
        self._work.sized(values)
        if expression.name == "file":
            return self._file(values, scope)
        if expression.name == "yamldecode":
            return decode_yaml(text(*values), self._work)
        if expression.name not in FUNCTIONS:
            raise UnresolvedError(f"the function {expression.name} is not followed")
        try:
            return self._work.sized(FUNCTIONS[expression.name](*values))
        except (TypeError, ValueError, IndexError) as exc:
            raise UnresolvedError(f"the function {expression.name} is used wrongly", True) from exc

    def _attempt(self, name: str, arguments: t.Sequence[node.Expression], scope: Scope) -> Value:
        """try: the first argument without a mistake; can: whether there is none."""
        value: Value = Unknown("nothing is left to try", True)
        for argument in arguments:
            value = self.evaluate(argument, scope)
            if not (isinstance(value, Unknown) and value.mistake):
                break
        if name == "try" or (isinstance(value, Unknown) and not value.mistake):
            return value
        return not isinstance(value, Unknown)

    def _file(self, values: list[Value], scope: Scope) -> Value:
        content = scope.read(text(*values))
        if content is None:
            raise UnresolvedError("a file is not in the repository")
        return self._work.sized(content)

    def _unary(self, expression: node.Unary, scope: Scope) -> Value:
        value = self.evaluate(expression.operand, scope)
        return -number(value) if expression.operator == "-" else not boolean(value)

    def _binary(self, expression: node.Binary, scope: Scope) -> Value:
        operator = expression.operator
        left = self.evaluate(expression.left, scope)
        right = self.evaluate(expression.right, scope)
        if operator in ("&&", "||"):
            return _either(left, right, operator == "||")
        if operator in ("==", "!="):
            self._work.sized([left, right])
            return (identity(known(left)) == identity(known(right))) is (operator == "==")
        return _calculated(operator, number(left), number(right))

    def _conditional(self, expression: node.Conditional, scope: Scope) -> Value:
        return self.evaluate(expression.yes if boolean(self.evaluate(expression.condition, scope)) else expression.no, scope)

    def _items(self, expression: node.Items, scope: Scope) -> Value:
        return self._work.sized([self.evaluate(item, scope) for item in expression.items])

    def _pairs(self, expression: node.Pairs, scope: Scope) -> Value:
        return self._work.sized({text(self.evaluate(key, scope)): self.evaluate(value, scope) for key, value in expression.pairs})

    def _loop(self, expression: node.Loop, scope: Scope) -> Value:
        listed: list[Value] = []
        mapped: dict[str, Value] = {}
        for key, value in pairs_of(known(self.evaluate(expression.source, scope))):
            names = {expression.value_name: value}
            if expression.key_name:
                names = {expression.key_name: key, **names}
            inner = scope.having(names)
            if expression.condition is not None and not boolean(self.evaluate(expression.condition, inner)):
                continue
            result = self.evaluate(expression.value, inner)
            if expression.key is None:
                listed.append(result)
                continue
            name = text(self.evaluate(expression.key, inner))
            mapped[name] = [*mapped.get(name, []), result] if expression.group else result
        return self._work.sized(listed if expression.key is None else mapped)


def pairs_of(members: Value) -> list[tuple[Value, Value]]:
    """What a for expression goes through: a map by key, a list by position."""
    if isinstance(members, dict):
        return [(key, members[key]) for key in sorted(members)]
    return list(enumerate(items(members)))


def _either(left: Value, right: Value, decides: bool) -> bool:
    """and, or: one operand that decides is enough, even beside one that is not known."""
    if any(value is decides for value in (left, right)):
        return decides
    first, second = boolean(left), boolean(right)
    return first or second if decides else first and second


def _calculated(operator: str, left: int | float, right: int | float) -> int | float | bool:
    comparison = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
    if operator in comparison:
        return comparison[operator]
    if operator in ("/", "%") and right == 0:
        raise UnresolvedError("a number is divided by zero", True)
    if operator == "/":
        return number(left / right)
    if operator == "%":
        return number(math.fmod(left, right))
    return number({"+": left + right, "-": left - right, "*": left * right}[operator])


_READERS: t.Mapping[type, t.Callable[[Evaluator, t.Any, Scope], Value]] = {
    node.Literal: Evaluator._literal,
    node.Opaque: Evaluator._opaque,
    node.Template: Evaluator._template,
    node.Name: Evaluator._name,
    node.Attribute: Evaluator._attribute,
    node.Index: Evaluator._index,
    node.Splat: Evaluator._splat,
    node.Call: Evaluator._call,
    node.Unary: Evaluator._unary,
    node.Binary: Evaluator._binary,
    node.Conditional: Evaluator._conditional,
    node.Items: Evaluator._items,
    node.Pairs: Evaluator._pairs,
    node.Loop: Evaluator._loop,
}
