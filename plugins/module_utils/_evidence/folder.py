# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The evidence folder: the only door between a lab and everything behind it.

manifest.json {format, collection, started, sources: SourceRecord}, <source>/<name>/<noun>.jsonl with one object per line,
<source>/<name>/gaps.json, and requests.jsonl. Collected beside the old folder and renamed at the end, so a run that is cut
off leaves the old one whole.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import typing as t
from pathlib import Path

from .._errors import ConfigError, FormatError
from .gaps import Collected, Gap, State
from .leaks import LeakError, check_files
from .ledger import Request

# 2: sources say when each was read and what the check for secrets found.
FORMAT = 2


@dataclasses.dataclass(frozen=True)
class SourceRecord:
    """What manifest.json says of one source.

    seconds: how long it took to read. started: when that began, UTC, None when unknown. leaks: secrets that came through
    redaction, or that we logged in with and that a file holds; evidence with any is not kept, so 0 says that it was looked for.
    """

    source: str
    name: str
    state: State
    seconds: float = 0.0
    identity: str | None = None
    version: str | None = None
    started: str | None = None
    leaks: int = 0

    @property
    def id(self) -> str:
        """source/name."""
        return f"{self.source}/{self.name}"


@dataclasses.dataclass
class SourceEvidence:
    """One source as read back: nouns as in Collected."""

    record: SourceRecord
    nouns: dict[str, list[dict[str, t.Any]]]
    gaps: list[Gap]


@dataclasses.dataclass
class Evidence:
    """A whole folder as read back."""

    collection: str
    started: str
    sources: list[SourceEvidence]
    requests: list[dict[str, t.Any]]

    def of(self, source: str) -> list[SourceEvidence]:
        """The sources of one kind, by name."""
        return [entry for entry in self.sources if entry.record.source == source]


def dump(value: t.Any) -> str:
    """The one way we write JSON: sorted keys, so that equal input gives equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def private_folder(path: Path) -> None:
    """Make a folder that only its owner can read; ConfigError when that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    except OSError as exc:
        raise ConfigError(f"cannot write to {path}: {exc.strerror or exc}; choose another folder with audit_dir") from exc


def encoded(text: str) -> bytes:
    """UTF-8. Half a character, which an escape inside of a text may make, is none and becomes a question mark."""
    return text.encode(errors="replace")


def differs(path: Path, text: str) -> bool:
    """Whether a file does not hold exactly this text."""
    try:
        return path.read_bytes() != encoded(text)
    except OSError:
        return True


def write_private(path: Path, text: str) -> bool:
    """Write a file that only its owner can read, whole or not at all; True when its bytes changed."""
    try:
        if not differs(path, text):
            path.chmod(0o600)
            return False
        part = path.with_name(path.name + ".part")
        part.touch(mode=0o600)
        part.chmod(0o600)
        part.write_bytes(encoded(text))
        part.replace(path)
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror or exc}; choose another folder with audit_dir") from exc
    return True


def read_json(path: Path, current: int, what: str, make_again: str) -> dict[str, t.Any]:
    """A JSON file of ours with its format number checked.

    what: how the file is called in messages ("evidence"). make_again: how a person makes it anew. Errors: ConfigError when
    it is missing or not JSON, FormatError when another version wrote it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigError(f"cannot read {path}: there is no such file; {make_again}") from exc
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror or exc}") from exc
    except ValueError as exc:
        raise ConfigError(f"cannot read {path}: it is not JSON; {make_again}") from exc
    found = data.get("format") if isinstance(data, dict) else None
    if found != current:
        raise FormatError(f"cannot read {path}: it is {what} of format {found}, this version reads format {current}; {make_again}")
    return t.cast("dict[str, t.Any]", data)


class EvidenceWriter:
    """Collects into <dest>.new and puts it in place of <dest> at the end."""

    def __init__(self, dest: Path) -> None:
        self.dest = dest
        self.staging = dest.with_name(dest.name + ".new")
        private_folder(dest.parent)
        shutil.rmtree(self.staging, ignore_errors=True)
        private_folder(self.staging)
        self.bytes = 0

    def write_source(self, source: str, name: str, collected: Collected) -> None:
        """Write the nouns and gaps of one source; a name that is no safe folder name is refused."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise ConfigError(
                f"cannot write the evidence of {source} '{name}': a name may hold letters, digits, dot, dash and underscore"
            )
        folder = self.staging / source / name
        private_folder(folder.parent)
        private_folder(folder)
        for noun, objects in sorted(collected.nouns.items()):
            self._write(folder / f"{noun}.jsonl", "".join(line + "\n" for line in sorted(map(dump, objects))))
        self._write(folder / "gaps.json", dump([gap.to_dict() for gap in sorted(collected.gaps)]) + "\n")

    def finish(
        self,
        collection: str,
        started: str,
        sources: t.Iterable[SourceRecord],
        requests: t.Iterable[Request],
        credentials: t.Iterable[str] = (),
    ) -> None:
        """Write manifest and ledger, and put the new folder in place.

        credentials: what none of its files may hold. Errors: LeakError when one does; then nothing is left of the new folder.
        """
        self._write(self.staging / "requests.jsonl", "".join(dump(request.to_dict()) + "\n" for request in requests))
        manifest = {
            "format": FORMAT,
            "collection": collection,
            "started": started,
            "sources": [dataclasses.asdict(record) for record in sorted(sources, key=lambda record: record.id)],
        }
        self._write(self.staging / "manifest.json", dump(manifest) + "\n")
        try:
            check_files(self.staging, credentials)
        except LeakError:
            shutil.rmtree(self.staging, ignore_errors=True)
            raise
        old = self.dest.with_name(self.dest.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if self.dest.exists():
            os.rename(self.dest, old)
        os.rename(self.staging, self.dest)
        shutil.rmtree(old, ignore_errors=True)

    def _write(self, path: Path, text: str) -> None:
        write_private(path, text)
        self.bytes += path.stat().st_size


def read_evidence(folder: Path) -> Evidence:
    """Read a folder back; ConfigError when it is missing or broken, FormatError when another version wrote it."""
    manifest = read_json(folder / "manifest.json", FORMAT, "evidence", "run the audit again to collect it anew")
    sources = []
    for fields in manifest["sources"]:
        record = SourceRecord(**fields)
        place = folder / record.source / record.name
        nouns = {file.stem: _read_lines(file) for file in sorted(place.glob("*.jsonl"))}
        gaps_file = place / "gaps.json"
        gaps = [Gap(**gap) for gap in json.loads(gaps_file.read_text(encoding="utf-8"))] if gaps_file.exists() else []
        sources.append(SourceEvidence(record, nouns, gaps))
    return Evidence(manifest["collection"], manifest["started"], sources, _read_lines(folder / "requests.jsonl"))


def _read_lines(path: Path) -> list[dict[str, t.Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, ValueError) as exc:
        raise ConfigError(f"cannot read {path}: {exc}; run the audit again to collect it anew") from exc
