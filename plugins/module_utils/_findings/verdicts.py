# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What a check says, and what a rule must know of a check.

A check gets the subject, the lab and the thresholds of the rule, and returns a Verdict. What it touches that was not read
raises NotReadError, which makes the outcome unknown. Lists in ``show`` are sorted.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .lab_index import Entity, LabIndex

Thresholds = t.Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a check found.

    show, severity and fix come only with fail. show: values for the message. severity: another one than the rule's, which holds
    unless the user set one. fix: sentences for this subject, in front of the rule's. reason: a few words, only with not_applicable.
    """

    outcome: t.Literal["fail", "pass", "not_applicable"]
    show: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    reason: str = ""
    severity: str = ""
    fix: str = ""


@dataclasses.dataclass(frozen=True)
class Check:
    """A registered check. shows: names that it adds to show. thresholds: names that its rule must define."""

    judge: t.Callable[[Entity, LabIndex, Thresholds], Verdict]
    shows: tuple[str, ...] = ()
    thresholds: tuple[str, ...] = ()
