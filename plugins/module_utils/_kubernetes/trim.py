# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Cuts objects of the API down to their shape and takes secrets out of what is left. No I/O."""

from __future__ import annotations

import re
import typing as t
from functools import lru_cache

from .._evidence.redaction import Redactor, name_below
from . import libraries
from .forms import fitting
from .kinds import Kind, Object
from .shapes import CONTAINER, OTHERS, VALUE_FROM, Each, Mark, Named, Shape

# Annotations that hold the whole object once more, in clear or packed.
_COPIES = re.compile(r".*(?:last-applied(?:-configuration)?|/original|/applied)$")
# Annotations that change by themselves.
_CHURN = frozenset(
    (
        "control-plane.alpha.kubernetes.io/leader",
        "endpoints.kubernetes.io/last-change-trigger-time",
        "node.alpha.kubernetes.io/ttl",
    )
)
# Keys whose text is YAML of its own: Helm values, and what Argo CD makes Applications from.
_YAML = frozenset(("values", "elementsYaml", "templatePatch"))
# The words of a container's command line, in their order.
_COMMAND_LINE = ("command", "args")
# Settings of storage drivers that say where a volume is; random-looking parts of such a path are no secrets.
_PLACES = frozenset(("path", "server", "share", "source", "subdir", "basedir"))
_UUID = re.compile(r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})", re.IGNORECASE)
# User part of an address that begins with two slashes and has no scheme, as shares of Windows are written.
_SHARE_USER = re.compile(r"(?<=^//)[^/@\s]+(?=@)")
# No name or path is that long without a break: packed or encoded data, which is not worth searching letter by letter.
_BLOB = re.compile(r"[\w./+=-]{256,}")
# Pods of one workload repeat the same texts; together with the cache, equal texts are also kept only once.
_REMEMBERED = 20_000


class Trimmer:
    """Trims with one redactor. Values that do not have the type that their shape wants are dropped, and so is null."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._text = lru_cache(_REMEMBERED)(self._redact_text)
        self._named = lru_cache(_REMEMBERED)(self._redact_named)
        self._words = lru_cache(_REMEMBERED)(self._redact_words)
        self._of_texts: dict[Mark, t.Callable[[str], str]] = {
            Mark.TEXT: self._text,
            Mark.PLACE: self._place,
            Mark.URL: redactor.url,
            Mark.VALUES: self.helm_values,
        }

    def trim(self, kind: Kind, item: Object) -> Object | None:
        """One object of a list, or None when the kind leaves it out. item: with a name in its metadata."""
        prepared = kind.prepare(item) if kind.prepare else item
        return None if prepared is None else fitting(self.cut(kind.shape, prepared))

    def cut(self, shape: Shape, value: t.Any) -> t.Any:
        """Any value by its shape; None for what is not kept."""
        if isinstance(shape, Mark):
            return self._marked(shape, value)
        if isinstance(shape, Each):
            if not isinstance(value, list):
                return None
            cut = [self.cut(shape.shape, member) for member in value]
            return [member for member in cut if member is not None]
        if not isinstance(value, dict):
            return None
        return self._fields(dict.fromkeys(value, shape.shape) if isinstance(shape, Named) else shape, value)

    def field(self, holder: Object, key: str, above: str = "") -> t.Any:
        """One field of a mapping of unknown form, redacted by its name, a name beside it, or the words before it.

        above: the name that decides about the mapping, see name_below().
        """
        value = holder[key]
        if key in _COMMAND_LINE and isinstance(value, list):
            parts = {part: _texts(holder.get(part)) for part in _COMMAND_LINE}
            words = list(self._words(parts["command"] + parts["args"]))
            return words[: len(value)] if key == "command" else words[len(words) - len(value) :]
        if key in _YAML and isinstance(value, str):
            return self.helm_values(value)
        if key == "patch" and isinstance(value, str):
            # Of Kustomize: the place that a value goes to says what it is, and that may be anywhere in the text.
            return self._redactor.mask(value)
        return self._nested(value, name_below(above, holder, str(key)))

    def _nested(self, value: t.Any, name: str) -> t.Any:
        if isinstance(value, dict):
            return {self._text(str(key)): self.field(value, key, name) for key in value}
        if isinstance(value, list):
            return [self._nested(member, name) for member in value]
        return self._tree(value, name)

    def _fields(self, shape: t.Mapping[str, Shape], value: Object) -> Object:
        out = {}
        for field, content in value.items():
            wanted = shape.get(field)
            if wanted is not None:
                kept = self.cut(wanted, content)
            elif OTHERS in shape:
                kept = self._tree(content, field)
            else:
                continue
            if kept is not None:
                out[field] = kept
        return out

    def _marked(self, mark: Mark, value: t.Any) -> t.Any:
        if mark in (Mark.KEEP, Mark.TREE):
            return value if mark is Mark.KEEP else self._whole(value)
        if mark is Mark.COMMAND:
            return list(self._words(_texts(value)))
        if isinstance(value, str) and mark in self._of_texts:
            return self._of_texts[mark](value)
        if isinstance(value, dict) and mark is Mark.CONTAINER:
            return self._container(value)
        if isinstance(value, dict) and mark in (Mark.SETTINGS, Mark.ANNOTATIONS):
            return self._settings({key: text for key, text in value.items() if mark is Mark.SETTINGS or not _dropped(key)})
        return None

    def _settings(self, settings: Object) -> Object:
        return {key: self._setting(key, value) for key, value in settings.items()}

    def _setting(self, key: str, value: t.Any) -> t.Any:
        if not isinstance(value, str):
            return self._tree(value, key)
        return self._place(value) if key.lower() in _PLACES else self._named(key, value)

    def _place(self, value: str) -> str:
        value = _SHARE_USER.sub(lambda match: self._redactor.mask(match.group()), value)
        return "".join(part if _UUID.fullmatch(part) else self._text(part) for part in _UUID.split(value))

    def helm_values(self, text: str) -> str:
        """Helm values as YAML without comments; what is no YAML, or refers to itself, is masked as a whole.

        A few lines of YAML whose parts refer to each other can stand for more than any memory holds.
        """
        yaml = libraries.yaml
        try:
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
                return self._redactor.mask(text)
            values = self._whole(yaml.safe_load(text))
            return str(yaml.safe_dump(values, allow_unicode=True, width=10_000)) if values else ""
        except (yaml.YAMLError, RecursionError, ValueError):
            return self._redactor.mask(text)

    def _container(self, container: Object) -> Object:
        """A flag may end the command and its value begin the args, so both are one command line."""
        out = self._fields(CONTAINER, container)
        parts = {field: _texts(container.get(field)) for field in _COMMAND_LINE}
        words = list(self._words(parts["command"] + parts["args"]))
        for field, part in parts.items():
            if part:
                out[field], words = words[: len(part)], words[len(part) :]
        entries = container.get("env")
        environment = [self._variable(one) for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
        return {**out, "env": environment} if environment else out

    def _variable(self, entry: Object) -> Object:
        name, value = str(entry.get("name")), entry.get("value")
        out: Object = {"name": name}
        if value is not None:
            out["value"] = self._named(name, str(value))
        source = self.cut(VALUE_FROM, entry.get("valueFrom"))
        return {**out, "valueFrom": source} if source else out

    def _whole(self, value: t.Any) -> t.Any:
        """Nested data that may hold containers; None when it is nested deeper than Python goes."""
        try:
            return self._nested(value, "")
        except RecursionError:
            return None

    def _tree(self, value: t.Any, name: str) -> t.Any:
        """Nested data of unknown form; None when it is nested deeper than Python goes."""
        try:
            return self._redactor.tree(self._without_blobs(value), name)
        except RecursionError:
            return None

    def _without_blobs(self, value: t.Any) -> t.Any:
        if isinstance(value, str):
            return _BLOB.sub(lambda match: self._redactor.mask(match.group()), value)
        if isinstance(value, list):
            return [self._without_blobs(member) for member in value]
        if isinstance(value, dict):
            return {key: self._without_blobs(member) for key, member in value.items()}
        return value

    def _redact_text(self, value: str) -> str:
        return self._redactor.text(self._without_blobs(value))

    def _redact_named(self, name: str, value: str) -> str:
        try:
            return self._redactor.named(name, self._without_blobs(value))
        except RecursionError:
            # JSON that is nested deeper than Python goes.
            return self._redactor.mask(value)

    def _redact_words(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._redactor.arguments([self._without_blobs(word) for word in words]))


def _dropped(annotation: str) -> bool:
    return annotation in _CHURN or bool(_COPIES.fullmatch(annotation))


def _texts(words: t.Any) -> tuple[str, ...]:
    return tuple(str(word) for word in words) if isinstance(words, list) else ()
