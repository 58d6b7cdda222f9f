# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 11: findings.json sorted for a reader. One entry per rule, with all that it failed on, cannot judge or waives."""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t

from .lab import Object, plain_names
from .text import clean

SEVERITIES = ("critical", "high", "medium", "low", "info")

# What a rule says that a finding costs.
_HARMS = {
    **{"loss": "data may be lost", "outage": "something people use stops", "exposure": "somebody may get in"},
    "upkeep": "work becomes harder",
}


# What stands elsewhere on the page, beside or below the evidence of a result.
_SHOWN_APART = frozenset({"patch", "subjects"})
# Evidence that the message already tells word by word is left out from this length on.
_LONG_TEXT = 100
_FIRST_WORD = re.compile(r"[a-z]+(?=[ ,:])")


@dataclasses.dataclass(frozen=True)
class Group:
    """Results of one rule that share severity and explanation. missing: what was not read, over all of them, sorted.

    harm: what it costs, in words; "" when the rule does not say. heading: rule and title, with the names of what it failed on where
    another group has the same.
    """

    rule: str
    title: str
    severity: str
    why: str
    fix: str
    references: t.Sequence[str]
    results: t.Sequence[Object]
    missing: t.Sequence[str]
    harm: str
    heading: str

    @property
    def subject_names(self) -> str:
        """The names of what it failed on; many are only counted."""
        return plain_names(sorted({result["subject_name"] for result in self.results} - {""}))


class Findings:
    """findings.json, grouped; nothing of it is changed."""

    def __init__(self, data: Object) -> None:
        self.data = data
        self.results: t.Sequence[Object] = data["results"]
        self._rules = {rule["id"]: rule for rule in data["rules"]}
        self._fails: dict[str, list[Object]] = {}
        for result in self.of("fail"):
            self._fails.setdefault(result["subject"], []).append(result)

    def of(self, outcome: str) -> list[Object]:
        """The results with one outcome, in the order of findings.json: worst first."""
        return [result for result in self.results if result["outcome"] == outcome]

    def about(self, identity: str) -> t.Sequence[Object]:
        """The findings on one object, worst first."""
        return self._fails.get(identity, ())

    def found(self, *rules: str) -> list[Object]:
        """The findings of some rules, worst first."""
        return [result for result in self.of("fail") if result["rule"] in rules]

    def amount(self, outcome: str) -> int:
        """How many results have an outcome."""
        return int(self.data["counts"]["outcome"].get(outcome, 0))

    @property
    def severities(self) -> dict[str, int]:
        """Fails by severity, worst first, without those that do not occur."""
        counts = self.data["counts"]["severity"]
        return {severity: counts[severity] for severity in SEVERITIES if counts.get(severity)}

    @property
    def top(self) -> list[Object]:
        """The results that matter most, worst first, at most five."""
        by_fingerprint = {result["fingerprint"]: result for result in self.of("fail")}
        return [by_fingerprint[fingerprint] for fingerprint in self.data["top"] if fingerprint in by_fingerprint]

    def groups(self, outcome: str) -> list[Group]:
        """The results with one outcome by rule, worst first as in findings.json."""
        found: dict[tuple[str, ...], list[Object]] = {}
        for result in self.of(outcome):
            found.setdefault((result["severity"], result["rule"], result.get("why", ""), result.get("fix", "")), []).append(result)
        groups = [self._group(results) for results in found.values()]
        often = collections.Counter(group.heading for group in groups)
        return [
            group if often[group.heading] == 1 else dataclasses.replace(group, heading=f"{group.heading} ({group.subject_names})")
            for group in groups
        ]

    def _group(self, results: t.Sequence[Object]) -> Group:
        first = results[0]
        heading = f"{first['rule']}: {first['title']}"
        rule = self._rules.get(first["rule"], {})
        missing = sorted({what for result in results for what in result.get("missing") or ()})
        harm = _HARMS.get(rule.get("harm", ""), "")
        explained = (first.get("why", rule.get("why", "")), first.get("fix", rule.get("fix", "")))
        references = rule.get("references") or ()
        return Group(first["rule"], first["title"], first["severity"], *explained, references, results, missing, harm, heading)


def sentence(result: Object) -> str:
    """The message of a finding without its full stop. It begins with a capital letter, unless a name of the lab comes first."""
    message = clean(result["message"]).rstrip(".")
    first = _FIRST_WORD.match(message)
    names = set(_texts([result["subject"].split("/")[1:], result["subject_name"], result.get("show")]))
    is_name = first is None or first.group() in names
    return message if is_name else f"{message[:1].upper()}{message[1:]}"


def shown(result: Object) -> list[dict[str, t.Any]]:
    """What a finding rests on, as name, value and label, without what the page tells apart or in the message."""
    show = result.get("show", {})
    return [
        {"name": name, "value": show[name], "label": _label(name, show)}
        for name in sorted(set(show) - _SHOWN_APART)
        if not (isinstance(show[name], str) and len(show[name]) > _LONG_TEXT and show[name] in result["message"])
    ]


def _label(name: str, show: Object) -> str:
    """A name in words, without the unit, which the value carries: "host_bytes" is "host", and "host size" where that is taken."""
    base, unit = name.rpartition("_")[::2]
    words = base.replace("_", " ")
    if unit in ("bytes", "seconds") and base:
        return f"{words} size" if base in show else words
    if unit == "ratio" and base:
        return f"{words} share" if {base, f"{base}_bytes", f"{base}_count"} & set(show) else words
    return name.replace("_", " ")


def _texts(value: t.Any) -> t.Iterator[str]:
    """Every text in any JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, t.Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
