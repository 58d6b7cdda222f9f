# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Checks that JMESPath cannot say: small pure functions that a rule names with ``check``. One file by subject."""

from __future__ import annotations

import typing as t

from ..verdicts import Check
from . import blast, capacity, drift, gitops, repository, sources, storage

CHECKS: t.Mapping[str, Check] = {
    name: check
    for subject in (blast, capacity, drift, gitops, repository, sources, storage)
    for name, check in subject.CHECKS.items()
}
