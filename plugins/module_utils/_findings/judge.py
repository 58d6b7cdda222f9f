# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""findings.json: all rules over the whole lab, with the user's severities, thresholds and waivers.

{format, collected, profile, rules, results, counts, top, waivers}; see the guide "Write a rule". Nothing in it depends on the
order of what comes in, and a fingerprint depends on rule and subject alone, so that the next audit finds it again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from .._errors import ConfigError
from .engine import OUTCOMES, Result, evaluate, fold
from .lab_index import LabIndex
from .rules import PROFILES, SEVERITIES, Profile, Rule, did_you_mean, is_number
from .waivers import Waiver, WaiverBook

FORMAT = 1
_MOST_TOP = 5


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the user changes. severities: rule id to severity. thresholds: rule id to name to number."""

    severities: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    thresholds: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    waivers: t.Sequence[Waiver] = ()
    profile: Profile = "default"


def judge(rules: t.Iterable[Rule], data: t.Mapping[str, t.Any], settings: Settings) -> dict[str, t.Any]:
    """findings.json from the rules and lab.json (``data``).

    Errors: ConfigError for settings that fit no rule, LabError for a rule that breaks on the data.
    """
    everything = {rule.id: rule for rule in rules}
    _check_settings(everything, settings)
    wanted = PROFILES[: PROFILES.index(settings.profile) + 1]
    lab = LabIndex(data)
    book = WaiverBook(settings.waivers, data["collected"][:10])
    chosen = [
        dataclasses.replace(rule, severity=settings.severities.get(rule.id, rule.severity))
        for rule in (everything[key] for key in sorted(everything))
        if rule.profile in wanted
    ]
    results = []
    for rule in chosen:
        outcomes = evaluate(rule, lab, {**rule.thresholds, **settings.thresholds.get(rule.id, {})})
        outcomes = [_waived(result, book) for result in outcomes]
        results += fold(rule, outcomes) if rule.fold else outcomes
    results.sort(
        key=lambda result: (SEVERITIES.index(result.rule.severity), result.rule.id, result.subject, OUTCOMES.index(result.outcome))
    )
    fails = [result for result in results if result.outcome == "fail"]
    return {
        "format": FORMAT,
        "collected": data["collected"],
        "profile": settings.profile,
        "rules": [_rule_fields(rule) for rule in chosen],
        "results": [_result_fields(result) for result in results],
        "counts": {
            "outcome": _counted(OUTCOMES, [result.outcome for result in results]),
            "severity": _counted(SEVERITIES, [result.rule.severity for result in fails]),
        },
        "top": [fingerprint(result.rule.id, result.subject) for result in _top(fails)],
        "waivers": book.states(),
    }


def fingerprint(rule: str, subject: str) -> str:
    """16 hex digits that stay the same from audit to audit, as long as rule and subject keep their ids."""
    return hashlib.sha256(f"{rule}\n{subject}".encode()).hexdigest()[:16]


def _check_settings(rules: t.Mapping[str, Rule], settings: Settings) -> None:
    if settings.profile not in PROFILES:
        raise ConfigError(f"cannot use profile '{settings.profile}'{did_you_mean(settings.profile, PROFILES)}")
    for rule_id, severity in settings.severities.items():
        _check_rule("change the severity", rule_id, rules)
        if severity not in SEVERITIES:
            raise ConfigError(f"cannot change the severity of {rule_id} to '{severity}'{did_you_mean(severity, SEVERITIES)}")
    for rule_id, thresholds in settings.thresholds.items():
        _check_rule("set a threshold", rule_id, rules)
        if not isinstance(thresholds, dict):
            raise ConfigError(f"cannot set a threshold of {rule_id}: it must be a mapping of names to numbers")
        for name, value in thresholds.items():
            known = rules[rule_id].thresholds
            if name not in known:
                hint = did_you_mean(name, known, otherwise="" if known else "the rule has none")
                raise ConfigError(f"cannot set threshold '{name}' of {rule_id}: there is none of this name{hint}")
            if not is_number(value):
                raise ConfigError(f"cannot set threshold '{name}' of {rule_id}: it must be a number, not {value!r}")


def _check_rule(verb: str, rule_id: str, rules: t.Mapping[str, Rule]) -> None:
    if rule_id not in rules:
        hint = did_you_mean(rule_id, rules, otherwise="findings.json lists all rules")
        raise ConfigError(f"cannot {verb} of '{rule_id}': there is no such rule{hint}")


def _waived(result: Result, book: WaiverBook) -> Result:
    if result.outcome != "fail":
        return result
    reason = book.reason_for(result.rule.id, *([result.subject, result.source] if result.source else [result.subject]))
    return result if reason is None else dataclasses.replace(result, outcome="waived", reason=reason)


def _rule_fields(rule: Rule) -> dict[str, t.Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "subjects": rule.subjects,
        "why": rule.why,
        "fix": rule.fix,
        "references": list(rule.references),
    }


def _result_fields(result: Result) -> dict[str, t.Any]:
    rule = result.rule
    fields = {
        "rule": rule.id,
        "outcome": result.outcome,
        "severity": rule.severity,
        "subject": result.subject,
        "subject_name": result.subject_name,
        "title": rule.title,
        "message": result.message,
        "show": dict(result.show),
        "missing": list(result.missing),
        "reason": result.reason,
        "fingerprint": fingerprint(rule.id, result.subject),
    }
    if result.outcome == "fail":
        fields.update(why=rule.why, fix=rule.fix)
    return fields


def _counted(names: t.Sequence[str], found: t.Sequence[str]) -> dict[str, int]:
    return {name: found.count(name) for name in names}


def _top(fails: t.Sequence[Result]) -> list[Result]:
    """At most five, different rules before a second finding of the same, the worst first. fails: worst first."""
    seen: dict[str, int] = {}
    turns = []
    for result in fails:
        turns.append(seen.get(result.rule.id, 0))
        seen[result.rule.id] = turns[-1] + 1
    chosen = sorted(range(len(fails)), key=lambda position: (turns[position], position))[:_MOST_TOP]
    return [fails[position] for position in sorted(chosen, key=lambda p: (SEVERITIES.index(fails[p].rule.severity), turns[p], p))]
