# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What preflight asks of a source before an audit, step by step."""

from __future__ import annotations

import dataclasses
import typing as t

Step = t.Literal["reachable", "tls", "login", "rights"]


@dataclasses.dataclass(frozen=True)
class Check:
    """One step. detail: what was seen, a full sentence when it failed. remedy: the command or change that helps, may be empty.

    The steps of a source come in the order reachable, tls, login, rights and end with the first that fails; rights may come
    several times, one per missing right.
    """

    source: str
    name: str
    step: Step
    ok: bool
    detail: str
    remedy: str = ""
