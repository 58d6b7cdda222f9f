# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads HCL, the language of Terraform and OpenTofu, with python-hcl2. The one place that imports it.

Only its parse tree is used, which is turned into nodes of our own: nothing is evaluated here, and what the tree has and the nodes
do not (template directives, functions of providers) becomes a node that is never evaluated.
"""

from __future__ import annotations

import re
import typing as t

try:
    from hcl2 import parses_to_tree
    from lark import Token, Tree
    from lark.exceptions import LarkError, UnexpectedInput
except ImportError as exc:
    HCL_ERROR: ImportError | None = exc
else:
    HCL_ERROR = None

from .expressions import (
    ITEM,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    Index,
    Items,
    Literal,
    Loop,
    Name,
    Opaque,
    Pairs,
    Splat,
    Template,
    Unary,
)

PACKAGES = ("python-hcl2>=8.1.0,<9",)

# The parser reads about 50 KiB in a second.
MAX_CHARACTERS = 256 * 1024
_MAX_DEPTH = 150
# The pattern for <<MARKER takes time that grows with the square of the white space inside.
_LONG_SPACE = re.compile(r"\s{400}")
_MAX_DIGITS = 30

_OPERATORS = {
    "DOUBLE_PIPE": "||",
    "DOUBLE_AMP": "&&",
    "DOUBLE_EQ": "==",
    "NEQ": "!=",
    "LT": "<",
    "GT": ">",
    "LEQ": "<=",
    "GEQ": ">=",
    "PLUS": "+",
    "MINUS": "-",
    "ASTERISK": "*",
    "SLASH": "/",
    "PERCENT": "%",
    "NOT": "!",
}
_LITERALS: t.Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U(000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_HEREDOC = re.compile(r"<<(?P<trim>-?)(?P<marker>[\w.-]+)\r?\n(?P<text>.*?)[ \t]*(?P=marker)\s*\Z", re.DOTALL)


class HclError(Exception):
    """What is not valid HCL, or more than is read, with the line where the parser stopped. Shows no text of the file."""


def missing_packages() -> list[str]:
    """Requirements that are not installed for the Python that runs."""
    return [] if HCL_ERROR is None else list(PACKAGES)


def read_body(text: str) -> Body:
    """What a file says; HclError when it is not valid HCL."""
    if len(text) > MAX_CHARACTERS:
        raise HclError(f"longer than {MAX_CHARACTERS} characters")
    space = _LONG_SPACE.search(text)
    if space:
        raise HclError(f"line {text.count(chr(10), 0, space.start()) + 1}: a very long stretch of white space")
    try:
        tree = parses_to_tree(text)
    except UnexpectedInput as exc:
        where = f"line {exc.line}: " if exc.line > 0 else ""
        raise HclError(f"{where}this is not valid HCL") from exc
    except (LarkError, RecursionError) as exc:
        raise HclError("this is not valid HCL") from exc
    (body,) = _parts(tree)
    return _body(body, 0)


def read_template(text: str) -> Expression:
    """The expression in a text of a JSON file, where "${…}" means what it means between quotes in HCL."""
    if "${" not in text and "%{" not in text:
        return Literal(text.replace("$${", "${"))
    try:
        line = text.replace("\r", "\\r").replace("\n", "\\n")
        return read_body(f'text = "{line}"').attributes["text"]
    except (HclError, KeyError):
        return Opaque("it is a template that is not followed")


def _parts(tree: Tree[Token]) -> list[Tree[Token]]:
    """The children that say something."""
    return [child for child in tree.children if isinstance(child, Tree) and child.data != "new_line_or_comment"]


def _tokens(tree: Tree[Token]) -> dict[str, str]:
    """The tokens right below, by type."""
    return {child.type: str(child) for child in tree.children if isinstance(child, Token)}


def _word(tree: Tree[Token]) -> str:
    """The text of an identifier, a keyword or a literal."""
    return str(tree.children[0])


def _body(tree: Tree[Token], depth: int) -> Body:
    body = Body()
    for part in _parts(tree):
        if part.data == "attribute":
            name, value = _parts(part)
            body.attributes[_word(name)] = _expression(value, depth + 1)
        else:
            body.blocks.append(_block(part, depth + 1))
    return body


def _block(tree: Tree[Token], depth: int) -> Block:
    _check(tree, depth)
    *labels, body = _parts(tree)
    words = [_plain(_string(label, depth)) if label.data == "string" else _word(label) for label in labels]
    return Block(words[0], tuple(words[1:]), _body(body, depth), getattr(tree.meta, "line", 0))


def _plain(expression: Expression) -> str:
    """The text of a label, which must not have expressions in it."""
    return expression.value if isinstance(expression, Literal) and isinstance(expression.value, str) else ""


def _check(tree: Tree[Token], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise HclError(f"line {getattr(tree.meta, 'line', 0)}: nested deeper than {_MAX_DEPTH} levels")


def _expression(tree: Tree[Token], depth: int) -> Expression:
    """The node of an expression."""
    while tree.data == "expr_term":
        (tree,) = _parts(tree)
    _check(tree, depth)
    return _READERS.get(str(tree.data), _opaque)(tree, depth + 1)


def _opaque(tree: Tree[Token], depth: int) -> Expression:
    return Opaque("it is written in a way that is not followed")


def _literal(tree: Tree[Token], depth: int) -> Expression:
    return Literal(_LITERALS[_word(tree)])


def _number(tree: Tree[Token], depth: int) -> Expression:
    word = _word(tree)
    if len(word) > _MAX_DIGITS:
        return Opaque("a number is too long")
    return Literal(int(word) if tree.data == "int_lit" else float(word))


def _string(tree: Tree[Token], depth: int) -> Expression:
    parts: list[Expression] = []
    for part in _parts(tree):
        (content,) = part.children
        if isinstance(content, Token):
            parts.append(Literal(_unescaped(content)))
        elif content.data == "interpolation":
            parts.append(_expression(_parts(content)[0], depth))
        else:
            return Opaque("it is a template that is not followed")
    if all(isinstance(part, Literal) and isinstance(part.value, str) for part in parts):
        return Literal("".join(t.cast("str", t.cast("Literal", part).value) for part in parts))
    return Template(tuple(parts))


def _unescaped(token: Token) -> str:
    if token.type in ("ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"):
        return str(token)[1:]

    def replace(match: re.Match[str]) -> str:
        if match[3]:
            return _ESCAPES.get(match[3], match[3])
        return chr(int(match[1] or match[2], 16))

    return _ESCAPE.sub(replace, str(token)).encode("utf-8", "replace").decode()


def _heredoc(tree: Tree[Token], depth: int) -> Expression:
    match = _HEREDOC.match(_word(tree))
    if match is None or "${" in match["text"] or "%{" in match["text"]:
        return Opaque("it is a template that is not followed")
    lines = match["text"].split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0) if match["trim"] else 0
    return Literal("\n".join(line[indent:] for line in lines))


def _items(tree: Tree[Token], depth: int) -> Expression:
    return Items(tuple(_expression(part, depth) for part in _parts(tree)))


def _pairs(tree: Tree[Token], depth: int) -> Expression:
    pairs = []
    for element in _parts(tree):
        key, value = _parts(element)
        pairs.append((_key(key, depth), _expression(value, depth)))
    return Pairs(tuple(pairs))


def _key(tree: Tree[Token], depth: int) -> Expression:
    """The key of an object: a name stands for itself, in parentheses for its value."""
    (inner,) = _parts(tree)
    if inner.data == "keyword":
        return Literal(_word(inner))
    if inner.data == "expr_term" and "LPAR" not in _tokens(inner):
        (word,) = _parts(inner)
        if word.data in ("identifier", "literal_value"):
            return Literal(_word(word))
    return _expression(inner, depth)


def _name(tree: Tree[Token], depth: int) -> Expression:
    return Name(_word(tree))


def _steps(target: Expression, steps: t.Iterable[Tree[Token]], depth: int) -> Expression:
    """.name, [key] and .0 after an expression."""
    for step in steps:
        if step.data == "get_attr":
            target = Attribute(target, _word(_parts(step)[0]))
        elif step.data == "short_index":
            target = Index(target, Literal(int(_tokens(step)["INT_LITERAL"][:_MAX_DIGITS])))
        else:
            target = Index(target, _expression(_parts(step)[0], depth))
    return target


def _access(tree: Tree[Token], depth: int) -> Expression:
    target, step = _parts(tree)
    return _steps(_expression(target, depth), [step], depth)


def _splat(tree: Tree[Token], depth: int) -> Expression:
    target, steps = _parts(tree)
    return Splat(_expression(target, depth), _steps(Name(ITEM), _parts(steps), depth))


def _call(tree: Tree[Token], depth: int) -> Expression:
    parts = _parts(tree)
    name = "::".join(_word(part) for part in parts if part.data == "identifier")
    arguments = parts[-1] if parts[-1].data == "arguments" else None
    values = _parts(arguments) if arguments else []
    return Call(name, tuple(_expression(value, depth) for value in values), bool(arguments and "ELLIPSIS" in _tokens(arguments)))


def _unary(tree: Tree[Token], depth: int) -> Expression:
    (operator,) = _tokens(tree)
    return Unary(_OPERATORS[operator], _expression(_parts(tree)[0], depth))


def _binary(tree: Tree[Token], depth: int) -> Expression:
    left, term = _parts(tree)
    operator, right = _parts(term)
    (kind,) = _tokens(operator)
    return Binary(_OPERATORS[kind], _expression(left, depth), _expression(right, depth))


def _conditional(tree: Tree[Token], depth: int) -> Expression:
    condition, yes, no = (_expression(part, depth) for part in _parts(tree))
    return Conditional(condition, yes, no)


def _loop(tree: Tree[Token], depth: int) -> Expression:
    intro, *rest = _parts(tree)
    *names, source = _parts(intro)
    condition = _parts(rest.pop())[0] if rest[-1].data == "for_cond" else None
    *key, value = rest
    return Loop(
        _word(names[0]) if len(names) > 1 else None,
        _word(names[-1]),
        _expression(source, depth),
        _expression(key[0], depth) if key else None,
        _expression(value, depth),
        _expression(condition, depth) if condition else None,
        "ELLIPSIS" in _tokens(tree),
    )


_READERS: t.Mapping[str, t.Callable[[t.Any, int], Expression]] = {
    "literal_value": _literal,
    "int_lit": _number,
    "float_lit": _number,
    "string": _string,
    "heredoc_template": _heredoc,
    "heredoc_template_trim": _heredoc,
    "tuple": _items,
    "object": _pairs,
    "identifier": _name,
    "index_expr_term": _access,
    "get_attr_expr_term": _access,
    "attr_splat_expr_term": _splat,
    "full_splat_expr_term": _splat,
    "function_call": _call,
    "unary_op": _unary,
    "binary_op": _binary,
    "conditional": _conditional,
    "for_tuple_expr": _loop,
    "for_object_expr": _loop,
}
