# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check what breaks a plain clone, and name the command that mends it: doctor.py [--quick].

Standard library only, and no syntax newer than Python 3.9, so that it can also tell about a Python that is too old. With
--quick only the checks that cost nothing run, and only what is wrong is said; make does that before every audit and test.
"""

from __future__ import annotations

import dataclasses
import locale
import os
import shutil
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = "collections/ansible_collections/homelab/deepdive"
TARGET = "../../.."


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Outcome of one check. fix is the exact command, empty where nothing is wrong; stops says that make cannot work either."""

    text: str
    fix: str = ""
    stops: bool = False


def check_link(root: Path) -> Verdict:
    """The committed link, which lets Ansible find this checkout under its collection name."""
    link = root / LINK
    remake = f"rm -rf {LINK} && mkdir -p {Path(LINK).parent} && ln -s {TARGET} {LINK}"
    if link.is_symlink():
        if link.resolve() == root.resolve():
            return Verdict(f"{LINK} leads to this checkout")
        return Verdict(f"{LINK} leads to {os.readlink(link)}, not to this checkout", remake, stops=True)
    if link.is_file():
        cause = "is a text file: git wrote the link as text, because core.symlinks is false"
        return Verdict(f"{LINK} {cause}", f"git config core.symlinks true && {remake}", stops=True)
    if link.is_dir():
        return Verdict(f"{LINK} is a copy and not a link: what is changed in this checkout would not run", remake, stops=True)
    return Verdict(f"{LINK} is missing", remake, stops=True)


def check_folder(root: Path) -> Verdict:
    """Ansible reads no ansible.cfg from a folder that everybody may write to; make names it itself."""
    if root.stat().st_mode & stat.S_IWOTH:
        return Verdict(
            f"{root} can be written to by everybody, so Ansible ignores its ansible.cfg (make names the file itself)",
            'chmod o-w . || export ANSIBLE_CONFIG="$PWD/ansible.cfg"',
        )
    return Verdict("Ansible accepts ansible.cfg from this folder")


def check_configuration(root: Path, environment: t.Mapping[str, str]) -> Verdict:
    """ANSIBLE_CONFIG beats the ansible.cfg of this folder."""
    named = environment.get("ANSIBLE_CONFIG", "")
    if not named or Path(named).resolve() == (root / "ansible.cfg").resolve():
        return Verdict("no other configuration of Ansible is in force")
    return Verdict(f"ANSIBLE_CONFIG names {named}, so Ansible ignores the ansible.cfg of this folder", "unset ANSIBLE_CONFIG")


def check_locale() -> Verdict:
    """Ansible starts only in a UTF-8 locale that is installed; make sets one for itself."""
    try:
        locale.setlocale(locale.LC_ALL, "")
        encoding = locale.getlocale()[1] or "not UTF-8"
    except locale.Error:
        encoding = "one that is not installed here"
    if encoding.lower() in {"utf-8", "utf8"}:
        return Verdict("the locale is UTF-8")
    return Verdict(f"the locale is {encoding}, and Ansible starts only in UTF-8", "export LC_ALL=C.UTF-8")


def check_null_device(path: Path = Path(os.devnull)) -> Verdict:
    """A program that renames its output to /dev/null makes a file of it; git then reads as configuration what others threw away."""
    if path.is_char_device():
        return Verdict(f"{path} is a device")
    return Verdict(
        f"{path} is not a device, so what programs throw away stays there for others to read",
        f"sudo sh -c 'rm -f {path} && mknod -m 666 {path} c 1 3'",
        stops=True,
    )


def check_python(root: Path) -> Verdict:
    """The Python that make would take."""
    found = subprocess.run(["sh", str(root / "tests/gates/python.sh")], capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return Verdict(f"Python: {found.stdout.strip()}")
    return Verdict(found.stderr.strip(), "sudo apt-get install python3-venv", stops=True)


def check_program(name: str) -> Verdict:
    """A program that make needs beside Python."""
    path = shutil.which(name)
    if path:
        return Verdict(f"{name}: {path}")
    return Verdict(f"{name} is not installed", f"sudo apt-get install {name}", stops=True)


def check_checkout(root: Path) -> Verdict:
    """The gates take the list of files from git, which does not answer in a checkout that it does not trust."""
    if not shutil.which("git"):
        return Verdict("git is not installed", "sudo apt-get install git")
    answer = subprocess.run(["git", "-C", str(root), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False)
    if answer.returncode == 0 and Path(answer.stdout.strip()).resolve() == root.resolve():
        return Verdict("git reads this checkout")
    if "safe.directory" in answer.stderr:
        return Verdict(
            "this checkout belongs to another user, so git does not read it, and make test needs git",
            f"git config --global --add safe.directory '{root}'",
        )
    return Verdict("this folder is no git checkout: make audit works, make test does not", "git init && git add --all")


def quick_checks(root: Path, environment: t.Mapping[str, str]) -> list[Verdict]:
    return [check_link(root), check_folder(root), check_configuration(root, environment), check_null_device()]


def all_checks(root: Path, environment: t.Mapping[str, str]) -> list[Verdict]:
    slow = [check_locale(), check_python(root), check_program("make"), check_checkout(root)]
    return [*quick_checks(root, environment), *slow]


def main(arguments: list[str]) -> int:
    """Print the verdicts; 1 if anything is wrong, with --quick only if make itself cannot work."""
    quick = "--quick" in arguments
    verdicts = (quick_checks if quick else all_checks)(ROOT, os.environ)
    wrong = [verdict for verdict in verdicts if verdict.fix]
    for verdict in wrong if quick else verdicts:
        print(f"wrong  {verdict.text}\n       mend it with: {verdict.fix}" if verdict.fix else f"ok     {verdict.text}")
    if quick:
        return int(any(verdict.stops for verdict in wrong))
    print(f"{len(wrong)} of {len(verdicts)} checks found something to mend." if wrong else "Nothing to mend.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
