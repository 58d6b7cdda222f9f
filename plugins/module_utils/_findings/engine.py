# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The rule engine: rules and lab.json in, outcomes out. Pure; the same input gives the same outcomes in the same order."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import LabError
from .._evidence.folder import dump
from .checks.registry import CHECKS
from .expressions import Evaluator, Expression, ExpressionError
from .lab_index import Entity, LabIndex, NotReadError
from .messages import render, shortened
from .rules import Rule, is_number
from .verdicts import Verdict

Outcome = t.Literal["fail", "pass", "unknown", "not_applicable", "waived"]
OUTCOMES: tuple[Outcome, ...] = ("fail", "pass", "unknown", "not_applicable", "waived")


@dataclasses.dataclass(frozen=True)
class Result:
    """What one rule says of one subject.

    subject: id of the entity, of a source when its entities were not read or a finding is folded, or "" for a whole collection.
    source: id of the source that the entity comes from. show: values behind the message, only with fail and waived. missing:
    what was not read, only with unknown. reason: why it is waived or does not apply, may be empty. severity and fix: those of the
    rule, unless its check said otherwise of this subject.
    """

    rule: Rule
    outcome: Outcome
    subject: str = ""
    subject_name: str = ""
    source: str = ""
    message: str = ""
    show: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    missing: tuple[str, ...] = ()
    reason: str = ""
    severity: str = ""
    fix: str = ""


def evaluate(rule: Rule, lab: LabIndex, thresholds: t.Mapping[str, float]) -> list[Result]:
    """The outcomes of one rule, waivers and folding not yet applied. thresholds: all of the rule's, with the values of this run.

    LabError names rule and subject when an expression fails on the data or is neither true nor false.
    """
    if rule.compares_with and not any(lab.configured(kind) for kind in rule.compares_with):
        return [Result(rule, "not_applicable", reason=f"nothing is configured to compare with ({' or '.join(rule.compares_with)})")]
    judge = _Judge(rule, lab, thresholds)
    results = [judge.result(subject) for subject in lab.collection(rule.subjects)]
    for source in lab.unread_sources(rule.subjects):
        what = f"{_words(rule.subjects)} of {source}"
        name = source.partition("/")[2]
        results.append(Result(rule, "unknown", source, name, source, f"cannot tell: {what} were not read", missing=(what,)))
    if not results:
        fed = lab.is_fed(rule.subjects)
        reason = f"there are no {_words(rule.subjects)}" if fed else f"nothing that is configured has {_words(rule.subjects)}"
        results.append(Result(rule, "not_applicable", reason=reason))
    return results


def fold(rule: Rule, results: t.Iterable[Result]) -> list[Result]:
    """Put the fails of each source into one: show holds what any of them shows, sorted, and the ids under "subjects"."""
    kept = [result for result in results if result.outcome != "fail"]
    by_source: dict[str, list[Result]] = {}
    for result in results:
        if result.outcome == "fail":
            by_source.setdefault(result.source, []).append(result)
    for source, fails in by_source.items():
        shown = dict.fromkeys([*rule.show, *(name for result in fails for name in result.show)])
        show: dict[str, t.Any] = {name: _merged([result.show[name] for result in fails if name in result.show]) for name in shown}
        message = render(rule.message, show)
        show["subjects"] = sorted(result.subject for result in fails)
        kept.append(Result(rule, "fail", source, source.partition("/")[2] or source, source, message, show))
    return kept


class _Judge:
    """One rule over its subjects."""

    def __init__(self, rule: Rule, lab: LabIndex, thresholds: t.Mapping[str, float]) -> None:
        self._rule = rule
        self._lab = lab
        self._thresholds = thresholds
        self._evaluator = Evaluator(lab, thresholds)

    def result(self, subject: Entity) -> Result:
        """The outcome for one subject: needs first, then where, then fails_when or check."""
        missing = tuple(key for key in self._rule.needs if key not in subject)
        if missing:
            return self._unknown(subject, missing, subject.display_name)
        try:
            if self._rule.where and not self._truth("where", self._rule.where, subject):
                return self._as(subject, "not_applicable")
            verdict = self._verdict(subject)
        except NotReadError as exc:
            if exc.owner in ("", subject.id):
                return self._unknown(subject, (exc.what,), subject.display_name if exc.owner else "")
            return self._unknown(subject, (str(exc),), "")
        if verdict.outcome != "fail":
            return self._as(subject, verdict.outcome, reason=verdict.reason)
        show = {**self._shown(subject), **verdict.show}
        result = self._as(subject, "fail", message=render(self._rule.message, show), show=show)
        return dataclasses.replace(result, severity=verdict.severity, fix=verdict.fix)

    def _verdict(self, subject: Entity) -> Verdict:
        if self._rule.fails_when:
            return Verdict("fail" if self._truth("fails_when", self._rule.fails_when, subject) else "pass")
        return CHECKS[self._rule.check or ""].judge(subject, self._lab, self._thresholds)

    def _truth(self, key: str, expression: Expression, subject: Entity) -> bool:
        value = self._value(key, expression, subject)
        if not isinstance(value, bool):
            raise LabError(
                f"cannot judge {subject.id} by rule {self._rule.id}: '{key}' gives {value!r:.80}, not true or false; {self._hint()}"
            )
        return value

    def _value(self, key: str, expression: Expression, subject: Entity) -> t.Any:
        try:
            return self._evaluator.value(expression, subject)
        except ExpressionError as exc:
            raise LabError(f"cannot judge {subject.id} by rule {self._rule.id}: '{key}' fails: {exc}; {self._hint()}") from exc

    def _hint(self) -> str:
        return f"change the rule in {self._rule.path}"

    def _shown(self, subject: Entity) -> dict[str, t.Any]:
        show = {}
        for name, expression in self._rule.show.items():
            try:
                show[name] = self._value(f"show.{name}", expression, subject)
            except NotReadError:
                continue  # the message says "(not read)"
        return show

    def _unknown(self, subject: Entity, missing: tuple[str, ...], name: str) -> Result:
        what = f"{shortened(missing)} of {name}" if name else shortened(missing)
        message = f"cannot tell: {what} {'was' if len(missing) == 1 else 'were'} not read"
        return self._as(subject, "unknown", message=message, missing=missing)

    def _as(
        self,
        subject: Entity,
        outcome: Outcome,
        *,
        message: str = "",
        show: t.Mapping[str, t.Any] | None = None,
        missing: tuple[str, ...] = (),
        reason: str = "",
    ) -> Result:
        source = self._lab.source_of(self._rule.subjects, subject) if self._rule.fold else ""
        return Result(self._rule, outcome, subject.id, subject.display_name, source, message, show or {}, missing, reason)


def _words(collection: str) -> str:
    return collection.replace("_", " ")


def _merged(values: t.Iterable[t.Any]) -> list[t.Any]:
    """The distinct items of values and of lists among them: numbers by size, then the rest by its JSON."""
    items = {dump(item): item for value in values for item in (value if isinstance(value, list) else [value])}
    return [
        items[text] for text in sorted(items, key=lambda text: (0, items[text], "") if is_number(items[text]) else (1, 0, text))
    ]
