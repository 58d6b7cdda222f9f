# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Variables to rebuild a cluster, while they are put together, and as the YAML that Ansible loads.

None is what is not known, and only that: each has an entry in ``missing`` that says what to ask. What is known to be nothing is an
empty text, list or mapping.
"""

from __future__ import annotations

import textwrap
import typing as t

from .._evidence.redaction import MASK
from .._requirements import require
from .lab import Lab, Object
from .marks import template_marks
from .text import clean

try:
    import yaml
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

PACKAGES = ("PyYAML>=5.1",)

UNREAD = "it could not be read: see the gaps of the report"
_WIDTH = 120
# The beginning of a text that says itself what its template marks are.
_OWN_MARKS = "#jinja2:"
_MASKED = "it is a secret, which the audit masks while it reads: enter it by hand, best from a vault"
_MARKED_KEY = "its name holds template marks, which no variable may: enter it by hand if it is wanted"


class Unsafe(str):
    """Text that Ansible must not take for a template."""

    __slots__ = ()


class Variables:
    """Variables by name in the order of the file, a remark for those that need one, and what is missing ({what, why})."""

    def __init__(self) -> None:
        self.values: dict[str, t.Any] = {}
        self.remarks: dict[str, str] = {}
        self.missing: list[dict[str, str]] = []

    def put(self, name: str, value: t.Any, remark: str = "") -> None:
        """A variable that is known, be it in part: see tidy()."""
        self.values[name] = self.tidy(value, name)
        if remark:
            self.remarks[name] = remark

    def unknown(self, name: str, why: str) -> None:
        """A variable that is not known."""
        self.values[name] = None
        self.lack(name, why)

    def put_or_unknown(self, name: str, value: t.Any, why: str) -> None:
        """put(), or unknown() for None."""
        if value is None:
            self.unknown(name, why)
        else:
            self.put(name, value)

    def lack(self, what: str, why: str) -> None:
        """Something that a person has to tell. what: a variable or a place in one, else in words."""
        self.missing.append({"what": _whole(what), "why": _whole(why)})

    def tidy(self, value: t.Any, place: str) -> t.Any:
        """A value as it may be written: secrets become None, keys with template marks are left out; both are missing then."""
        if isinstance(value, str):
            if MASK.search(value):
                self.lack(place, _MASKED)
                return None
            return _marked(_whole(value))
        if isinstance(value, t.Mapping):
            return {_whole(key): self.tidy(value[key], f"{place}.{key}") for key in value if self._allowed(key, place)}
        if isinstance(value, (list, tuple)):
            return [self.tidy(member, f"{place}[{_position(member, index)}]") for index, member in enumerate(value)]
        return value

    def _allowed(self, key: str, place: str) -> bool:
        marked = isinstance(_marked(key), Unsafe)
        if marked or MASK.search(key):
            self.lack(f"{place}.{key}", _MARKED_KEY if marked else _MASKED)
            return False
        return True


def _marked(text: str) -> str:
    return Unsafe(text) if template_marks(text) or text.startswith(_OWN_MARKS) else text


def _position(member: t.Any, index: int) -> t.Any:
    """How people find a member of a list: by its name where it has one."""
    return member.get("name") or index if isinstance(member, t.Mapping) else index


def _whole(text: str) -> str:
    """Half a character, which an escape inside of a text may make, becomes a question mark: no YAML may hold it."""
    return text.encode(errors="replace").decode()


def rows_of(lab: Lab, collection: str, cluster: Object) -> list[Object] | None:
    """Objects of a cluster; None when they were not read."""
    coverage = lab.data["coverage"].get(collection) or {}
    if coverage.get(f"kubernetes/{cluster['cluster']}") != "read":
        return None
    return [row for row in lab.rows(collection) if row["cluster"] == cluster["cluster"]]


def in_order(value: t.Any) -> t.Any:
    """Nested data with the keys of its mappings sorted."""
    if isinstance(value, t.Mapping):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(member) for member in value] if isinstance(value, list) else value


def to_yaml(head: t.Sequence[str], variables: Variables) -> str:
    """The file: its head as comments, each variable below what is to be said of it, and ``rebuild_missing`` at the end.

    The same variables give the same bytes. MissingPackagesError without PyYAML.
    """
    require(PACKAGES if IMPORT_ERROR else ())
    parts = ["---\n" + _comment(*head)]
    for name, value in variables.values.items():
        said = [variables.remarks[name]] if name in variables.remarks else []
        said += [f"Missing: {one['what']}: {one['why']}." for one in variables.missing if _belongs(one["what"], name)]
        parts.append(_comment(*said) + _dumped({name: value}))
    missing = [{key: _marked(text) for key, text in one.items()} for one in variables.missing]
    parts.append(_dumped({"rebuild_missing": missing}))
    return "\n".join(parts)


def _belongs(what: str, name: str) -> bool:
    return what == name or what.startswith((f"{name}.", f"{name}["))


def _comment(*sentences: str) -> str:
    """Lines of comment. Text of the lab may stand in them, so whatever could end a line is replaced."""
    wrapped = [textwrap.wrap(clean(sentence), _WIDTH, break_long_words=False, break_on_hyphens=False) for sentence in sentences]
    return "".join(f"# {line}\n" for lines in wrapped for line in lines)


def _dumped(variable: Object) -> str:
    class Dumper(yaml.SafeDumper):
        """Block style with lists indented, every value written out."""

        def ignore_aliases(self, data: t.Any) -> bool:
            """Equal values stay apart, so that a person can change one of them."""
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            """Lists stand further to the right than their name."""
            super().increase_indent(flow, False)

    Dumper.add_representer(Unsafe, lambda dumper, data: dumper.represent_scalar("!unsafe", str(data)))
    return str(yaml.dump(variable, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10_000))
