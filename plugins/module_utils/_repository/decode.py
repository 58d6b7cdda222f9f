# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""YAML and JSON as values of Terraform."""

from __future__ import annotations

import re
import typing as t

from .nodes import Mapping, Node, Scalar, Sequence, YamlError, read_documents
from .values import UnresolvedError, Value, Work, number

_MAX_DEPTH = 50
_WORDS: t.Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})(?:\.\d{1,20})?")


def decode_yaml(text: str, work: Work) -> Value:
    """The one document of a text; UnresolvedError when it is no YAML."""
    try:
        documents = read_documents(text.encode("utf-8", "replace"))
    except YamlError as exc:
        raise UnresolvedError("a text is no YAML", True) from exc
    if len(documents) != 1:
        raise UnresolvedError("a text is not one YAML document", True)
    return work.sized(_value(documents[0], work, 0))


def _value(node: Node, work: Work, depth: int) -> Value:
    """Aliases are followed each time they stand, which the work pays for."""
    work.spend(1)
    if depth > _MAX_DEPTH:
        raise UnresolvedError("a text is nested too deeply")
    if isinstance(node, Scalar):
        return _scalar(node)
    if isinstance(node, Sequence):
        return [_value(item, work, depth + 1) for item in node.items]
    merged: dict[str, Value] = {}
    for key, inner in node.pairs:
        if key == "<<":
            for source in inner.items if isinstance(inner, Sequence) else [inner]:
                if isinstance(source, Mapping):
                    merged = {**_value(source, work, depth + 1), **merged}
    return {**merged, **{key: _value(inner, work, depth + 1) for key, inner in node.pairs if key not in (None, "<<")}}


def _scalar(node: Scalar) -> Value:
    if not node.plain:
        return node.value
    if node.value in _WORDS:
        return _WORDS[node.value]
    return number(node.value) if _NUMBER.fullmatch(node.value) else node.value
