# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Examples: every rule proves itself on the examples that it brings, each time it is loaded."""

from __future__ import annotations

import typing as t

from .._errors import ConfigError, LabError
from .engine import evaluate
from .facts import Facts, parse_facts
from .lab_index import LabIndex
from .rules import EXAMPLE_PARTS, Rule

_NAME = "example"


def verify_examples(rule: Rule) -> None:
    """ConfigError naming the rule, the example and both outcomes when one does not come out as its rule says."""
    for kind, examples in rule.examples.items():
        for number, example in enumerate(examples, start=1):
            try:
                data = example_lab(rule, example)
                subject = data[rule.subjects][0]["id"]
                index = LabIndex(data, example_facts(rule, example).lists)
                outcomes = {one.outcome for one in evaluate(rule, index, rule.thresholds) if one.subject == subject}
            except LabError as exc:
                raise ConfigError(f"cannot use rule {rule.id} of {rule.path}: example {number} for '{kind}': {exc}") from exc
            if outcomes != {kind}:
                found = " and ".join(sorted(outcomes))
                raise ConfigError(f"cannot use rule {rule.id} of {rule.path}: example {number} for '{kind}' comes out as {found}")


def example_lab(rule: Rule, example: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The lab.json of an example: its subject is the first of its collection. Others of the collection are not judged.

    An id, name or cluster that the subject leaves out becomes "example"; collections of the lab are read unless its own
    ``coverage`` says otherwise.
    """
    wrapped = _is_wrapped(example)
    subject = example["subject"] if wrapped else example
    parts: dict[str, t.Any] = dict(example["lab"]) if wrapped else {}
    parts[rule.subjects] = [{"id": _NAME, "name": _NAME, "cluster": _NAME, **subject}, *parts.get(rule.subjects, [])]
    return {"collected": "2026-01-01T00:00:00Z", **parts}


def example_facts(rule: Rule, example: t.Mapping[str, t.Any]) -> Facts:
    """The facts of an example: its own, never those of data files, so that a user's data cannot make a rule fail its examples."""
    own = example.get("facts") if _is_wrapped(example) else None
    return parse_facts([(rule.path, {"as_of": "2026-01-01", **own})] if own else [])


def _is_wrapped(example: t.Mapping[str, t.Any]) -> bool:
    return {"subject", "lab"} <= set(example) <= set(EXAMPLE_PARTS)
