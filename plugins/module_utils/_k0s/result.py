# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The result of k0s_info, written on the k0s host and read on the control node: two functions that undo each other."""

from __future__ import annotations

import typing as t

from .._errors import Reason, SourceError
from .._evidence.checks import Check
from .._evidence.gaps import WHOLE_SOURCE, Collected, Gap
from .._evidence.ledger import Request
from .._evidence.redaction import Redactor
from .collect import NOUNS, SOURCE

_REASONS = t.get_args(Reason)


def to_result(collected: Collected, requests: t.Sequence[Request]) -> dict[str, t.Any]:
    """{k0s: nouns, gaps, identity, version, requests} of plain values."""
    return {
        "k0s": collected.nouns,
        "gaps": [gap.to_dict() for gap in collected.gaps],
        "identity": collected.identity,
        "version": collected.version,
        "requests": [request.to_dict() for request in requests],
    }


def from_result(name: str, result: t.Mapping[str, t.Any], redactor: Redactor) -> tuple[Collected, list[Request]]:
    """What a host gave, and its requests under the name that the lab file has for it.

    result: the registered result of the task for this host. A host that Ansible could not reach, or where the module failed, is
    a source with a gap; so is one whose answer has another shape.
    """
    if result.get("unreachable") or result.get("failed"):
        said = redactor.text(" ".join(str(result.get("msg", "")).split()))
        reason: Reason = "unreachable" if result.get("unreachable") else "unsupported"
        remedy = f"try it: ansible {name} -m ansible.builtin.ping" if result.get("unreachable") else ""
        return Collected(gaps=[Gap(WHOLE_SOURCE, reason, f"cannot read k0s on {name}: {said}", remedy)]), []
    try:
        identity, version = (None if result[key] is None else str(result[key]) for key in ("identity", "version"))
        collected = Collected(_nouns(result["k0s"]), [_gap(gap) for gap in result["gaps"]], identity, version)
        requests = [_request(fields, name) for fields in result["requests"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        error = SourceError(f"cannot read k0s on {name}: the answer is not that of this version of k0s_info", "invalid")
        return Collected(gaps=[Gap.of(WHOLE_SOURCE, error)]), []
    return collected, requests


def checks(name: str, collected: Collected) -> list[Check]:
    """Preflight of a host, from what k0s_info gave with gather [version, status]."""
    whole = next((gap for gap in collected.gaps if gap.what == WHOLE_SOURCE), None)
    if whole is not None and whole.reason != "forbidden":
        return [Check(SOURCE, name, "reachable", False, whole.detail, whole.remedy)]
    reachable = Check(SOURCE, name, "reachable", True, f"k0s {collected.version}" if collected.version else "the host answers")
    if collected.gaps:
        return [reachable, *(Check(SOURCE, name, "rights", False, gap.detail, gap.remedy) for gap in collected.gaps)]
    return [reachable, Check(SOURCE, name, "rights", True, f"as {collected.identity}")]


def _nouns(nouns: t.Mapping[str, t.Any]) -> dict[str, list[dict[str, t.Any]]]:
    if not all(
        noun in NOUNS and isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for noun, rows in nouns.items()
    ):
        raise ValueError("another shape")
    return {noun: list(rows) for noun, rows in nouns.items()}


def _gap(fields: t.Mapping[str, t.Any]) -> Gap:
    if fields["reason"] not in _REASONS:
        raise ValueError("another reason")
    return Gap(str(fields["what"]), fields["reason"], str(fields["detail"]), str(fields["remedy"]))


def _request(fields: t.Mapping[str, t.Any], name: str) -> Request:
    verb, endpoint, path = (str(fields[key]) for key in ("verb", "endpoint", "path"))
    status = None if fields["status"] is None else int(fields["status"])
    identity = None if fields["identity"] is None else str(fields["identity"])
    return Request(SOURCE, name, verb, endpoint, path, status, int(fields["bytes"]), float(fields["seconds"]), identity)
