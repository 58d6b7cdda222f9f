# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads a repository: its head, its files, what they declare (objects, machines, guests), and which of them are no valid YAML."""

from __future__ import annotations

import os
import re
import typing as t

from .._errors import ConfigError, MissingPackagesError, SourceError
from .._evidence.gaps import WHOLE_SOURCE, Collected, Gap
from .._evidence.ledger import Ledger
from .._evidence.redaction import Redactor
from .._requirements import require
from .._words import did_you_mean
from .claims import machine_rows
from .folder import MAX_BYTES, File, Folder, check_folder
from .hcl import missing_packages
from .head import read_head
from .manifests import Found, add_documents
from .nodes import YamlError, read_documents
from .terraform import read_terraform
from .terraform_files import is_terraform

NOUNS = (
    *("head", "files", "manifests", "k0sctl_hosts", "k0sctl_files", "problems"),
    *("declared_applications", "declared_routes", "kustomizations", "documented_machines"),
    *("terraform_guests", "terraform_problems"),
)

# The suffixes that Argo CD looks at, so that "x.yaml.yaml" counts.
_PARSED = (".yaml", ".yml", ".json")
# The one name of a file of Kustomize that has no suffix.
_KUSTOMIZATION = "Kustomization"
# Other people's documents.
_FOREIGN = frozenset((".terraform", "node_modules", "vendor"))
_EVIDENCE = "evidence/manifest.json"
_IDENTITY = (b"apiVersion", b"kind", b"metadata")
_TEMPLATE_LINE = re.compile(rb"^[ \t]*(?:- )?\{[{%]", re.MULTILINE)
_BLOCK = re.compile(rb"<!-- homelab\.deepdive: begin [^\n]*-->.*?<!-- homelab\.deepdive: end [^\n]*-->", re.DOTALL)
_OURS = re.compile(rb"\s*(?:#[^\n]*\n\s*)?(?:Text outside of the two marker lines is kept[^\n]*)?\s*")


def collect(options: t.Mapping[str, t.Any], ledger: Ledger, redactor: Redactor) -> Collected:
    """All nouns of one repository, or those in options["gather"].

    options: name, path (absolute), gather (optional). Never raises for what is wrong with the repository; ConfigError for a
    noun that does not exist.
    """
    wanted = set(options.get("gather") or NOUNS)
    for noun in sorted(wanted.difference(NOUNS)):
        hint = did_you_mean(noun, NOUNS, otherwise=f"there are {', '.join(NOUNS)}")
        raise ConfigError(f"cannot gather '{noun}' from the repository: there is no such thing{hint}")
    try:
        check_folder(options["path"])
    except SourceError as exc:
        return Collected(gaps=[Gap.of(WHOLE_SOURCE, exc)])
    reader = _Repository(Folder(options["path"], options["name"], ledger), redactor)
    found = Collected()
    if "head" in wanted:
        reader.add_head(found)
    if wanted.difference({"head"}):
        reader.add_files(found)
    found.nouns = {noun: objects for noun, objects in found.nouns.items() if noun in wanted}
    return found


class _Repository:
    """One repository while it is read."""

    def __init__(self, folder: Folder, redactor: Redactor) -> None:
        self._folder = folder
        self._redactor = redactor

    def add_head(self, found: Collected) -> None:
        """Branch, commit and remote."""
        try:
            found.nouns["head"] = [read_head(self._folder, self._redactor)]
        except SourceError as exc:
            found.gaps.append(Gap.of("head", exc))

    def add_files(self, found: Collected) -> None:
        """Everything that comes from the files."""
        files, gaps = self._folder.files()
        files = _without_audits(files)
        found.gaps += gaps
        charts = {os.path.dirname(file.path) for file in files if os.path.basename(file.path) == "Chart.yaml"}
        content = Found(gaps=found.gaps)
        rows, problems, machines = [], [], []
        for file in files:
            data = self._read(file, content)
            if data is not None and file.path.endswith(".md") and _OURS.fullmatch(_BLOCK.sub(b"", data)) and b"<!--" in data:
                continue
            rows.append({"path": file.shown, "bytes": file.bytes})
            if data is None:
                continue
            if file.path.endswith(".md"):
                if not _of_others(file.path, charts):
                    machines += machine_rows(file.shown, _of_people(data), self._redactor)
            elif not _in_chart(file.path, charts):
                problems += self._parse(file, data, content)
        found.nouns.update(
            files=rows,
            manifests=content.manifests,
            k0sctl_hosts=content.hosts,
            k0sctl_files=content.clusters,
            problems=problems,
            declared_applications=content.applications,
            declared_routes=content.routes,
            kustomizations=content.kustomizations,
            documented_machines=machines,
        )
        self._add_terraform(found, files)

    def _add_terraform(self, found: Collected, files: t.Sequence[File]) -> None:
        """What Terraform files declare; a gap when there are some and the package that reads them is missing."""
        terraform = any(is_terraform(file.path) for file in files)
        try:
            require(missing_packages() if terraform else ())
        except MissingPackagesError as exc:
            detail = "cannot read the Terraform files of the repository: a Python package is missing"
            found.gaps.append(Gap("terraform_guests", "unsupported", detail, str(exc).partition("; ")[2]))
            return
        guests, problems = read_terraform(files, self._read_code, self._redactor) if terraform else ([], [])
        found.nouns.update(terraform_guests=guests, terraform_problems=problems)

    def _read_code(self, file: File) -> bytes | None:
        return self._folder.read(file.path, f"*{os.path.splitext(file.path)[1]}")

    def _read(self, file: File, content: Found) -> bytes | None:
        """The bytes of a file that is looked into; None for others, those that are too long, and those that cannot be read."""
        kustomization = os.path.basename(file.path) == _KUSTOMIZATION
        if not (file.path.endswith((*_PARSED, ".md")) or kustomization) or file.bytes > MAX_BYTES:
            return None
        try:
            return self._folder.read(file.path, _KUSTOMIZATION if kustomization else f"*{os.path.splitext(file.path)[1]}")
        except SourceError as exc:
            content.gaps.append(Gap.of(f"manifests/{file.shown}", exc))
            return None

    def _parse(self, file: File, data: bytes, content: Found) -> list[dict[str, t.Any]]:
        """Add what a file holds; its problem when it is no valid YAML and means to be."""
        try:
            add_documents(content, file.shown, read_documents(data), self._redactor)
        except YamlError as exc:
            # Other tools fill templates in first, and JSON of other tools may have comments.
            foreign = file.path.endswith(".json") and not all(word in data for word in _IDENTITY)
            if not foreign and not _TEMPLATE_LINE.search(data):
                return [{"path": file.shown, "detail": self._redactor.text(str(exc))}]
        return []


def _without_audits(files: t.Sequence[File]) -> list[File]:
    """The files without the folders that audits were written to."""
    paths = {file.path for file in files}
    folders = {path[: -len(_EVIDENCE)] for path in paths if path.endswith(f"/{_EVIDENCE}")}
    audits = tuple(folder for folder in folders if f"{folder}lab.json" in paths)
    return [file for file in files if not file.path.startswith(audits)]


def _of_people(data: bytes) -> str:
    """A document with its lines, without what audits wrote into it."""
    return _BLOCK.sub(lambda match: b"\n" * match.group().count(b"\n"), data).decode("utf-8", "replace")


def _of_others(path: str, charts: t.Container[str]) -> bool:
    """Whether a document describes a Helm chart or someone else's code rather than the lab."""
    parts = path.split("/")[:-1]
    return not _FOREIGN.isdisjoint(parts) or any("/".join(parts[:end]) in charts for end in range(len(parts) + 1))


def _in_chart(path: str, charts: t.Container[str]) -> bool:
    """Whether a file is a template of a Helm chart."""
    parts = path.split("/")
    return any(part == "templates" and "/".join(parts[:at]) in charts for at, part in enumerate(parts))
