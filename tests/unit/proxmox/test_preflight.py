# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight: which step fails, its words and the command that helps."""

from __future__ import annotations

import socket
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.checks import Check
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.preflight import preflight

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")

GRANT = "pveum acl modify / --users audit@pve --roles PVEAuditor && pveum acl modify / --tokens 'audit@pve!{0}' --roles PVEAuditor"


def check(options: dict[str, t.Any]) -> list[Check]:
    return preflight(options, Ledger())


def short(checks: list[Check]) -> list[tuple[str, bool, str]]:
    return [(one.step, one.ok, one.detail) for one in checks]


def test_all_is_well(cluster: t.Any) -> None:
    checks = check(cluster.options())
    assert short(checks) == [
        ("reachable", True, f"{cluster.address} answers"),
        ("tls", True, "the certificate is verified with ca_path"),
        ("login", True, "audit@pve!deepdive is logged in to Proxmox VE 9.1.4"),
        ("rights", True, "audit@pve!deepdive may read all that the audit reads"),
    ]
    assert {(one.source, one.name, one.remedy) for one in checks} == {("proxmox", "home", "")}
    assert cluster.seen() == [("GET", "/access/permissions", 200), ("GET", "/version", 200)]


def test_no_rights(cluster: t.Any) -> None:
    checks = check(cluster.token("empty"))
    assert short(checks[3:]) == [
        (
            "rights",
            False,
            "cannot read the state of the cluster and of its hosts, and the backup jobs: audit@pve!empty lacks Sys.Audit on /",
        ),
        ("rights", False, "cannot read guests: audit@pve!empty lacks VM.Audit on /vms"),
        ("rights", False, "cannot read the addresses of guests: audit@pve!empty lacks VM.GuestAgent.Audit on /vms"),
        ("rights", False, "cannot read storages: audit@pve!empty lacks Datastore.Audit on /storage"),
    ]
    assert {one.remedy for one in checks[3:]} == {GRANT.format("empty")}


def test_rights_on_a_part(cluster: t.Any) -> None:
    options = cluster.grant_token("part", {"/": ["Sys.Audit", "Datastore.Audit"], "/vms/100": ["VM.Audit", "VM.GuestAgent.Audit"]})
    assert short(check(options)[3:]) == [
        ("rights", False, "cannot read guests: audit@pve!part lacks VM.Audit on /vms, it has it only on /vms/100"),
        (
            "rights",
            False,
            "cannot read the addresses of guests: audit@pve!part lacks VM.GuestAgent.Audit on /vms, it has it only on /vms/100",
        ),
    ]


def test_before_proxmox_ve_9_the_agent_is_optional(cluster: t.Any) -> None:
    cluster.pve.lab["version"] = {"version": "8.4.1", "release": "8.4", "repoid": "x"}
    options = cluster.grant_token("eight", {"/": ["VM.Audit", "Sys.Audit", "Datastore.Audit"]})
    assert short(check(options)[3:]) == [
        ("rights", True, "audit@pve!eight may read all that the audit reads"),
        (
            "rights",
            True,
            "the addresses of guests are not read: before Proxmox VE 9 only VM.Monitor opens them, and commands in guests, too",
        ),
    ]


def test_login_fails(cluster: t.Any) -> None:
    checks = check(cluster.options(api_token_secret="wrong"))
    assert short(checks) == [
        ("reachable", True, f"{cluster.address} answers"),
        ("tls", True, "the certificate is verified with ca_path"),
        ("login", False, "cannot log in to proxmox 'home' as audit@pve!deepdive: invalid token value!"),
    ]
    assert checks[-1].remedy.startswith("the secret of a token is shown only once; make a new one: pveum user token remove")


def test_second_factor(cluster: t.Any) -> None:
    cluster.pve.tfa = True
    checks = check(cluster.options(api_token_id=None, api_password="correct horse"))
    assert [one.step for one in checks] == ["reachable", "tls", "login"]
    assert checks[-1].detail.endswith("the user has a second factor; use an API token: api_token_id and api_token_secret")


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"validate_certs": False, "ca_path": None}, "the certificate is not checked: validate_certs is false"),
        ({"validate_certs": True}, "the certificate is verified with ca_path"),
    ],
)
def test_how_the_certificate_is_checked(cluster: t.Any, options: dict[str, t.Any], detail: str) -> None:
    assert short(check(cluster.options(**options)))[1] == ("tls", True, detail)


def test_tls_fails(cluster: t.Any) -> None:
    checks = check(cluster.options(ca_path=None))
    assert short(checks) == [
        ("reachable", True, f"{cluster.address} accepts connections"),
        ("tls", False, f"cannot verify the certificate of {cluster.address}: unable to get local issuer certificate"),
    ]
    assert checks[-1].remedy.startswith("set ca_path to the file /etc/pve/pve-root-ca.pem of the host, or fingerprint to what")


def test_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    options = {"name": "home", "api_host": [f"127.0.0.1:{port}"], "api_user": "a@pve", "api_token_id": "t", "api_token_secret": "s"}
    checks = check(options)
    assert short(checks) == [("reachable", False, f"cannot connect to 127.0.0.1:{port}: the connection was refused")]
    assert checks[0].remedy == "check that the host is on, that api_host is right and that no firewall blocks the port"


def test_mistakes_of_the_lab_file_are_checks(cluster: t.Any, tmp_path: Path) -> None:
    [mistake] = check(cluster.options(api_user="audit"))
    assert (mistake.step, mistake.ok) == ("reachable", False)
    assert mistake.detail == "cannot log in to proxmox 'home': api_user 'audit' has no realm; write audit@pve or audit@pam"
    [mistake] = check(cluster.options(ca_path=str(tmp_path / "none")))
    assert (mistake.step, mistake.detail.split(";")[0]) == (
        "tls",
        f"cannot read ca_path {tmp_path / 'none'} of proxmox 'home': No such file or directory",
    )


def test_something_else_answers(stub: t.Any) -> None:
    checks = check(stub(lambda handler: handler.answer(200, b"<html>")).options)
    assert short(checks) == [
        ("reachable", False, "cannot read /version: the answer of proxmox 'home' is not one of the Proxmox VE API")
    ]


@pytest.mark.parametrize(("addresses", "seconds"), [(1, 5.0), (2, 2.5), (9, 1.0)])
def test_addresses_share_the_time(cluster: t.Any, monkeypatch: pytest.MonkeyPatch, addresses: int, seconds: float) -> None:
    from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import preflight as preflight_file

    given = []
    real = preflight_file.Client
    monkeypatch.setattr(preflight_file, "Client", lambda *rest: given.append(rest[2]) or real(*rest))
    check(cluster.options(api_host=[cluster.address] * addresses))
    assert given == [seconds]


def test_a_hanging_host_takes_a_few_seconds(cluster: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import preflight as preflight_file

    monkeypatch.setattr(preflight_file, "_READ_SECONDS", 0.3)
    cluster.pve.slow["/version"] = 3
    begin = time.monotonic()
    checks = check(cluster.options(timeout=60))
    assert time.monotonic() - begin < 2
    assert short(checks) == [("reachable", False, f"cannot read /version from {cluster.address}: no answer within 0.3 seconds")]
