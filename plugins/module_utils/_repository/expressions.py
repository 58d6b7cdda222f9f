# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What a Terraform file says, as plain nodes: bodies of attributes and blocks, and expressions that are not yet evaluated."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Literal:
    """null, a truth value, a number or a text."""

    value: bool | int | float | str | None


@dataclasses.dataclass(frozen=True)
class Template:
    """A text with expressions in it; literal pieces are Literal."""

    parts: tuple[Expression, ...]


@dataclasses.dataclass(frozen=True)
class Name:
    """A bare name: var, local, each, a variable of a for expression, a resource type."""

    name: str


@dataclasses.dataclass(frozen=True)
class Attribute:
    """target.name"""

    target: Expression
    name: str


@dataclasses.dataclass(frozen=True)
class Index:
    """target[key]"""

    target: Expression
    key: Expression


@dataclasses.dataclass(frozen=True)
class Splat:
    """target[*].x: each is evaluated once per item, which it calls ITEM."""

    target: Expression
    each: Expression


@dataclasses.dataclass(frozen=True)
class Call:
    """A function call. spread: the last argument is a list of arguments."""

    name: str
    arguments: tuple[Expression, ...]
    spread: bool


@dataclasses.dataclass(frozen=True)
class Unary:
    """An operator, "-" or "!", before its operand."""

    operator: str
    operand: Expression


@dataclasses.dataclass(frozen=True)
class Binary:
    """An operator between two operands."""

    operator: str
    left: Expression
    right: Expression


@dataclasses.dataclass(frozen=True)
class Conditional:
    """condition ? yes : no"""

    condition: Expression
    yes: Expression
    no: Expression


@dataclasses.dataclass(frozen=True)
class Items:
    """A list that is written out."""

    items: tuple[Expression, ...]


@dataclasses.dataclass(frozen=True)
class Pairs:
    """An object that is written out."""

    pairs: tuple[tuple[Expression, Expression], ...]


@dataclasses.dataclass(frozen=True)
class Loop:
    """A for expression: a list, or an object when it has a key. group: values of equal keys are put into lists."""

    key_name: str | None
    value_name: str
    source: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool


@dataclasses.dataclass(frozen=True)
class Opaque:
    """Something that is never evaluated. what: in words, for "cannot tell …: <what>"."""

    what: str


Expression = t.Union[Literal, Template, Name, Attribute, Index, Splat, Call, Unary, Binary, Conditional, Items, Pairs, Loop, Opaque]

# The name of one item in Splat.each; no name in a file can be so.
ITEM = "*"


@dataclasses.dataclass(frozen=True)
class Block:
    """A block: its type, its labels, and where it starts."""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int


@dataclasses.dataclass
class Body:
    """Attributes by name, and blocks in the order of the file."""

    attributes: dict[str, Expression] = dataclasses.field(default_factory=dict)
    blocks: list[Block] = dataclasses.field(default_factory=list)
