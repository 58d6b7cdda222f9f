# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The report as data: everything that report.md prints and report.json holds. Pure, over lab.json and findings.json."""

from __future__ import annotations

import dataclasses
import typing as t

from .._words import listed
from .comparison import Topic, comparison, topics
from .components import namespaces
from .evidence_basis import SourceRequests, by_source, change_policy, reading_order, totals
from .gitops import gitops
from .judged import SEVERITIES, Findings
from .lab import Gap, Lab, Object, Section, pick
from .network import network
from .service_map import service_map
from .storage import longhorn, storage
from .structure import declared, substrate, topology
from .summary import summary
from .text import clean
from .usage import judgement, usage
from .verdict import verdict
from .words import count

GAP = "gap"
FAIL_ON = (*SEVERITIES, GAP)


@dataclasses.dataclass(frozen=True)
class Document:
    """One file of the report. path: as seen from the folder of the report, or whole. problem: why it was not written, or ""."""

    path: str
    about: str
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class Report:
    """What the templates get as ``report``. See the guide "The report" for each field."""

    banner: str
    collected: str
    collection: str
    policy: str
    sources: t.Sequence[Object]
    several: t.Mapping[str, bool]
    verdict: t.Sequence[str]
    gaps: t.Sequence[Gap]
    findings: Findings
    summary: t.Sequence[str]
    substrate: Section
    topology: Section
    declared: Section
    namespaces: Section
    gitops: Section
    network: Section
    storage: Section
    longhorn: Section
    service_map: Section
    usage: Section
    judgement: str
    comparison: Section
    topics: t.Sequence[Topic]
    documents: t.Sequence[Document]
    reading_order: t.Sequence[Object]
    requests: t.Sequence[SourceRequests]
    request_totals: Object
    facts: t.Sequence[Object] | None


def build_report(lab_data: Object, findings_data: Object, banner: str, documents: t.Sequence[Document]) -> Report:
    """The whole report from the two files."""
    lab = Lab(lab_data)
    findings = Findings(findings_data)
    return Report(
        banner=clean(banner),
        collected=lab_data["collected"],
        collection=lab_data["collection"],
        policy=change_policy(lab_data["requests"]),
        sources=[pick(entry, *_SOURCE_FIELDS) for entry in lab.sources],
        several=lab.several,
        verdict=verdict(lab, findings),
        gaps=lab.gaps,
        findings=findings,
        summary=summary(lab),
        substrate=substrate(lab),
        topology=topology(lab),
        declared=declared(lab),
        namespaces=namespaces(lab),
        gitops=gitops(lab, findings),
        network=network(lab),
        storage=storage(lab),
        longhorn=longhorn(lab),
        service_map=service_map(lab),
        usage=usage(lab),
        judgement=judgement(lab),
        comparison=comparison(lab),
        topics=topics(findings),
        documents=documents,
        reading_order=reading_order(lab.sources),
        requests=by_source(lab_data["requests"]),
        request_totals=totals(lab_data["requests"]),
        facts=findings_data.get("facts"),
    )


_SOURCE_FIELDS = (
    *("id", "source", "name", "state", "identity", "version", "started", "leak_count", "gaps", "empty_nouns"),
    "surplus_rights",
)


def unreadable(report: Report) -> str:
    """Why there is nothing to report on at all; "" when at least one source was read, be it in part."""
    if any(source["state"] in ("read", "partial") for source in report.sources):
        return ""
    if not any(source["state"] == "failed" for source in report.sources):
        return "cannot audit the lab: no source is configured; name one in the lab file"
    causes = "; ".join(f"{gap.source_id}: {clean(gap.detail)}" for gap in report.gaps if gap.whole)
    return f"cannot audit the lab: none of its sources could be read ({causes}); the report says what would help"


def failed_on(report: Report, fail_on: t.Sequence[str]) -> list[str]:
    """One sentence for each wish of ``fail_on`` that came true. A severity stands for itself and everything worse."""
    reasons = []
    for position, severity in enumerate(SEVERITIES):
        fails = [result for result in report.findings.of("fail") if result["severity"] in SEVERITIES[: position + 1]]
        if severity in fail_on and fails:
            rules = listed(sorted({clean(result["rule"]) for result in fails}))
            reasons.append(
                f"{severity}: {count(len(fails), 'finding')} of this severity{' or worse' if position else ''} ({rules})"
            )
    if GAP in fail_on and report.gaps:
        sources = listed(sorted({clean(gap.source_id) for gap in report.gaps}))
        reasons.append(f"gap: {count(len(report.gaps), 'thing')} could not be read ({sources})")
    return reasons
