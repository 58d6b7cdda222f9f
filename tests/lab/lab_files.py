# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every demo lab needs on disk: the lab file that the audit reads, and the Git checkout of the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import yaml

DEMO_LAB = Path(__file__).resolve().parent / "demo_lab"
Config = dict[str, t.Any]


def write_lab_file(path: Path, config: Config) -> None:
    """Write a lab file; it holds a token, so it is the owner's alone."""
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({"plugin": "homelab.deepdive.lab", **config}, sort_keys=False), encoding="utf-8")


def proxmox_entry(port: int, ca: Path, token: str = "deepdive") -> Config:
    """The Proxmox entry of a lab file for the stand-in on a port, as one of the tokens of audit@pve."""
    users = yaml.safe_load((DEMO_LAB / "proxmox.yml").read_text(encoding="utf-8"))["users"]
    secrets = {entry["id"]: entry["secret"] for user in users if user["userid"] == "audit@pve" for entry in user["tokens"]}
    return {
        "name": "home",
        "api_host": [f"127.0.0.1:{port}"],
        "api_user": "audit@pve",
        "api_token_id": token,
        "api_token_secret": secrets[token],
        "ca_path": str(ca),
    }


def make_checkout(target: Path, *, git: bool = True) -> None:
    """Copy demo_lab/repository and commit it; the commit id is the same every time, whatever the user's Git is set to.

    git: False leaves a plain folder.
    """
    shutil.copytree(DEMO_LAB / "repository", target)
    if not git:
        return
    about = yaml.safe_load((DEMO_LAB / "repository.yml").read_text(encoding="utf-8"))
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(target),
        "GIT_CONFIG_NOSYSTEM": "1",
        # No such file, and so nothing to read.
        "GIT_CONFIG_GLOBAL": str(target / ".git" / "no-config"),
        "GIT_AUTHOR_DATE": about["date"],
        "GIT_COMMITTER_DATE": about["date"],
    }
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": about["author"]["name"], f"GIT_{who}_EMAIL": about["author"]["email"]}
    for arguments in (
        ["init", "--quiet"],
        ["symbolic-ref", "HEAD", f"refs/heads/{about['branch']}"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", about["message"]],
        ["remote", "add", "origin", about["remote"]],
    ):
        subprocess.run(["git", *arguments], cwd=target, env=env, check=True, capture_output=True)
