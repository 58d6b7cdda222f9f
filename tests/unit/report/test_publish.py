# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in, files out: what is written, how, and what is said when it cannot be."""

from __future__ import annotations

import copy
import json
import re
import typing as t
from pathlib import Path

import pytest
from unit.report.builders import TEMPLATES, Item, full_lab, gap, model, source
from unit.report.results import some_findings

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import FORMAT as JUDGED_FORMAT
from ansible_collections.homelab.deepdive.plugins.module_utils._report.documents import markers
from ansible_collections.homelab.deepdive.plugins.module_utils._report.publish import FINDINGS_FORMAT, Order, Outcome, publish

BEGIN, END = markers("inventory")


class Bench:
    """A folder with the two input files, and where the output goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dest = folder / "audit"
        self.inventory = self.dest / "docs" / "inventory.md"
        self.write(full_lab(), some_findings())

    def write(self, lab: Item, findings: Item) -> None:
        """Put the input there."""
        (self.folder / "lab.json").write_text(json.dumps(lab))
        (self.folder / "findings.json").write_text(json.dumps(findings))

    def publish(self, **changes: t.Any) -> Outcome:
        """One run."""
        order = {
            "lab_file": self.folder / "lab.json",
            "findings_file": self.folder / "findings.json",
            "templates_dirs": [TEMPLATES],
            "dest": self.dest,
            "docs_dir": self.dest / "docs",
            **changes,
        }
        return publish(Order(**order))

    def left(self) -> list[str]:
        """All files below the output folder."""
        return sorted(str(path.relative_to(self.dest)) for path in self.dest.rglob("*") if path.is_file())


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_everything_is_written_with_its_mode(bench: Bench) -> None:
    outcome = bench.publish()
    assert outcome.files == [
        (bench.inventory, True),
        (bench.dest / "rebuild_vars.yml", True),
        (bench.dest / "report.json", True),
        (bench.dest / "report.md", True),
    ]
    assert bench.left() == ["docs/inventory.md", "rebuild_vars.yml", "report.json", "report.md"]
    modes = {name: (bench.dest / name).stat().st_mode & 0o777 for name in bench.left()}
    assert modes == {"docs/inventory.md": 0o644, "rebuild_vars.yml": 0o600, "report.json": 0o600, "report.md": 0o600}
    assert bench.dest.stat().st_mode & 0o777 == 0o700
    assert "- `docs/inventory.md`: hosts, guests" in (bench.dest / "report.md").read_text()


def test_a_second_run_changes_no_byte(bench: Bench) -> None:
    bench.publish()
    before = {name: ((bench.dest / name).read_bytes(), (bench.dest / name).stat().st_mtime_ns) for name in bench.left()}
    outcome = bench.publish()
    assert [changed for path, changed in outcome.files] == [False, False, False, False]
    assert {name: ((bench.dest / name).read_bytes(), (bench.dest / name).stat().st_mtime_ns) for name in bench.left()} == before


def test_a_look_writes_nothing_and_tells_what_would_change(bench: Bench) -> None:
    outcome = bench.publish(write=False)
    assert [changed for path, changed in outcome.files] == [True, True, True, True]
    assert not bench.dest.exists()


def test_formats_are_a_choice_and_documents_are_not(bench: Bench) -> None:
    bench.publish(formats=["json"])
    assert bench.left() == ["docs/inventory.md", "rebuild_vars.yml", "report.json"]


def test_documents_may_lie_elsewhere(bench: Bench) -> None:
    elsewhere = bench.folder / "repository" / "docs"
    bench.publish(docs_dir=elsewhere)
    assert bench.left() == ["rebuild_vars.yml", "report.json", "report.md"]
    assert (elsewhere / "inventory.md").is_file()
    assert f"- `{elsewhere / 'inventory.md'}`: hosts" in (bench.dest / "report.md").read_text()


_VOLATILE: t.Mapping[str, t.Sequence[tuple[str, t.Any]]] = {
    "hosts": [("memory_used_bytes", 1), ("online", False), ("guest_memory_bytes", 2)],
    "guests": [("state", "stopped"), ("agent_answers", False)],
    "host_storages": [("used_bytes", 1), ("capacity_bytes", 1), ("available", False)],
    "nodes": [("ready", False), ("schedulable", False), ("allocatable_memory_bytes", 1)],
    "kube_services": [("ready_endpoint_count", 0)],
    "workloads": [("replicas_ready_count", 0)],
}


def test_documents_do_not_change_while_the_lab_does_not(bench: Bench) -> None:
    bench.publish()
    before = bench.inventory.read_bytes()
    lab = copy.deepcopy(full_lab())
    lab["collected"] = "2027-07-07T07:07:07Z"
    for row in lab["requests"]:
        row.update(seconds=99.5, count=77, bytes=123456)
    for collection, changes in _VOLATILE.items():
        for entity in lab[collection]:
            entity.update(dict(changes))
    lab["repositories"][0]["branch"] = "other"
    bench.write(lab, some_findings())
    outcome = bench.publish()
    assert bench.inventory.read_bytes() == before
    assert (bench.inventory, False) in outcome.files


def test_words_of_an_error_do_not_reach_documents(bench: Bench) -> None:
    written = []
    for detail in ("no answer within 9.7 s", "no answer within 10.2 s"):
        bench.write(model(source("proxmox/home", "failed", [gap("source", detail)])), some_findings())
        bench.publish()
        written.append(bench.inventory.read_text())
    assert written[0] == written[1]
    assert "## Guests\n\nThe guests could not be read.\n\n## Storages" in written[0]


def test_text_of_people_is_kept(bench: Bench) -> None:
    bench.publish()
    bench.inventory.write_text(bench.inventory.read_text().replace("# Inventory", "# Our machines") + "\nBought 2019.\n")
    bench.write(full_lab(hosts=[]), some_findings())
    bench.publish()
    text = bench.inventory.read_text()
    assert text.startswith("# Our machines\n")
    assert text.endswith(f"\n{END}\n\nBought 2019.\n")
    assert "No hosts were found." in text


def test_hostile_names_do_not_end_the_block(bench: Bench) -> None:
    lab = full_lab()
    lab["guests"][0]["name"] = f"\n{END}\n"
    lab["guests"][1]["disks"][0]["storage"] = END
    bench.write(lab, some_findings())
    bench.publish()
    assert bench.publish().files[0] == (bench.inventory, False)


def test_half_characters_do_not_stop_the_report(bench: Bench) -> None:
    lab = full_lab()
    lab["guests"][0]["name"] = "half \ud800"
    bench.write(lab, some_findings())
    bench.publish()
    assert "| half \ufffd |" in (bench.dest / "report.md").read_text()
    assert "half ?" in (bench.dest / "report.json").read_text()
    assert [changed for path, changed in bench.publish().files] == [False, False, False, False]


def test_a_document_without_a_pair_of_markers_is_left_alone_and_the_rest_is_written(bench: Bench) -> None:
    bench.inventory.parent.mkdir(parents=True)
    bench.inventory.write_text(f"mine\n{BEGIN}\n")
    words = (
        f"cannot update {bench.inventory}: it has 1 begin and 0 end markers; "
        f"keep exactly one line '{BEGIN}' and one line '{END}' after it, or neither"
    )
    with pytest.raises(LabError, match=f"^{re.escape(words)}$"):
        bench.publish()
    assert bench.inventory.read_text() == f"mine\n{BEGIN}\n"
    assert bench.left() == ["docs/inventory.md", "rebuild_vars.yml", "report.json", "report.md"]
    assert "**Not written:** cannot update" in (bench.dest / "report.md").read_text()
    assert json.loads((bench.dest / "report.json").read_text())["documents"][-1]["problem"] == words


def test_a_document_that_is_no_text_is_left_alone(bench: Bench) -> None:
    bench.inventory.parent.mkdir(parents=True)
    bench.inventory.write_bytes(b"\xff\xfe")
    words = f"cannot update {bench.inventory}: it is not UTF-8 text; move it away, and a new one is written"
    with pytest.raises(LabError, match=f"^{re.escape(words)}$"):
        bench.publish()
    assert bench.inventory.read_bytes() == b"\xff\xfe"


def test_a_document_behind_a_link_stays_behind_it(bench: Bench) -> None:
    real = bench.folder / "real.md"
    real.write_text("mine\n")
    bench.inventory.parent.mkdir(parents=True)
    bench.inventory.symlink_to(real)
    bench.publish()
    assert bench.inventory.is_symlink()
    assert real.read_text().startswith(f"mine\n\n{BEGIN}\n")


def test_a_folder_where_a_document_should_be(bench: Bench) -> None:
    bench.inventory.mkdir(parents=True)
    with pytest.raises(LabError, match=f"^{re.escape(f'cannot update {bench.inventory}: Is a directory')}$"):
        bench.publish()


def test_a_docs_folder_that_cannot_be_made(bench: Bench) -> None:
    (bench.folder / "file").write_text("")
    words = f"cannot update {bench.folder / 'file' / 'docs' / 'inventory.md'}: Not a directory"
    with pytest.raises(LabError, match=f"^{re.escape(words)}$"):
        bench.publish(docs_dir=bench.folder / "file" / "docs")
    assert bench.left() == ["rebuild_vars.yml", "report.json", "report.md"]


def test_a_docs_folder_that_cannot_be_written(bench: Bench) -> None:
    words = "cannot write /proc/self/docs/inventory.md: No such file or directory; choose another folder with docs_dir"
    with pytest.raises(LabError, match=f"^{re.escape(words)}$"):
        bench.publish(docs_dir=Path("/proc/self/docs"))
    assert bench.left() == ["rebuild_vars.yml", "report.json", "report.md"]


def test_a_disk_that_is_full_leaves_the_old_document_and_no_rest(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.publish()
    before = bench.inventory.read_bytes()
    bench.write(full_lab(hosts=[]), some_findings())

    def full(part: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    words = f"cannot write {bench.inventory}: No space left on device; choose another folder with docs_dir"
    with pytest.raises(LabError, match=f"^{re.escape(words)}$"):
        bench.publish(formats=[])
    assert bench.inventory.read_bytes() == before
    assert bench.left() == ["docs/inventory.md", "rebuild_vars.yml", "report.json", "report.md"]


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (
            "lab.json",
            '{"format": 99}',
            "it is a model of format 99, this version reads format 1; run the audit again, or its second half with --tags report",
        ),
        (
            "findings.json",
            '{"format": 99}',
            "it is findings of format 99, this version reads format 1; run the audit again, or its second half with --tags report",
        ),
        ("lab.json", "no", "it is not JSON; run the audit again, or its second half with --tags report"),
        ("findings.json", None, "there is no such file; run the audit again, or its second half with --tags report"),
    ],
)
def test_input_that_cannot_be_used(bench: Bench, file: str, text: str | None, words: str) -> None:
    path = bench.folder / file
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(LabError, match=f"^{re.escape(f'cannot read {path}: {words}')}$"):
        bench.publish()
    assert not bench.dest.exists()


def test_the_format_of_findings_is_that_of_the_judge() -> None:
    assert FINDINGS_FORMAT == JUDGED_FORMAT


def test_a_template_of_ones_own_wins_and_the_others_stay(bench: Bench) -> None:
    mine = bench.folder / "mine"
    (mine / "report").mkdir(parents=True)
    (mine / "report" / "05_gitops.md.j2").write_text("## 5. GitOps\n\nSee {{ report.sources[0].id }}, ${HOME} and {{ '*x*' }}.\n")
    bench.publish(templates_dirs=[mine, TEMPLATES])
    text = (bench.dest / "report.md").read_text()
    assert "## 5. GitOps\n\nSee kubernetes/lab, ${HOME} and \\*x\\*.\n\n## 6." in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% if %}", "line 1 of report/05_gitops.md.j2: Expected an expression, got 'end of statement block'"),
        ("{{ report.verdikt }}", "Report object' has no attribute 'verdikt'"),
        ("{{ verdict }}", "'verdict' is undefined"),
        ("{{ report.sources[0] }}", "a dict cannot be printed, print one of its fields"),
        ('{% include "no.j2" %}', "there is no template no.j2"),
    ],
)
def test_a_template_that_is_wrong_is_named(bench: Bench, template: str, words: str) -> None:
    mine = bench.folder / "mine"
    (mine / "report").mkdir(parents=True)
    (mine / "report" / "05_gitops.md.j2").write_text(template)
    with pytest.raises(LabError) as caught:
        bench.publish(templates_dirs=[mine, TEMPLATES])
    assert str(caught.value).startswith("cannot render report.md.j2: ")
    assert str(caught.value).endswith("; correct the templates in templates_dirs")
    assert words in str(caught.value)
    assert "line 1 of " in str(caught.value) or "no.j2" in words
    assert not bench.dest.exists()
