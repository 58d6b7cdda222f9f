# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""findings.json: all rules over the whole lab, with the user's severities, thresholds and waivers.

{format, collected, profile, facts, rules, results, counts, top, waivers}; see the guide "Write a rule". Nothing in it depends on
the order of what comes in, and a fingerprint depends on rule and subject alone, so that the next audit finds it again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from .._errors import ConfigError
from .._words import did_you_mean
from .engine import OUTCOMES, Result, evaluate, fold
from .facts import Facts
from .lab_index import LabIndex
from .rules import FOLDED, HARMS, PROFILES, SEVERITIES, Profile, Rule, is_number
from .waivers import Waiver, WaiverBook

FORMAT = 1
_MOST_TOP = 5


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the user changes. severities: rule id to severity. thresholds: rule id to name to number. facts: from data files."""

    severities: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    thresholds: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    waivers: t.Sequence[Waiver] = ()
    profile: Profile = "default"
    facts: Facts = dataclasses.field(default_factory=Facts)


def judge(rules: t.Iterable[Rule], data: t.Mapping[str, t.Any], settings: Settings) -> dict[str, t.Any]:
    """findings.json from the rules and lab.json (``data``).

    Errors: ConfigError for settings that fit no rule, LabError for a rule that breaks on the data.
    """
    everything = {rule.id: rule for rule in rules}
    _check_settings(everything, settings)
    wanted = PROFILES[: PROFILES.index(settings.profile) + 1]
    lab = LabIndex(data, settings.facts.lists)
    book = WaiverBook(settings.waivers, data["collected"][:10])
    chosen = [
        dataclasses.replace(rule, severity=settings.severities.get(rule.id, rule.severity))
        for rule in (everything[key] for key in sorted(everything))
        if rule.profile in wanted
    ]
    results, services = _sorted([result for rule in chosen for result in _results(rule, lab, settings, book)], lab)
    fails = [result for result in results if result.outcome == "fail"]
    return {
        "format": FORMAT,
        "collected": data["collected"],
        "profile": settings.profile,
        "facts": list(settings.facts.files),
        "rules": [_rule_fields(rule) for rule in chosen],
        "results": [_result_fields(result, services) for result in results],
        "counts": {
            "outcome": _counted(OUTCOMES, [result.outcome for result in results]),
            "severity": _counted(SEVERITIES, [_severity(result) for result in fails]),
        },
        "top": [fingerprint(result.rule.id, result.subject) for result in _top(fails)],
        "waivers": book.states(),
    }


def fingerprint(rule: str, subject: str) -> str:
    """16 hex digits that stay the same from audit to audit, as long as rule and subject keep their ids."""
    return hashlib.sha256(f"{rule}\n{subject}".encode()).hexdigest()[:16]


def _results(rule: Rule, lab: LabIndex, settings: Settings, book: WaiverBook) -> list[Result]:
    """What one rule says, waived and folded."""
    results = evaluate(rule, lab, {**rule.thresholds, **settings.thresholds.get(rule.id, {})})
    results = [_waived(result, book) for result in results]
    if rule.id in settings.severities:
        # What the user says of a severity wins over what a check says.
        results = [dataclasses.replace(result, severity="") for result in results]
    return fold(rule, results) if rule.fold else results


def _severity(result: Result) -> str:
    return result.severity or result.rule.severity


def _sorted(results: t.Sequence[Result], lab: LabIndex) -> tuple[list[Result], dict[tuple[str, str], int]]:
    """The results, what hurts first in front: by severity, harm, and how many services they are about; a rule's stay together.

    Also the number of services of each fail, by ids of rule and subject.
    """
    services = {(one.rule.id, one.subject): _services_count(one, lab) for one in results if one.outcome == "fail"}
    most: dict[tuple[str, str], int] = {}
    for result in results:
        key = (_severity(result), result.rule.id)
        most[key] = max(services.get((result.rule.id, result.subject), 0), most.get(key, 0))

    def order(result: Result) -> tuple[t.Any, ...]:
        severity, rule = _severity(result), result.rule
        return (
            *(SEVERITIES.index(severity), HARMS.index(rule.harm), -most[severity, rule.id], rule.id),
            *(-services.get((rule.id, result.subject), 0), result.subject, OUTCOMES.index(result.outcome)),
        )

    return sorted(results, key=order), services


def _services_count(result: Result, lab: LabIndex) -> int:
    """How many services a fail is about: those that it names, else those that stop when all its subjects stop."""
    named = result.show.get("services")
    if isinstance(named, list):
        return len(named)
    return len(lab.services_stopped_by(*result.show.get(FOLDED, [result.subject])))


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
        "harm": rule.harm,
        "subjects": rule.subjects,
        "why": rule.why,
        "fix": rule.fix,
        "references": list(rule.references),
    }


def _result_fields(result: Result, services: t.Mapping[tuple[str, str], int]) -> dict[str, t.Any]:
    rule = result.rule
    fields: dict[str, t.Any] = {
        "rule": rule.id,
        "outcome": result.outcome,
        "severity": _severity(result),
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
        fields.update(
            why=rule.why, fix=" ".join(filter(None, (result.fix, rule.fix))), services_count=services[rule.id, result.subject]
        )
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
    return [fails[position] for position in sorted(chosen, key=lambda p: (SEVERITIES.index(_severity(fails[p])), turns[p], p))]
