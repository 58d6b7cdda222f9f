# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make doctor: each trap of a plain clone is set, and the words and the fix are compared."""

from __future__ import annotations

import locale
import subprocess
import typing as t
from pathlib import Path

import pytest
from gates import doctor

REMAKE = (
    "rm -rf collections/ansible_collections/homelab/deepdive && mkdir -p collections/ansible_collections/homelab"
    " && ln -s ../../.. collections/ansible_collections/homelab/deepdive"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the committed link, as git leaves it."""
    link = tmp_path / doctor.LINK
    link.parent.mkdir(parents=True)
    link.symlink_to(doctor.TARGET)
    tmp_path.chmod(0o755)
    return tmp_path


def as_text(link: Path) -> None:
    link.unlink()
    link.write_text("../../..", encoding="utf-8")


def as_copy(link: Path) -> None:
    link.unlink()
    link.mkdir()


def elsewhere(link: Path) -> None:
    link.unlink()
    link.symlink_to("/somewhere/else")


def test_good_link(clone: Path) -> None:
    assert doctor.check_link(clone) == doctor.Verdict(f"{doctor.LINK} leads to this checkout")


@pytest.mark.parametrize(
    ("spoil", "words", "fix"),
    [
        (
            as_text,
            "is a text file: git wrote the link as text, because core.symlinks is false",
            f"git config core.symlinks true && {REMAKE}",
        ),
        (as_copy, "is a copy and not a link: what is changed in this checkout would not run", REMAKE),
        (elsewhere, "leads to /somewhere/else, not to this checkout", REMAKE),
        (Path.unlink, "is missing", REMAKE),
    ],
)
def test_spoilt_link(clone: Path, spoil: t.Callable[[Path], None], words: str, fix: str) -> None:
    spoil(clone / doctor.LINK)
    assert doctor.check_link(clone) == doctor.Verdict(f"{doctor.LINK} {words}", fix, stops=True)
    mend = fix.replace("git config core.symlinks true && ", "")
    subprocess.run(mend, shell=True, cwd=clone, check=True)
    assert doctor.check_link(clone).fix == ""


def test_world_writable_folder(clone: Path) -> None:
    clone.chmod(0o777)
    verdict = doctor.check_folder(clone)
    assert verdict == doctor.Verdict(
        f"{clone} can be written to by everybody, so Ansible ignores its ansible.cfg (make names the file itself)",
        'chmod o-w . || export ANSIBLE_CONFIG="$PWD/ansible.cfg"',
    )
    subprocess.run(verdict.fix, shell=True, cwd=clone, check=True)
    assert doctor.check_folder(clone) == doctor.Verdict("Ansible accepts ansible.cfg from this folder")


@pytest.mark.parametrize("own", ["", "ansible.cfg"])
def test_own_configuration(clone: Path, own: str) -> None:
    environment = {"ANSIBLE_CONFIG": str(clone / own) if own else ""}
    assert doctor.check_configuration(clone, environment) == doctor.Verdict("no other configuration of Ansible is in force")


def test_other_configuration(clone: Path) -> None:
    assert doctor.check_configuration(clone, {"ANSIBLE_CONFIG": "/etc/ansible.cfg"}) == doctor.Verdict(
        "ANSIBLE_CONFIG names /etc/ansible.cfg, so Ansible ignores the ansible.cfg of this folder", "unset ANSIBLE_CONFIG"
    )


@pytest.mark.parametrize(
    ("name", "words"), [("C.UTF-8", ""), ("C", "not UTF-8"), ("xx_YY.UTF-8", "one that is not installed here")]
)
def test_locale(monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    before = locale.setlocale(locale.LC_ALL)
    monkeypatch.setenv("LC_ALL", name)
    verdict = doctor.check_locale()
    locale.setlocale(locale.LC_ALL, before)
    if words:
        expected = doctor.Verdict(f"the locale is {words}, and Ansible starts only in UTF-8", "export LC_ALL=C.UTF-8")
    else:
        expected = doctor.Verdict("the locale is UTF-8")
    assert verdict == expected


def test_missing_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.check_program("make") == doctor.Verdict("make is not installed", "sudo apt-get install make", stops=True)
    assert doctor.check_checkout(tmp_path) == doctor.Verdict("git is not installed", "sudo apt-get install git")


def test_null_device(tmp_path: Path) -> None:
    spoilt = tmp_path / "null"
    spoilt.write_text("a line that somebody threw away\n", encoding="utf-8")
    assert doctor.check_null_device(spoilt) == doctor.Verdict(
        f"{spoilt} is not a device, so what programs throw away stays there for others to read",
        f"sudo sh -c 'rm -f {spoilt} && mknod -m 666 {spoilt} c 1 3'",
        stops=True,
    )
    assert doctor.check_null_device() == doctor.Verdict("/dev/null is a device")


def test_folder_without_git(clone: Path) -> None:
    verdict = doctor.check_checkout(clone)
    assert verdict == doctor.Verdict(
        "this folder is no git checkout: make audit works, make test does not", "git init && git add --all"
    )
    subprocess.run(verdict.fix, shell=True, cwd=clone, check=True, capture_output=True)
    assert doctor.check_checkout(clone) == doctor.Verdict("git reads this checkout")


def test_checkout_of_another_user(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    git = folder / "git"
    git.write_text(
        "#!/bin/sh\necho \"fatal: detected dubious ownership; git config --global --add safe.directory '$2'\" >&2; exit 128\n",
        encoding="utf-8",
    )
    git.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    assert doctor.check_checkout(clone) == doctor.Verdict(
        "this checkout belongs to another user, so git does not read it, and make test needs git",
        f"git config --global --add safe.directory '{clone}'",
    )


def test_quick_stops_only_for_what_make_cannot_do(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "ROOT", clone)
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    assert doctor.main(["--quick"]) == 0
    assert capsys.readouterr().out == ""
    clone.chmod(0o777)
    assert doctor.main(["--quick"]) == 0
    assert "can be written to by everybody" in capsys.readouterr().out
    as_text(clone / doctor.LINK)
    assert doctor.main(["--quick"]) == 1
    assert "mend it with: git config core.symlinks true" in capsys.readouterr().out


def test_all_checks_count(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "all_checks", lambda *given: [doctor.Verdict("fine"), doctor.Verdict("bad", "mend")])
    assert doctor.main([]) == 1
    said = capsys.readouterr().out
    assert said == "ok     fine\nwrong  bad\n       mend it with: mend\n1 of 2 checks found something to mend.\n"
