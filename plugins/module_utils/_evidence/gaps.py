# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What could not be read, and how a source hands over what could."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import Reason, SourceError

State = t.Literal["read", "partial", "failed", "not_configured"]

WHOLE_SOURCE = "source"


@dataclasses.dataclass(frozen=True, order=True)
class Gap:
    """One thing that was not read.

    what: a noun of the source ("guests"), one object of it ("guests/112/agent"), or "source" for all of it.
    remedy: what would make it readable, often the very command; may be empty.
    """

    what: str
    reason: Reason
    detail: str
    remedy: str = ""

    @classmethod
    def of(cls, what: str, error: SourceError) -> Gap:
        """The gap that an error leaves."""
        return cls(what, error.reason, str(error), error.remedy)

    @property
    def noun(self) -> str:
        """The noun that the gap touches."""
        return self.what.split("/", 1)[0]

    def to_dict(self) -> dict[str, str]:
        """As written to gaps.json."""
        return dataclasses.asdict(self)


@dataclasses.dataclass
class Collected:
    """All that one source gave.

    nouns: name of a noun to its objects; a noun that is absent was not read, an empty list was read and is empty.
    gaps: what is missing, in nouns that are absent or in objects of nouns that are present.
    identity: as whom we read ("audit@pve!deepdive"), None when unknown. version: of the server, None when unknown.
    credentials: the secrets that we logged in with, so that it can be checked that none of them is written anywhere.
    """

    nouns: dict[str, list[dict[str, t.Any]]] = dataclasses.field(default_factory=dict)
    gaps: list[Gap] = dataclasses.field(default_factory=list)
    identity: str | None = None
    version: str | None = None
    credentials: tuple[str, ...] = dataclasses.field(default=(), repr=False)

    @property
    def state(self) -> State:
        """read, partial, or failed when nothing at all was read."""
        if not self.nouns:
            return "failed"
        return "partial" if self.gaps else "read"
