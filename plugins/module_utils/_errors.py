# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The one family of errors. Messages read "cannot <verb> <object>: <cause>; <what would help>" and never hold a secret."""

from __future__ import annotations

import typing as t

Reason = t.Literal["forbidden", "unauthorized", "timeout", "unreachable", "unsupported", "invalid"]


class LabError(Exception):
    """Anything that a person can be told in one sentence; modules turn it into fail_json in one place."""


class ConfigError(LabError):
    """The lab file, or an option, says something that cannot be used."""


class MissingPackagesError(LabError):
    """Python packages that the configured sources need are not installed for the Python that runs."""


class FormatError(LabError):
    """A file of ours carries a format number that this version does not read."""


class ForbiddenRequestError(LabError):
    """A request that is not on the list of reads was attempted; it was not sent."""


class SourceError(LabError):
    """A source, or one part of it, cannot be read.

    reason: the class of cause, as gaps carry it. remedy: what a person can do, one sentence or command, may be empty.
    """

    def __init__(self, message: str, reason: Reason, remedy: str = "") -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.remedy = remedy
