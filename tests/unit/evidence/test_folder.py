# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence folder: written whole or not at all, private, and read back as it was."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError, FormatError, SourceError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import (
    EvidenceWriter,
    SourceRecord,
    read_evidence,
    write_private,
)
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected, Gap
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger, Request
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.mask_key import mask_key

GAP = Gap.of("guests", SourceError("cannot list the guests: not allowed", "forbidden", "grant VM.Audit"))
REQUEST = Request("proxmox", "home", "GET", "/version", "/version", 200, 10, 0.01)


def write(dest: Path, **nouns: list[dict[str, object]]) -> None:
    """One source with these nouns and a gap."""
    collected = Collected(nouns=nouns, gaps=[GAP])
    writer = EvidenceWriter(dest)
    writer.write_source("proxmox", "home", collected)
    record = SourceRecord("proxmox", "home", collected.state)
    writer.finish("0.0.0", "2026-01-02T03:04:05Z", [record], [REQUEST])


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path / "evidence", hosts=[{"node": "b", "text": "line\u2028separator\nand \ud800"}, {"node": "a"}], guests=[])
    evidence = read_evidence(tmp_path / "evidence")
    (source,) = evidence.sources
    assert source.record == SourceRecord("proxmox", "home", "partial")
    assert source.nouns == {"guests": [], "hosts": [{"node": "a"}, {"node": "b", "text": "line\u2028separator\nand ?"}]}
    assert source.gaps == [GAP]
    assert [request["endpoint"] for request in evidence.requests] == ["/version"]
    assert evidence.started == "2026-01-02T03:04:05Z"


def test_everything_is_private(tmp_path: Path) -> None:
    dest = tmp_path / "audit" / "evidence"
    write(dest, hosts=[{"node": "a"}])
    paths = [dest.parent, dest, *dest.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.joinpath("audit").mkdir(mode=0o755)
    write(tmp_path / "audit" / "evidence")
    assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700


def test_a_run_that_is_cut_off_leaves_the_old_evidence_whole(tmp_path: Path) -> None:
    dest = tmp_path / "evidence"
    write(dest, hosts=[{"node": "old"}])
    writer = EvidenceWriter(dest)
    writer.write_source("proxmox", "home", Collected(nouns={"hosts": [{"node": "new"}]}))
    assert read_evidence(dest).sources[0].nouns["hosts"] == [{"node": "old"}]
    write(dest, hosts=[{"node": "third"}])
    assert read_evidence(dest).sources[0].nouns == {"hosts": [{"node": "third"}]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence"]


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a b"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        EvidenceWriter(tmp_path / "evidence").write_source("proxmox", name, Collected())
    expected = f"cannot write the evidence of proxmox '{name}': a name may hold letters, digits, dot, dash and underscore"
    assert str(caught.value) == expected


def test_another_format_says_what_to_do(tmp_path: Path) -> None:
    write(tmp_path / "evidence")
    manifest = tmp_path / "evidence" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    with pytest.raises(FormatError) as caught:
        read_evidence(tmp_path / "evidence")
    assert str(caught.value) == (
        f"cannot read {manifest}: it is evidence of format 99, this version reads format 2; run the audit again to collect it anew"
    )


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "there is no such file; run the audit again to collect it anew"),
        ("{", "it is not JSON; run the audit again to collect it anew"),
    ],
)
def test_broken_evidence_says_what_to_do(tmp_path: Path, content: str | None, cause: str) -> None:
    manifest = tmp_path / "manifest.json"
    if content:
        manifest.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_evidence(tmp_path)
    assert str(caught.value) == f"cannot read {manifest}: {cause}"


def test_a_folder_that_cannot_be_made_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError) as caught:
        EvidenceWriter(tmp_path / "file" / "evidence")
    assert str(caught.value) == f"cannot write to {tmp_path / 'file'}: File exists; choose another folder with audit_dir"


def test_writing_the_same_bytes_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    assert write_private(path, "text") is True
    assert write_private(path, "text") is False
    assert write_private(path, "other") is True
    assert [file.name for file in tmp_path.iterdir()] == ["report.md"]


def test_states() -> None:
    assert Collected().state == "failed"
    assert Collected(nouns={"hosts": []}).state == "read"
    assert Collected(nouns={"hosts": []}, gaps=[GAP]).state == "partial"
    assert Gap("guests/112/agent", "timeout", "").noun == "guests"


def test_the_ledger_reads_in_order() -> None:
    ledger = Ledger()
    for path in ("/b", "/a"):
        ledger.add(Request("proxmox", "home", "GET", path, path, 200, 0, 0.0))
    assert [request.path for request in ledger.requests] == ["/a", "/b"]


def test_the_mask_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "mask.key"
    key = mask_key(path)
    assert len(key) == 32
    assert mask_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "abcd", "no hex at all"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mask.key"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        mask_key(path)
    assert str(caught.value) == f"cannot read {path}: it holds no key; delete it, and a new one is made"
