# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The ledger: every request that the audit makes, by source."""

from __future__ import annotations

import dataclasses
import threading
import typing as t


@dataclasses.dataclass(frozen=True)
class Request:
    """One request, or one command or file read that stands for it.

    verb: HTTP method, "EXEC" for a command, "READ" for a file. endpoint: the allowed pattern it matched
    ("/nodes/{node}/status"). path: what was asked for, without query values. status: HTTP status or exit code, None when no
    answer came. bytes: length of the answer. allowed: False for what the guard refused to send.
    """

    source: str
    name: str
    verb: str
    endpoint: str
    path: str
    status: int | None
    bytes: int
    seconds: float
    identity: str | None = None
    allowed: bool = True

    def to_dict(self) -> dict[str, t.Any]:
        """As written to requests.jsonl."""
        return dataclasses.asdict(self)


class Ledger:
    """Collects requests from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def add(self, request: Request) -> None:
        """Write one request down."""
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[Request]:
        """Everything so far, in the order of a reader: by source, endpoint and path."""
        with self._lock:
            return sorted(self._requests, key=lambda r: (r.source, r.name, r.endpoint, r.path, r.verb, r.status or 0))
