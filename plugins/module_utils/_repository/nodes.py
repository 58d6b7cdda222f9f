# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""YAML as Kubernetes reads it, as far as an object's identity goes: unknown tags are ignored, the last of two equal keys wins,
merge keys are followed, anchors may be given anew.

Built from the events of the parser without recursion, and aliases share what they point to, so that deep or multiplying input
costs no more than its length.
"""

from __future__ import annotations

import dataclasses
import typing as t

try:
    import yaml
except ImportError as exc:
    YAML_ERROR: ImportError | None = exc
else:
    YAML_ERROR = None

PACKAGES = ("PyYAML>=5.1",)

# The parser takes time that grows with the square of the depth.
_MAX_DEPTH = 1000
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


def missing_packages() -> list[str]:
    """Requirements that are not installed for the Python that runs."""
    return [] if YAML_ERROR is None else list(PACKAGES)


class YamlError(Exception):
    """What is not valid YAML, with the line where the parser stopped."""


@dataclasses.dataclass
class Scalar:
    """A text, number or the like. plain: written without quotes."""

    value: str
    plain: bool


@dataclasses.dataclass
class Sequence:
    """A list."""

    items: list[t.Any] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Mapping:
    """Keys and values in the order of the file; a key that is no text is there as None."""

    pairs: list[tuple[str | None, t.Any]] = dataclasses.field(default_factory=list)

    def get(self, *path: str) -> t.Any:
        """The node below a path of keys; None when there is none."""
        node: t.Any = self
        for key in path:
            node = _lookup(node, key) if isinstance(node, Mapping) else None
        return node

    def text(self, *path: str) -> str | None:
        """The text below a path of keys; None when there is none or it is null."""
        node = self.get(*path)
        if not isinstance(node, Scalar) or (node.plain and node.value in _NULLS):
            return None
        return node.value


Node = t.Union[Scalar, Sequence, Mapping]


def read_documents(data: bytes) -> list[Node]:
    """The documents of a file, in order; YamlError when it is not valid YAML."""
    builder = _Builder()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(data, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as exc:
        raise YamlError(f"{_line(exc.problem_mark)}{exc.problem or exc.context or 'it cannot be read'}") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise YamlError("it holds bytes that YAML does not allow") from exc
    return builder.documents


def _line(mark: t.Any) -> str:
    return f"line {mark.line + 1}: " if mark else ""


class _Builder:
    """Nodes from events. The stack holds open collections, for a mapping with the key that waits for its value."""

    def __init__(self) -> None:
        self.documents: list[Node] = []
        self._stack: list[tuple[Sequence | Mapping, list[t.Any]]] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: t.Any) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlError(f"{_line(event.start_mark)}found undefined alias")
            self._place(self._anchors[event.anchor])
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            self._name(event, self._place(Scalar(event.value, plain and event.tag is None)))
        elif isinstance(event, yaml.CollectionStartEvent):
            node = Mapping() if isinstance(event, yaml.MappingStartEvent) else Sequence()
            self._name(event, self._place(node))
            self._stack.append((node, []))
            if len(self._stack) > _MAX_DEPTH:
                raise YamlError(f"{_line(event.start_mark)}nested deeper than {_MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}

    def _name(self, event: t.Any, node: Node) -> None:
        if event.anchor:
            self._anchors[event.anchor] = node

    def _place(self, node: Node) -> Node:
        if not self._stack:
            self.documents.append(node)
            return node
        parent, waiting = self._stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif waiting:
            key = waiting.pop()
            parent.pairs.append((key.value if isinstance(key, Scalar) else None, node))
        else:
            waiting.append(node)
        return node


def _lookup(mapping: Mapping, wanted: str) -> t.Any:
    """The value of a key, from the mapping itself, else from what it merges; each mapping is looked at once."""
    waiting, seen = [mapping], set()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        for key, value in reversed(current.pairs):
            if key == wanted:
                return value
        for key, value in current.pairs:
            if key == "<<":
                merged = value.items if isinstance(value, Sequence) else [value]
                waiting += [node for node in merged if isinstance(node, Mapping)]
    return None
