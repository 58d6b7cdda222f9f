# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""A rule: one YAML record, checked strictly, so that a slip of the pen stops with its place instead of judging wrongly."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import ConfigError
from .._words import did_you_mean
from .checks.registry import CHECKS
from .expressions import Expression, ExpressionError, compile_expression
from .lab_index import COLLECTIONS, SOURCE_KINDS
from .messages import placeholders

Severity = t.Literal["critical", "high", "medium", "low", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
Profile = t.Literal["default", "hygiene"]
PROFILES: tuple[Profile, ...] = ("default", "hygiene")
# What a finding harms, the worst first: data, then what people use, then who may get in, then the work of whoever looks after it.
Harm = t.Literal["loss", "outage", "exposure", "upkeep"]
HARMS: tuple[Harm, ...] = ("loss", "outage", "exposure", "upkeep")
EXAMPLE_PARTS = ("subject", "lab", "facts")
EXAMPLE_KINDS = ("fail", "pass", "unknown", "not_applicable")
FOLDED = "subjects"  # what a folded finding adds to show

_ID = re.compile(r"[A-Z][A-Z0-9]*-[0-9]{3}")


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule. Exactly one of fails_when and check is set. path: its file.

    examples: kind to examples; an example is the subject's fields, or {subject: fields, lab: other parts of lab.json, facts: what a
    data file would hold}, the last of which may be left out. compares_with: kinds of sources, one of which must be configured.
    """

    path: str
    id: str
    title: str
    severity: Severity
    subjects: str
    message: str
    why: str
    fix: str
    examples: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]
    needs: tuple[str, ...] = ()
    where: Expression | None = None
    fails_when: Expression | None = None
    check: str | None = None
    show: t.Mapping[str, Expression] = dataclasses.field(default_factory=dict)
    references: tuple[str, ...] = ()
    thresholds: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    fold: bool = False
    profile: Profile = "default"
    harm: Harm = "upkeep"
    compares_with: tuple[str, ...] = ()


_KEYS = tuple(field.name for field in dataclasses.fields(Rule) if field.name != "path")
_REQUIRED = ("id", "title", "severity", "subjects", "message", "why", "fix", "examples")


def parse_rules(records: t.Iterable[tuple[str, t.Any]]) -> list[Rule]:
    """Rules by id from (file, record) pairs. ConfigError names file and rule when a record is wrong or an id comes twice."""
    rules: dict[str, Rule] = {}
    for path, record in records:
        rule = _Record(path, record).rule()
        if rule.id in rules:
            raise ConfigError(
                f"cannot use rule {rule.id} of {path}: {rules[rule.id].path} has a rule of this id; give it another id"
            )
        rules[rule.id] = rule
    return [rules[key] for key in sorted(rules)]


class _Record:
    """One record while it is checked."""

    def __init__(self, path: str, record: t.Any) -> None:
        self.path = path
        if not isinstance(record, dict):
            raise ConfigError(f"cannot use {path}: a rule is a mapping, not {record!r:.60}")
        self.record = record
        self.id = record.get("id")
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ConfigError(
                f"cannot use {path}: the rule '{record.get('title', self.id)}' needs an id like MY-001, not {self.id!r}"
            )

    def rule(self) -> Rule:
        """The rule; ConfigError for the first thing that is wrong."""
        self._check_keys()
        show = {name: self._compiled(f"show.{name}", text) for name, text in self._mapping("show").items()}
        rule = Rule(
            path=self.path,
            id=self._text("id"),
            title=self._text("title"),
            severity=t.cast("Severity", self._choice("severity", SEVERITIES)),
            subjects=self._choice("subjects", COLLECTIONS),
            message=self._text("message"),
            why=self._text("why"),
            fix=self._text("fix"),
            examples=self._examples(),
            needs=self._texts("needs"),
            where=self._expression("where"),
            fails_when=self._expression("fails_when"),
            check=self._choice("check", CHECKS) if "check" in self.record else None,
            show=show,
            references=self._texts("references"),
            thresholds=self._thresholds(),
            fold=self._fold(),
            profile=t.cast("Profile", self._choice("profile", PROFILES)) if "profile" in self.record else "default",
            harm=t.cast("Harm", self._choice("harm", HARMS)) if "harm" in self.record else "upkeep",
            compares_with=self._sources(),
        )
        self._check_names(rule)
        return rule

    def _wrong(self, cause: str) -> ConfigError:
        return ConfigError(f"cannot use rule {self.id} of {self.path}: {cause}")

    def _check_keys(self) -> None:
        for key in self.record:
            if key not in _KEYS:
                raise self._wrong(f"there is no key '{key}'{did_you_mean(key, _KEYS)}")
        for key in _REQUIRED:
            if key not in self.record:
                raise self._wrong(f"it lacks '{key}'")
        if ("fails_when" in self.record) == ("check" in self.record):
            raise self._wrong("it needs either 'fails_when' or 'check'")

    def _text(self, key: str) -> str:
        value = self.record[key]
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(f"'{key}' must be a text")
        return " ".join(value.split())

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self.record.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self._wrong(f"'{key}' must be a list of texts")
        return tuple(value)

    def _mapping(self, key: str) -> dict[str, t.Any]:
        value = self.record.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self._wrong(f"'{key}' must be a mapping")
        return value

    def _choice(self, key: str, choices: t.Iterable[str]) -> str:
        value = self.record[key]
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(f"'{key}' cannot be '{value}'{did_you_mean(value, choices)}")
        return value

    def _sources(self) -> tuple[str, ...]:
        kinds = self._texts("compares_with")
        for kind in kinds:
            if kind not in SOURCE_KINDS:
                raise self._wrong(f"'compares_with' cannot be '{kind}'{did_you_mean(kind, SOURCE_KINDS)}")
        return kinds

    def _fold(self) -> bool:
        value = self.record.get("fold", False)
        if not isinstance(value, bool):
            raise self._wrong("'fold' must be true or false")
        return value

    def _expression(self, key: str) -> Expression | None:
        return self._compiled(key, self.record[key]) if key in self.record else None

    def _compiled(self, key: str, text: t.Any) -> Expression:
        if not isinstance(text, str):
            raise self._wrong(f"'{key}' must be a JMESPath expression in quotes, not {text!r}")
        try:
            return compile_expression(text)
        except ExpressionError as exc:
            raise self._wrong(f"'{key}' is no JMESPath expression: {exc}") from exc

    def _thresholds(self) -> dict[str, float]:
        thresholds = self._mapping("thresholds")
        for name, value in thresholds.items():
            if not is_number(value):
                raise self._wrong(f"threshold '{name}' must be a number, not {value!r}")
        return thresholds

    def _examples(self) -> dict[str, list[dict[str, t.Any]]]:
        examples = self._mapping("examples")
        for kind in examples:
            if kind not in EXAMPLE_KINDS:
                raise self._wrong(f"there are no examples of '{kind}'{did_you_mean(kind, EXAMPLE_KINDS)}")
        required = [
            "fail",
            "pass",
            *(["unknown"] if self._texts("needs") else []),
            *(["not_applicable"] if "where" in self.record else []),
        ]
        for kind in [*required, *examples]:
            if not isinstance(examples.get(kind), list) or not examples[kind]:
                raise self._wrong(f"it needs a list of examples for '{kind}'")
            for example in examples[kind]:
                self._check_example(kind, example)
        return examples

    def _check_example(self, kind: str, example: t.Any) -> None:
        if not isinstance(example, dict) or not _is_json(example):
            raise self._wrong(
                f"an example for '{kind}' must be a mapping of texts, numbers, true, false, null, lists and mappings; quote times"
            )
        if ("subject" in example or "lab" in example) and not (
            {"subject", "lab"} <= set(example) <= set(EXAMPLE_PARTS) and all(isinstance(part, dict) for part in example.values())
        ):
            raise self._wrong(
                f"an example for '{kind}' is the fields of the subject, or the mappings 'subject' and 'lab', and 'facts' if any"
            )

    def _check_names(self, rule: Rule) -> None:
        """Names that one key uses and another defines: placeholders, thresholds, what a check brings and wants."""
        check = CHECKS.get(rule.check or "")
        shown = {*rule.show, *(check.shows if check else ())}
        if FOLDED in rule.show:
            raise self._wrong(f"show cannot name '{FOLDED}': a folded finding lists its subjects there")
        try:
            asked = placeholders(rule.message)
        except ValueError as exc:
            raise self._wrong(f"'message' has {exc}") from exc
        if asked - shown:
            raise self._wrong(f"'message' names ${min(asked - shown)}, which 'show' does not have")
        used = set(check.thresholds if check else ())
        for expression in (rule.where, rule.fails_when, *rule.show.values()):
            used |= expression.thresholds if expression else frozenset()
        if used != set(rule.thresholds):
            odd = min(used ^ set(rule.thresholds))
            raise self._wrong(
                f"it uses threshold '{odd}' and does not define it"
                if odd in used
                else f"it defines threshold '{odd}' and does not use it"
            )


def is_number(value: t.Any) -> bool:
    """Whether a value is a number; JSON's true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_json(value: t.Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, (str, int, float))
