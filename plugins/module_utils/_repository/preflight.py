# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Whether a repository can be read, before an audit."""

from __future__ import annotations

import typing as t

from .._errors import SourceError
from .._evidence.checks import Check
from .._evidence.ledger import Ledger
from .._evidence.redaction import Redactor
from .folder import SOURCE, Folder, check_folder
from .head import read_head


def preflight(options: t.Mapping[str, t.Any], ledger: Ledger) -> list[Check]:
    """The steps reachable and rights. options: as for collect."""
    name, path = options["name"], options["path"]
    try:
        check_folder(path)
    except SourceError as exc:
        seen = [Check(SOURCE, name, "reachable", True, path)] if exc.reason == "forbidden" else []
        step: t.Literal["rights", "reachable"] = "rights" if exc.reason == "forbidden" else "reachable"
        return [*seen, Check(SOURCE, name, step, False, str(exc), exc.remedy)]
    reachable = Check(SOURCE, name, "reachable", True, path)
    try:
        branch = read_head(Folder(path, name, ledger), Redactor(b"not shown"))["branch"]
    except SourceError as exc:
        return [reachable, Check(SOURCE, name, "rights", False, str(exc), exc.remedy)]
    return [reachable, Check(SOURCE, name, "rights", True, f"branch {branch}" if branch else "no branch is checked out")]
