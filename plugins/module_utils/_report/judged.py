# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 11: findings.json sorted for a reader. One entry per rule, with all that it failed on, cannot judge or waives."""

from __future__ import annotations

import dataclasses
import typing as t

from .lab import Object, plain_names

SEVERITIES = ("critical", "high", "medium", "low", "info")

# What a rule says that a finding costs.
_HARMS = {
    **{"loss": "data may be lost", "outage": "something people use stops", "exposure": "somebody may get in"},
    "upkeep": "work becomes harder",
}


@dataclasses.dataclass(frozen=True)
class Group:
    """Results of one rule that share severity and explanation. missing: what was not read, over all of them, sorted.

    harm: what it costs, in words; "" when the rule does not say.
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
        return [self._group(results) for results in found.values()]

    def _group(self, results: t.Sequence[Object]) -> Group:
        first = results[0]
        rule = self._rules.get(first["rule"], {})
        missing = sorted({what for result in results for what in result.get("missing") or ()})
        harm = _HARMS.get(rule.get("harm", ""), "")
        explained = (first.get("why", rule.get("why", "")), first.get("fix", rule.get("fix", "")))
        return Group(
            first["rule"], first["title"], first["severity"], *explained, rule.get("references") or (), results, missing, harm
        )
