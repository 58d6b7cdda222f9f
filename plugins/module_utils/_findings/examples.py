# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Examples: every rule proves itself on the examples that it brings, each time it is loaded."""

from __future__ import annotations

import typing as t

from .._errors import ConfigError, LabError
from .engine import evaluate
from .lab_index import LabIndex
from .rules import Rule

_NAME = "example"


def verify_examples(rule: Rule) -> None:
    """ConfigError naming the rule, the example and both outcomes when one does not come out as its rule says."""
    for kind, examples in rule.examples.items():
        for number, example in enumerate(examples, start=1):
            try:
                outcomes = {result.outcome for result in evaluate(rule, LabIndex(example_lab(rule, example)), rule.thresholds)}
            except LabError as exc:
                raise ConfigError(f"cannot use rule {rule.id} of {rule.path}: example {number} for '{kind}': {exc}") from exc
            if outcomes != {kind}:
                found = " and ".join(sorted(outcomes))
                raise ConfigError(f"cannot use rule {rule.id} of {rule.path}: example {number} for '{kind}' comes out as {found}")


def example_lab(rule: Rule, example: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The lab.json in which an example is the only subject.

    An id, name or cluster that the subject leaves out becomes "example"; collections of the lab are read unless its own
    ``coverage`` says otherwise.
    """
    wrapped = set(example) == {"subject", "lab"}
    subject = example["subject"] if wrapped else example
    parts: dict[str, t.Any] = dict(example["lab"]) if wrapped else {}
    parts[rule.subjects] = [{"id": _NAME, "name": _NAME, "cluster": _NAME, **subject}, *parts.get(rule.subjects, [])]
    return {"collected": "2026-01-01T00:00:00Z", **parts}
