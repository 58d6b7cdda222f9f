# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""JMESPath with the functions that rules may use besides its own (which include sum); the only file that imports jmespath.

ref(id)           the entity with this id, null for null; unknown when lab.json does not hold it
refs(id, edge)    the entities that it depends on by edges of this kind, a literal of EDGE_KINDS
version_lt(a, b)  whether version a is older than version b; unknown when one of them is no version
ratio(a, b)       a divided by b; unknown when b is 0
minus(a, b)       a less b
threshold(name)   a threshold of the rule, a literal: its default or what the user set

Only plain JSON data may come in: JMESPath compares types by exact class, and the tagged strings of Ansible are another class.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .lab_index import EDGE_KINDS, Entity, LabIndex, NotReadError
from .versions import SortableVersion, sortable_version

try:
    import jmespath
    from jmespath import exceptions, functions, visitor
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

PACKAGES = ("jmespath>=1.0.1",)

FUNCTIONS: t.Mapping[str, tuple[str, ...]] = {
    "ref": ("string or null",),
    "refs": ("string", "string"),
    "version_lt": ("string", "string"),
    "ratio": ("number", "number"),
    "minus": ("number", "number"),
    "threshold": ("string",),
}
_TYPES: t.Mapping[str, tuple[type, ...]] = {"string": (str,), "string or null": (str, type(None)), "number": (int, float)}


def missing_packages() -> list[str]:
    """The requirements of PACKAGES that cannot be imported here."""
    return list(PACKAGES) if IMPORT_ERROR else []


class ExpressionError(ValueError):
    """An expression that cannot be read, or that the data of a lab made fail; one line."""


@dataclasses.dataclass(frozen=True)
class Expression:
    """A compiled expression. tree: the syntax tree of jmespath. thresholds: names that it asks threshold() for."""

    text: str
    tree: t.Any
    thresholds: frozenset[str]


def compile_expression(text: str) -> Expression:
    """Compile once, evaluate often. ExpressionError names the place, an unknown function, or an unknown kind of edge."""
    try:
        tree = jmespath.compile(text).parsed
    except exceptions.JMESPathError as exc:
        cause = str(exc).splitlines()[0].rstrip(":").replace(", for expression", "")
        raise ExpressionError(cause) from exc
    thresholds = set()
    for call in _calls(tree):
        name, literal = call["value"], _last_literal(call)
        if name not in FUNCTIONS and name not in functions.Functions.FUNCTION_TABLE:
            raise ExpressionError(f"there is no function {name}()")
        if name == "threshold":
            if not isinstance(literal, str):
                raise ExpressionError("threshold() takes its name as a literal: threshold('name')")
            thresholds.add(literal)
        if name == "refs" and literal not in EDGE_KINDS:
            raise ExpressionError(f"refs() takes the kind of edge as a literal, one of {', '.join(EDGE_KINDS)}")
    return Expression(text, tree, frozenset(thresholds))


def _calls(node: t.Any) -> t.Iterator[t.Any]:
    if not isinstance(node, dict):
        return
    if node["type"] == "function_expression":
        yield node
    for child in node.get("children", ()):
        yield from _calls(child)


def _last_literal(call: t.Any) -> t.Any:
    last = call["children"][-1] if call["children"] else {}
    return last["value"] if last.get("type") == "literal" else None


class Evaluator:
    """Evaluates expressions of one rule. thresholds: name to the number that holds in this run."""

    def __init__(self, lab: LabIndex, thresholds: t.Mapping[str, float]) -> None:
        options = jmespath.Options(custom_functions=_Functions(lab, thresholds))
        self._interpreter = visitor.TreeInterpreter(options)

    def value(self, expression: Expression, subject: Entity) -> t.Any:
        """What the expression gives; NotReadError when it touched what was not read, ExpressionError when it failed on the data."""
        try:
            return self._interpreter.visit(expression.tree, subject)
        except (exceptions.JMESPathError, TypeError) as exc:  # TypeError: jmespath orders a text and a number
            raise ExpressionError(" ".join(str(exc).split())[:200]) from exc


class _Functions:
    """Stands in for jmespath's own Functions: ours first, the rest handed on."""

    def __init__(self, lab: LabIndex, thresholds: t.Mapping[str, float]) -> None:
        self._lab = lab
        self._thresholds = thresholds
        self._others = functions.Functions()

    def call_function(self, function_name: str, resolved_args: list[t.Any]) -> t.Any:
        """Called by jmespath's interpreter."""
        expected = FUNCTIONS.get(function_name)
        if expected is None:
            return self._others.call_function(function_name, resolved_args)
        if len(resolved_args) != len(expected):
            raise ExpressionError(f"{function_name}() takes {len(expected)} arguments, not {len(resolved_args)}")
        for argument, kind in zip(resolved_args, expected):
            if isinstance(argument, bool) or not isinstance(argument, _TYPES[kind]):
                raise ExpressionError(f"{function_name}() takes a {kind}, not {argument!r:.80}")
        return getattr(self, f"_{function_name}")(*resolved_args)

    def _ref(self, entity_id: str | None) -> Entity | None:
        return None if entity_id is None else self._lab.ref(entity_id)

    def _refs(self, entity_id: str, kind: str) -> list[Entity]:
        return self._lab.refs(entity_id, kind)

    def _version_lt(self, left: str, right: str) -> bool:
        return _version(left) < _version(right)

    def _ratio(self, part: float, whole: float) -> float:
        if whole == 0:
            raise NotReadError("a total above 0")
        return part / whole

    def _minus(self, whole: float, part: float) -> float:
        return whole - part

    def _threshold(self, name: str) -> float:
        return self._thresholds[name]


def _version(text: str) -> SortableVersion:
    version = sortable_version(text)
    if version is None:
        raise NotReadError(f"a version ('{text:.40}' is none)")
    return version
