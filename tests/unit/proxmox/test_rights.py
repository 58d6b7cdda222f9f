# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights as Proxmox VE lists them, and the commands that grant them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.rights import Rights, grant_commands, listed, major_version

AUDIT = {"VM.Audit": 1}


@pytest.mark.parametrize(
    ("permissions", "extent", "places"),
    [
        ({}, "none", []),
        ({"/": AUDIT}, "all", ["/"]),
        ({"/": {"VM.Audit": 0}}, "some", ["/"]),  # not passed on to what lies below
        ({"/": AUDIT, "/vms": AUDIT}, "all", ["/", "/vms"]),
        ({"/": AUDIT, "/vms": {"Sys.Audit": 1}}, "some", ["/"]),  # a rule further down replaces the one above
        ({"/vms/100": AUDIT}, "some", ["/vms/100"]),
        ({"/pool/lab": AUDIT, "/vms/100": {"VM.Audit": 0}}, "some", ["/pool/lab", "/vms/100"]),
        ({"/storage": {"Datastore.Audit": 1}}, "none", []),
        ({"/": "broken"}, "none", []),
    ],
)
def test_extent(permissions: dict[str, t.Any], extent: str, places: list[str]) -> None:
    rights = Rights(permissions)
    assert rights.extent("/vms", ["VM.Audit"]) == extent
    assert rights.places(["VM.Audit"]) == places


def test_one_guest() -> None:
    rights = Rights({"/vms": {"VM.Audit": 1}, "/vms/100": {"VM.Audit": 0, "VM.Config.Disk": 1}})
    assert rights.on("/vms/101", ["VM.Audit"])
    assert not rights.on("/vms/100", ["VM.Audit"])
    assert not rights.on("/nodes/north", ["VM.Audit"])


def test_grant_commands() -> None:
    assert grant_commands("audit@pve") == "pveum acl modify / --users audit@pve --roles PVEAuditor"
    assert grant_commands("audit@pve!deepdive") == (
        "pveum acl modify / --users audit@pve --roles PVEAuditor && "
        "pveum acl modify / --tokens 'audit@pve!deepdive' --roles PVEAuditor"
    )
    assert grant_commands("a b@ldap", path="/vms") == "pveum acl modify /vms --users 'a b@ldap' --roles PVEAuditor"


def test_listed() -> None:
    assert listed(["/vms/1", "/vms/2"]) == "/vms/1, /vms/2"
    assert listed([f"/vms/{vmid}" for vmid in range(1, 9)]) == "/vms/1, /vms/2, /vms/3, /vms/4, /vms/5 and 3 more"


@pytest.mark.parametrize(("version", "major"), [("9.1.4", 9), ("8.4", 8), ("10", 10), ("", 0), ("new", 0)])
def test_major_version(version: str, major: int) -> None:
    assert major_version(version) == major
