# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A redactor that lets something through, or a secret of ours in a file, ends the run and leaves nothing."""

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path
from urllib.parse import quote

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils import _collect
from ansible_collections.homelab.deepdive.plugins.module_utils._collect import collect_lab
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import read_evidence
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.leaks import LeakError, check_files, check_redaction
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._sources import Options, Source

SECRET = 'q7"Rk2/ZvX9mT'
KEY = "-----BEGIN EC PRIVATE KEY-----\n" + "\n".join(letter * 64 for letter in "abc") + "\n-----END EC PRIVATE KEY-----\n"


class Deaf(Redactor):
    """Lets what is behind a name through."""

    def named(self, name: str, value: str) -> str:
        return value


class Mute(Redactor):
    """Masks nothing."""

    def mask(self, value: str) -> str:
        return value


def test_the_redactor_of_a_run_keeps_planted_secrets() -> None:
    check_redaction(Redactor(b"key of the tests"))


@pytest.mark.parametrize(
    ("redactor", "words"),
    [
        (
            Deaf(b"key"),
            "5 of 11 planted secrets came through redaction (environment variable, environment variable of any name, argument, ",
        ),
        (Mute(b"key"), "11 of 11 planted secrets came through redaction (environment variable, "),
    ],
)
def test_a_redactor_that_leaks_is_told(redactor: Redactor, words: str) -> None:
    with pytest.raises(LeakError) as caught:
        check_redaction(redactor)
    assert str(caught.value).startswith(f"cannot keep the evidence: {words}")
    assert str(caught.value).endswith("; nothing was read or written; report this as a fault of the collection")


@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        json.dumps({"a": SECRET}),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        KEY,
        json.dumps(KEY),
        base64.b64encode(KEY.encode()).decode(),
        "x" + "b" * 64,
    ],
)
def test_own_secrets_are_found_in_every_form(tmp_path: Path, content: str) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "pods.jsonl").write_text(f"before {content} after", encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(LeakError) as caught:
        check_files(tmp_path, [SECRET, KEY, "short", ""])
    assert str(caught.value).startswith(
        "cannot keep the evidence: 1 of its files hold a secret that the audit logs in with (lab/pods.jsonl); nothing was kept; "
    )
    assert SECRET not in str(caught.value)


def test_short_secrets_are_parts_of_ordinary_words(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("admin administrates -----BEGIN EC PRIVATE KEY-----")
    check_files(tmp_path, ["admin", "", KEY])


def lab_with(monkeypatch: pytest.MonkeyPatch, collected: Collected, ledger: Ledger, redactor: Redactor, dest: Path) -> t.Any:
    def collect(options: Options, ledger: Ledger, redactor: Redactor) -> Collected:
        return collected

    monkeypatch.setattr(_collect, "SOURCES", {"kubernetes": Source(collect, lambda *unused: [], list)})
    return collect_lab({"kubernetes": [{"name": "lab"}]}, {}, ledger, redactor, dest)


def test_evidence_with_a_secret_of_ours_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dest = tmp_path / "audit" / "evidence"
    good = Collected(nouns={"pods": [{"name": "good"}]}, credentials=(SECRET,))
    lab_with(monkeypatch, good, Ledger(), Redactor(b"key"), dest)
    bad = Collected(nouns={"pods": [{"name": f"token {SECRET}"}]}, credentials=(SECRET,))
    with pytest.raises(LeakError, match=r"^cannot keep the evidence: 1 of its files hold .* \(kubernetes/lab/pods\.jsonl\); "):
        lab_with(monkeypatch, bad, Ledger(), Redactor(b"key"), dest)
    assert [path.name for path in dest.parent.iterdir()] == ["evidence"]
    assert read_evidence(dest).of("kubernetes")[0].nouns == {"pods": [{"name": "good"}]}


def test_nothing_is_read_with_a_redactor_that_leaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(LeakError):
        lab_with(monkeypatch, Collected(), Ledger(), Mute(b"key"), tmp_path / "audit" / "evidence")
    assert list(tmp_path.iterdir()) == []


def test_sources_say_when_they_were_read_and_that_nothing_leaked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = lab_with(monkeypatch, Collected(nouns={"pods": []}), Ledger(), Redactor(b"key"), tmp_path / "evidence")
    records = {source.record.source: source.record for source in read_evidence(tmp_path / "evidence").sources}
    started = records["kubernetes"].started
    assert started is not None
    assert len(started) == len("2026-01-02T03:04:05Z")
    assert (records["kubernetes"].leaks, records["repository"].started, records["repository"].leaks) == (0, None, 0)
    [told] = [source for source in result.sources if source["source"] == "kubernetes"]
    assert (told["started"], told["leaks"]) == (started, 0)


def test_credentials_are_never_shown() -> None:
    assert SECRET not in repr(Collected(credentials=(SECRET,)))
