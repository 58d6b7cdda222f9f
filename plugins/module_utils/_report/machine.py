# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""report.json: the report for programs. Its schema is roles/audit/files/schema/report.schema.json."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .lab import Gap, Object, Part, Section, pick
from .report import Report

FORMAT = 1

_FAIL_FIELDS = ("rule", "severity", "title", "subject", "subject_name", "message", "why", "fix", "show", "fingerprint")
_UNKNOWN_FIELDS = ("rule", "severity", "title", "subject", "subject_name", "message", "missing", "fingerprint")
_WAIVED_FIELDS = ("rule", "severity", "title", "subject", "subject_name", "message", "reason", "fingerprint")


def to_json(report: Report) -> str:
    """The file: sorted keys and indented, so that it can be compared by eye."""
    return json.dumps(to_dict(report), sort_keys=True, ensure_ascii=False, indent=2) + "\n"


def to_dict(report: Report) -> dict[str, t.Any]:
    """As the schema says."""
    findings = report.findings
    return {
        "format": FORMAT,
        "collected": report.collected,
        "collection": report.collection,
        "banner": report.banner,
        "change_policy": report.policy,
        "verdict": list(report.verdict),
        "top": [result["fingerprint"] for result in findings.top],
        "sources": list(report.sources),
        "gaps": [_gap(gap) for gap in report.gaps],
        "counts": findings.data["counts"],
        "findings": {
            "fails": [pick(result, *_FAIL_FIELDS) for result in findings.of("fail")],
            "unknowns": [pick(result, *_UNKNOWN_FIELDS) for result in findings.of("unknown")],
            "waived": [pick(result, *_WAIVED_FIELDS) for result in findings.of("waived")],
        },
        "sections": {
            "summary": list(report.summary),
            "substrate": _section(report.substrate),
            "topology": {**_section(report.topology), **_section(report.declared)},
            "namespaces": _section(report.namespaces),
            "gitops": _section(report.gitops),
            "network": _section(report.network),
            "storage": {**_section(report.storage), **_section(report.longhorn)},
            "service_map": _section(report.service_map),
            "usage": {**_section(report.usage), "judgement": report.judgement},
            "comparison": _section(report.comparison),
        },
        "documents": [dataclasses.asdict(document) for document in report.documents],
        "requests": [
            {"source": group.source_id, "total": group.total, "rows": [_request(row) for row in group.rows]}
            for group in report.requests
        ],
        "request_totals": report.request_totals,
        **({} if report.facts is None else {"facts": list(report.facts)}),
    }


def _request(row: Object) -> dict[str, t.Any]:
    return pick(row, "identity", "verb", "endpoint", "count", "failed_count", "refused_count", "bytes", "seconds")


def _gap(gap: Gap) -> dict[str, str]:
    return {"source": gap.source_id, "what": gap.what, "reason": gap.reason, "detail": gap.detail, "remedy": gap.remedy}


def _section(section: Section) -> dict[str, t.Any]:
    return {name: _part(part) for name, part in section.parts.items()}


def _part(part: Part) -> dict[str, t.Any]:
    """Rows only where something was read, so that an empty list always means empty."""
    rows = {"rows": list(part.rows)} if part.state in ("read", "partial") else {}
    return {"state": part.state, "gaps": [_gap(gap) for gap in part.gaps], **rows}
