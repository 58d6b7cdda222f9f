# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The read-only guard: a fixed list of path patterns per source; anything else is refused before a byte is sent."""

from __future__ import annotations

import re
import typing as t
from functools import cache

from .._errors import ForbiddenRequestError
from .allowed import ALLOWED


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[a-z_]+\})", template)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


def matching_endpoint(source: str, method: str, path: str) -> str:
    """The allowed pattern that ``method path`` matches; ForbiddenRequestError when there is none.

    path: without query, as the server sees it below the API root ("/nodes/pve1/status"). A path with "." or ".." parts, an
    empty part or an encoded slash never matches, so that what is checked is what the server will route.
    """
    parts = path.split("/")[1:]
    clean = path.startswith("/") and not any(part in ("", ".", "..") for part in parts) and "%2f" not in path.lower()
    for allowed_method, template in ALLOWED[source] if clean else ():
        if method == allowed_method and _pattern(template).fullmatch(path):
            return template
    raise ForbiddenRequestError(f"cannot send {method} {path} to {source}: it is not on the list of reads; nothing was sent")


def allowed_endpoints(source: str) -> t.Sequence[tuple[str, str]]:
    """Method and pattern of everything that may be sent to ``source``."""
    return ALLOWED[source]
