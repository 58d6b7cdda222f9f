# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What missing rights hide is a gap, and never an empty lab."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected, Gap
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.collect import NOUNS

WHO = "audit@pve!deepdive"
GRANT = (
    "pveum acl modify / --users audit@pve --roles PVEAuditor && pveum acl modify / --tokens 'audit@pve!deepdive' --roles PVEAuditor"
)
CONFIG_PATH = "/nodes/{node}/qemu/{vmid}/config"
AGENT_PATH = "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces"


def guests(found: Collected) -> dict[int, dict[str, t.Any]]:
    return {guest["vmid"]: guest for guest in found.nouns["guests"]}


def gaps(found: Collected) -> list[tuple[str, str, str]]:
    return [(gap.what, gap.reason, gap.detail) for gap in found.gaps]


def test_a_token_without_rights_finds_no_empty_lab(cluster: t.Any) -> None:
    found = cluster.collect(cluster.token("empty"))
    who = "audit@pve!empty"
    assert sorted(found.nouns) == ["permissions", "resources", "version"]
    assert found.nouns["permissions"] == [{}]
    assert gaps(found) == [
        ("backup_jobs", "forbidden", f"cannot read /cluster/backup: {who} lacks Sys.Audit on /"),
        ("cluster_status", "forbidden", f"cannot read /cluster/status: {who} lacks Sys.Audit on /"),
        ("guests", "forbidden", f"cannot read guests: {who} lacks VM.Audit on /vms, so they are left out"),
        ("hosts", "forbidden", f"cannot read /nodes/north/status: {who} lacks Sys.Audit on /nodes/north"),
        ("not_backed_up", "forbidden", f"cannot read /cluster/backup-info/not-backed-up: {who} lacks Sys.Audit on /"),
        ("storages", "forbidden", f"cannot read storages: {who} lacks Datastore.Audit on /storage, so they are left out"),
    ]
    assert {gap.remedy for gap in found.gaps} == {GRANT.replace("deepdive", "empty")}


def test_rights_on_one_guest_only(cluster: t.Any) -> None:
    found = cluster.collect(cluster.grant_token("one", {"/vms/100": ["VM.Audit", "VM.GuestAgent.Audit"]}))
    assert list(guests(found)) == [100]
    assert guests(found)[100]["agent"] == "answers"
    told = [gap for gap in found.gaps if gap.noun == "guests"]
    assert [gap.detail for gap in told] == [
        "only some guests can be seen: audit@pve!one lacks VM.Audit on /vms, it has it only on /vms/100"
    ]
    assert told[0].remedy == GRANT.replace("deepdive", "one")


def test_rights_on_a_guest_that_is_not_there(cluster: t.Any) -> None:
    found = cluster.collect(cluster.grant_token("gone", {"/": ["Sys.Audit", "Datastore.Audit"], "/vms/999": ["VM.Audit"]}))
    assert "guests" not in found.nouns
    detail = "cannot read guests: audit@pve!gone lacks VM.Audit on /vms, so they are left out"
    assert gaps(found) == [("guests", "forbidden", detail)]


def test_rows_that_are_there_against_all_rights_are_kept(cluster: t.Any) -> None:
    cluster.pve.hides_rights = True
    found = cluster.collect()
    assert len(found.nouns["guests"]) == 6
    detail = f"only some guests can be seen: {WHO} lacks VM.Audit on /vms"
    assert ("guests", "forbidden", detail) in gaps(found)


def test_rights_without_guests_make_no_empty_list_of_unsaved_guests(cluster: t.Any) -> None:
    found = cluster.collect(cluster.grant_token("system", {"/": ["Sys.Audit"]}))
    assert "not_backed_up" not in found.nouns
    detail = "cannot read guests without a backup job: audit@pve!system lacks VM.Audit on /vms, so they are left out"
    assert ("not_backed_up", "forbidden", detail) in gaps(found)
    assert "hosts" in found.nouns


def test_no_guests_at_all_is_an_empty_list(cluster: t.Any) -> None:
    cluster.pve.vms.clear()
    found = cluster.collect()
    assert (found.nouns["guests"], found.gaps) == ([], [])


def test_agents_that_may_not_be_asked_are_one_gap(cluster: t.Any) -> None:
    found = cluster.collect(cluster.grant_token("look", {"/": ["VM.Audit", "Sys.Audit", "Datastore.Audit"]}))
    detail = "cannot read the addresses of 3 running guests from their agents: audit@pve!look lacks VM.GuestAgent.Audit"
    assert gaps(found) == [("guests/*/agent", "forbidden", detail)]
    assert "/agent/" not in str(cluster.seen())
    assert {vmid: guest.get("agent") for vmid, guest in guests(found).items() if "agent" in guest} == {104: "off"}


def test_an_agent_that_is_refused(cluster: t.Any) -> None:
    cluster.pve.fail("GET", AGENT_PATH, 403, "Permission check failed (/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)")
    found = cluster.collect()
    detail = f"cannot read the addresses of 3 running guests from their agents: {WHO} lacks VM.GuestAgent.Audit"
    assert [(gap.what, gap.detail, gap.remedy) for gap in found.gaps] == [("guests/*/agent", detail, GRANT)]


def test_before_proxmox_ve_9_agents_take_a_strong_right(cluster: t.Any) -> None:
    cluster.pve.lab["version"] = {"version": "8.4.1", "release": "8.4", "repoid": "x"}
    found = cluster.collect(cluster.grant_token("eight", {"/": ["VM.Audit", "Sys.Audit", "Datastore.Audit"]}))
    assert [(gap.what, gap.detail, gap.remedy) for gap in found.gaps] == [
        (
            "guests/*/agent",
            "cannot read the addresses of 3 running guests from their agents: audit@pve!eight lacks VM.Monitor",
            "before Proxmox VE 9 only VM.Monitor allows it, which also allows to run commands in guests; "
            "leave it, or add VM.Monitor to the role of the audit",
        )
    ]


@pytest.mark.parametrize(
    ("template", "words", "gap"),
    [
        (
            "/cluster/backup",
            "Permission check failed (/, Sys.Audit)",
            Gap("backup_jobs", "forbidden", f"cannot read /cluster/backup: {WHO} lacks Sys.Audit on /", GRANT),
        ),
        (
            "/cluster/status",
            "Permission check failed",
            Gap("cluster_status", "forbidden", f"cannot read /cluster/status: {WHO} may not (403 Permission check failed)", GRANT),
        ),
        (
            "/nodes/{node}/qemu/{vmid}/config",
            "Permission check failed (/vms/100, VM.Audit)",
            Gap("guests/100", "forbidden", f"cannot read /nodes/north/qemu/100/config: {WHO} lacks VM.Audit on /vms/100", GRANT),
        ),
    ],
)
def test_one_endpoint_forbidden(cluster: t.Any, template: str, words: str, gap: Gap) -> None:
    cluster.pve.fail("GET", template, 403, words)
    found = cluster.collect()
    assert gap in found.gaps
    if gap.noun == "guests":
        assert guests(found)[100] == {"vmid": 100, "node": "north", "type": "qemu"}
    else:
        assert sorted(set(NOUNS) - set(found.nouns)) == [gap.what]


def test_the_list_itself_forbidden(cluster: t.Any) -> None:
    cluster.pve.fail("GET", "/cluster/resources", 403, "Permission check failed")
    detail = f"cannot read /cluster/resources: {WHO} may not (403 Permission check failed)"
    found = cluster.collect()
    assert gaps(found) == [(noun, "forbidden", detail) for noun in ("guests", "hosts", "resources")]
    assert not {"guests", "hosts", "resources"} & set(found.nouns)


def test_rights_that_cannot_be_read(cluster: t.Any) -> None:
    cluster.pve.fail("GET", "/access/permissions", 500, "boom")
    assert gaps(cluster.collect()) == [("permissions", "invalid", "cannot read /access/permissions: 500 boom")]
    found = cluster.collect(cluster.token("empty"))
    assert "guests" not in found.nouns
    told = "cannot tell whether there are no guests: the rights of audit@pve!empty could not be read"
    assert ("guests", "forbidden", told) in gaps(found)
