# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read and what is not: links, ignored files, limits, programs that a checkout names, and what the ledger says of it."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.checks import Check, Step
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._repository import folder
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.collect import NOUNS
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.preflight import preflight
from ansible_collections.homelab.deepdive.plugins.modules import repository_info

from .conftest import Checkout

FOLLOWS = "set repository.path to the checkout that Argo CD follows"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: apps}\n"


def test_links_are_not_followed(checkout: Checkout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text(CONFIG_MAP)
    checkout.write({"a.yaml": CONFIG_MAP})
    (checkout.path / "file.yaml").symlink_to(outside / "secret.yaml")
    (checkout.path / "inside.yaml").symlink_to("a.yaml")
    (checkout.path / "folder").symlink_to(outside)
    (checkout.path / "loop").symlink_to(".")
    assert checkout.paths() == ["a.yaml"]
    checkout.git("init", "-q")
    assert checkout.paths() == ["a.yaml"]
    assert [request.path for request in checkout.ledger.requests if request.endpoint == "*.yaml"] == ["a.yaml"]


def test_a_path_that_a_link_leads_out_of_is_not_read(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("x")
    (checkout.path / "up").symlink_to("..")
    reader = folder.Folder(str(checkout.path), "lab", Ledger())
    for path in ("up/secret.yaml", "../secret.yaml", f"{tmp_path}/secret.yaml", "no\0byte"):
        assert reader.read(path, "*") is None


def test_what_is_no_regular_file_is_not_opened(checkout: Checkout) -> None:
    os.mkfifo(checkout.path / "pipe.yaml")
    assert checkout.paths() == []


def test_a_folder_that_is_reached_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    checkout.write({"a.yaml": CONFIG_MAP})
    (tmp_path / "link").symlink_to(checkout.path)
    checkout.path = tmp_path / "link"
    assert checkout.paths() == ["a.yaml"]


def test_files_that_git_ignores_are_left_out(checkout: Checkout) -> None:
    checkout.write(
        {".gitignore": "*.secret.yaml\n/build/\n", "a.yaml": "", "b.secret.yaml": "", "build/c.yaml": "", "gone.yaml": ""}
    )
    assert len(checkout.paths()) == 5
    checkout.git("init", "-q")
    checkout.git("add", ".")
    (checkout.path / "gone.yaml").unlink()
    checkout.write({"new.yaml": ""})
    assert checkout.paths() == [".gitignore", "a.yaml", "new.yaml"]
    listing = [request for request in checkout.ledger.requests if request.verb == "EXEC"]
    assert [(request.endpoint, request.path, request.status) for request in listing] == [
        ("git ls-files", "git ls-files -z --cached --others --exclude-standard", 0)
    ]


def test_programs_that_a_checkout_names_do_not_run(checkout: Checkout, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    checkout.write({"a.yaml": "", ".gitattributes": "* filter=trap\n"})
    checkout.git("init", "-q")
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "filter.trap.clean", "filter.trap.smudge", "alias.ls-files"):
        checkout.git("config", key, str(script))
    for hook in ("post-index-change", "query-watchman", "fsmonitor-watchman"):
        (checkout.path / ".git" / "hooks" / hook).symlink_to(script)
    before = sorted(path for path in checkout.path.rglob("*"))
    assert checkout.paths() == [".gitattributes", "a.yaml"]
    assert not trap.exists()
    assert sorted(path for path in checkout.path.rglob("*")) == before
    subprocess.run(["git", "-C", str(checkout.path), "status"], check=True, capture_output=True)
    assert trap.exists(), "the trap would not have worked"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_checkout_of_another_user_is_read(checkout: Checkout) -> None:
    checkout.write({"a.yaml": "", "b.yaml": "", ".gitignore": "b.yaml"})
    checkout.git("init", "-q")
    for path in (checkout.path, checkout.path / ".git"):
        os.chown(path, 4711, 4711)
    assert checkout.paths() == [".gitignore", "a.yaml"]


def test_the_environment_of_git_is_not_ours(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write({"a.yaml": ""})
    checkout.git("init", "-q")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    assert checkout.paths() == ["a.yaml"]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (FileNotFoundError(2, "No such file or directory", "git"), "git is not installed here"),
        (subprocess.TimeoutExpired("git", 20), "git ls-files took longer than 20 seconds"),
        (None, "git ls-files ended with 128"),
    ],
)
def test_git_that_does_not_work_is_a_gap(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, error: Exception | None, cause: str
) -> None:
    checkout.write({"a.yaml": CONFIG_MAP, ".git/HEAD": "ref: refs/heads/main\n"})

    def run(*arguments: t.Any, **more: t.Any) -> t.NoReturn:
        raise t.cast("Exception", error)

    if error is not None:
        monkeypatch.setattr(folder.subprocess, "run", run)
    found = checkout.collect()
    assert found.state == "partial"
    assert found.nouns["head"][0]["branch"] == "main"
    assert [file["path"] for file in found.nouns["files"]] == ["a.yaml"]
    assert [gap.to_dict() for gap in found.gaps] == [
        {
            "what": "files/ignored",
            "reason": "unsupported",
            "detail": f"cannot tell which files of {checkout.path} Git ignores: {cause}; all files were taken",
            "remedy": f"make this command work: git -C {checkout.path} ls-files",
        }
    ]
    assert [request.status for request in checkout.ledger.requests if request.verb == "EXEC"] == [None if error else 128]


def test_long_files_are_listed_and_not_parsed(checkout: Checkout) -> None:
    checkout.write({"long.yaml": CONFIG_MAP + "#" * folder.MAX_BYTES, "b.yaml": CONFIG_MAP})
    nouns = checkout.nouns()
    assert [(file["path"], file["bytes"]) for file in nouns["files"]] == [
        ("b.yaml", len(CONFIG_MAP)),
        ("long.yaml", len(CONFIG_MAP) + folder.MAX_BYTES),
    ]
    assert [row["path"] for row in nouns["manifests"]] == ["b.yaml"]


def test_too_many_files_are_a_gap(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 2)
    checkout.write({f"{n}.yaml": "" for n in range(3)})
    found = checkout.collect()
    assert [file["path"] for file in found.nouns["files"]] == ["0.yaml", "1.yaml"]
    assert [(gap.what, gap.reason, gap.detail, gap.remedy) for gap in found.gaps] == [
        (
            "files/limit",
            "unsupported",
            f"cannot list all files of {checkout.path}: there are 3, more than 2",
            "set repository.path to the folder that Argo CD follows",
        )
    ]


def test_names_that_are_no_text(checkout: Checkout) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    (checkout.path / name).write_text(CONFIG_MAP)
    nouns = checkout.nouns()
    assert nouns["files"][0]["path"] == "caf\\xe9.yaml"
    assert nouns["manifests"][0]["path"] == "caf\\xe9.yaml"
    json.dumps(nouns, ensure_ascii=False).encode()
    checkout.git("init", "-q")
    assert checkout.paths() == ["caf\\xe9.yaml"]


def test_files_that_cannot_be_read_are_gaps(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write({"a.yaml": CONFIG_MAP, "b.yaml": CONFIG_MAP})
    real = os.open

    def refuse(path: t.Any, *rest: t.Any, **more: t.Any) -> int:
        if str(path).endswith("b.yaml"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *rest, **more)

    monkeypatch.setattr(folder.os, "open", refuse)
    found = checkout.collect()
    assert [file["path"] for file in found.nouns["files"]] == ["a.yaml", "b.yaml"]
    assert [row["path"] for row in found.nouns["manifests"]] == ["a.yaml"]
    assert [(gap.what, gap.reason, gap.detail, gap.remedy) for gap in found.gaps] == [
        (
            "manifests/b.yaml",
            "forbidden",
            f"cannot read {checkout.path}/b.yaml: Permission denied",
            "let the user that runs the audit read it",
        )
    ]
    assert [(request.path, request.status) for request in checkout.ledger.requests] == [("a.yaml", 0), ("b.yaml", None)]


def test_folders_that_cannot_be_read_are_gaps(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write({"a/a.yaml": CONFIG_MAP, "b/b.yaml": CONFIG_MAP})
    real = os.scandir

    def refuse(path: t.Any) -> t.Any:
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(folder.os, "scandir", refuse)
    found = checkout.collect()
    assert [file["path"] for file in found.nouns["files"]] == ["a/a.yaml"]
    assert [(gap.what, gap.reason, gap.detail) for gap in found.gaps] == [
        ("files/b", "forbidden", f"cannot read {checkout.path}/b: Permission denied")
    ]


# --- the whole source fails ----------------------------------------------------------------------------------------


def unreadable(checkout: Checkout, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.path.rmdir()
    if case == "file":
        checkout.path.write_text("x")
    if case == "denied":
        checkout.path.mkdir()

        def refuse(path: t.Any) -> t.NoReturn:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr(folder.os, "scandir", refuse)


WHOLE = [
    ("missing", "unreachable", "cannot read the repository at {}: there is no such folder", FOLLOWS),
    ("file", "invalid", "cannot read the repository at {}: it is no folder", FOLLOWS),
    ("denied", "forbidden", "cannot read {}: Permission denied", "let the user that runs the audit read it"),
]


@pytest.mark.parametrize("whole", WHOLE)
def test_a_repository_that_cannot_be_read(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, whole: tuple[str, ...]) -> None:
    case, reason, detail, remedy = whole
    unreadable(checkout, case, monkeypatch)
    found = checkout.collect()
    assert found.state == "failed"
    assert [(gap.what, gap.reason, gap.detail, gap.remedy) for gap in found.gaps] == [
        ("source", reason, detail.format(checkout.path), remedy)
    ]


@pytest.mark.parametrize("whole", WHOLE)
def test_preflight_of_a_repository_that_cannot_be_read(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, whole: tuple[str, ...]
) -> None:
    case, reason, detail, remedy = whole
    unreadable(checkout, case, monkeypatch)
    checks = preflight({"name": "lab", "path": str(checkout.path)}, Ledger())
    step: Step = "rights" if reason == "forbidden" else "reachable"
    reachable = [Check("repository", "lab", "reachable", True, str(checkout.path))] if reason == "forbidden" else []
    assert checks == [*reachable, Check("repository", "lab", step, False, detail.format(checkout.path), remedy)]


def test_preflight_of_a_repository(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"name": "lab", "path": str(checkout.path)}
    reachable = Check("repository", "lab", "reachable", True, str(checkout.path))
    assert preflight(options, Ledger()) == [reachable, Check("repository", "lab", "rights", True, "no branch is checked out")]
    checkout.write({".git/HEAD": "ref: refs/heads/main\n"})
    ledger = Ledger()
    assert preflight(options, ledger) == [reachable, Check("repository", "lab", "rights", True, "branch main")]
    assert [(request.verb, request.endpoint) for request in ledger.requests] == [("READ", ".git/HEAD")]

    def refuse(*arguments: t.Any) -> t.NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folder.os, "open", refuse)
    detail = f"cannot read {checkout.path}/.git/HEAD: Permission denied"
    remedy = "let the user that runs the audit read it"
    assert preflight(options, Ledger()) == [reachable, Check("repository", "lab", "rights", False, detail, remedy)]
    assert [(gap.what, gap.detail) for gap in checkout.collect("head").gaps] == [("head", detail)]


# --- the module ----------------------------------------------------------------------------------------------------


def run_module(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        repository_info.main()
    return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out))


def test_the_module(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    checkout.write({"a.yaml": CONFIG_MAP})
    result = run_module(capsys, path=str(checkout.path))
    assert result["changed"] is False
    assert result["gaps"] == []
    assert result["requests_count"] == 1
    assert sorted(result["repository"]) == sorted(NOUNS)
    assert sorted(run_module(capsys, path=str(checkout.path), gather=["head"])["repository"]) == ["head"]


def test_the_module_without_a_repository(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_module(capsys, path=f"{checkout.path}/no")
    assert result["failed"] is True
    assert result["msg"] == f"cannot read the repository at {checkout.path}/no: there is no such folder; {FOLLOWS}"
    assert [gap["what"] for gap in result["gaps"]] == ["source"]
