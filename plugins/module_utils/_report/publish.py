# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""From lab.json and findings.json to the files of a report: the only part of this package that reads and writes."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from .._errors import LabError
from .._evidence.folder import differs, read_json
from .._lab.format import FORMAT as LAB_FORMAT
from .._lab.format import MAKE_AGAIN
from .._words import listed
from . import machine
from .documents import merge
from .environment import Templates
from .files import read_document, write_document, write_report
from .rebuild import ABOUT, RebuildFile, rebuild_files
from .report import Document, Report, build_report, failed_on, unreadable

FINDINGS_FORMAT = 1
FORMATS = ("md", "json")

_REPORTS = {"md": ("report.md", "the report, for people"), "json": ("report.json", "the report, for programs")}


@dataclasses.dataclass(frozen=True)
class _Kept:
    """A document that people write in as well. marker: names our part of it. heading: of a new file."""

    file: str
    template: str
    marker: str
    heading: str
    about: str


_KEPT = (
    _Kept(
        file="inventory.md",
        template="docs_inventory.md.j2",
        marker="inventory",
        heading="Inventory",
        about="hosts, guests, storages, controllers and nodes; changes only when they do",
    ),
)


@dataclasses.dataclass(frozen=True)
class Order:
    """What to write. templates_dirs: the user's folders before ours. write: False only looks what would change."""

    lab_file: Path
    findings_file: Path
    templates_dirs: t.Sequence[Path]
    dest: Path
    docs_dir: Path
    formats: t.Sequence[str] = FORMATS
    banner: str = ""
    fail_on: t.Sequence[str] = ()
    write: bool = True


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was written. files: path and whether its bytes changed. unreadable, failed_on: why the audit counts as failed."""

    files: t.Sequence[tuple[Path, bool]]
    verdict: t.Sequence[str]
    unreadable: str
    failed_on: t.Sequence[str]


def publish(order: Order) -> Outcome:
    """Write everything. A document that cannot be updated is left alone and raises LabError after all the others are written."""
    lab = read_json(order.lab_file, LAB_FORMAT, "a model", MAKE_AGAIN)
    findings = read_json(order.findings_file, FINDINGS_FORMAT, "findings", MAKE_AGAIN)
    templates = Templates(order.templates_dirs)
    draft = build_report(lab, findings, order.banner, ())
    documents: dict[Path, str] = {}
    problems: dict[str, LabError] = {}
    for kept in _KEPT:
        path = order.docs_dir / kept.file
        generated = templates.render(kept.template, {"report": draft})
        try:
            documents[path] = merge(read_document(path), kept.marker, generated, kept.heading, str(path))
        except LabError as exc:
            problems[kept.file] = exc
    rebuild = rebuild_files(lab, order.banner)
    kept_files = {file.name: _better(order, file) for file in rebuild}
    report = dataclasses.replace(draft, documents=_listed(order, kept_files, problems))
    reports = dict(_reports(order, report, templates))
    reports.update({order.dest / file.name: file.text for file in rebuild if not kept_files[file.name]})
    files = sorted((path, differs(path, text)) for path, text in {**reports, **documents}.items())
    if order.write:
        for path, text in reports.items():
            write_report(path, text)
        for path, text in documents.items():
            write_document(path, text)
    for problem in problems.values():
        raise problem
    return Outcome(files, report.verdict, unreadable(report), failed_on(report, order.fail_on))


def _better(order: Order, file: RebuildFile) -> str:
    """Why the file of an earlier audit stays: it knows what a cluster that is gone can no longer tell. "" to write the new one."""
    if not file.unread or not (order.dest / file.name).exists():
        return ""
    return f"it stays as an earlier audit wrote it, because {listed(file.unread)} could not be read"


def _listed(order: Order, rebuild: t.Mapping[str, str], problems: t.Mapping[str, LabError]) -> list[Document]:
    reports = [Document(*_REPORTS[name]) for name in FORMATS if name in order.formats]
    reports += [Document(name, ABOUT, problem) for name, problem in rebuild.items()]
    kept = [Document(_from(order.dest, order.docs_dir / one.file), one.about, str(problems.get(one.file, ""))) for one in _KEPT]
    return reports + kept


def _from(folder: Path, path: Path) -> str:
    """path as seen from folder, when it lies below it."""
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return str(path)


def _reports(order: Order, report: Report, templates: Templates) -> t.Iterator[tuple[Path, str]]:
    if "md" in order.formats:
        yield order.dest / _REPORTS["md"][0], templates.render("report.md.j2", {"report": report})
    if "json" in order.formats:
        yield order.dest / _REPORTS["json"][0], machine.to_json(report)
