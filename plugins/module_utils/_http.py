# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the clients of both HTTP sources share."""

from __future__ import annotations

import typing as t

from ._errors import ConfigError

_MOST_SECONDS = 3600


def read_seconds(value: t.Any, label: str, default: float) -> float:
    """The option timeout of a connection; ConfigError for what is no number of seconds. label: how messages call the connection."""
    if value is None:
        return default
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= _MOST_SECONDS:
        raise ConfigError(f"cannot use timeout '{value}' of {label}: it is no number of seconds from 1 to {_MOST_SECONDS}")
    return seconds


def causes(error: BaseException) -> t.Iterator[BaseException]:
    """The error and everything that led to it, as far as Python and urllib3 keep it."""
    seen: set[int] = set()
    waiting: list[t.Any] = [error]
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, BaseException) and id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
