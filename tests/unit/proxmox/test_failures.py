# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words for answers that say no."""

from __future__ import annotations

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.connection import Address, Connection
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.failures import one_line, refused, unanswered, was_lost

TOKEN = Connection("home", (Address("192.0.2.11", 8006),), "audit@pve", "deepdive", "s3cret-long")
PASSWORD = Connection("home", (Address("192.0.2.11", 8006),), "audit@pve", None, "s3cret")
GRANT = (
    "pveum acl modify / --users audit@pve --roles PVEAuditor && pveum acl modify / --tokens 'audit@pve!deepdive' --roles PVEAuditor"
)
LOGIN = "cannot log in to proxmox 'home' as audit@pve!deepdive: "


@pytest.mark.parametrize(
    ("status", "words", "reason", "message", "remedy"),
    [
        (
            401,
            "no such token 'deepdive' for user 'audit@pve'",
            "unauthorized",
            LOGIN + "no such token 'deepdive' for user 'audit@pve'",
            "pveum user token add audit@pve deepdive --privsep 1, and write the secret that it prints into api_token_secret",
        ),
        (
            401,
            "invalid token value!",
            "unauthorized",
            LOGIN + "invalid token value!",
            "the secret of a token is shown only once; make a new one: pveum user token remove audit@pve deepdive && "
            "pveum user token add audit@pve deepdive --privsep 1, and give it its rights again",
        ),
        (
            401,
            "token 'deepdive' access expired",
            "unauthorized",
            LOGIN + "token 'deepdive' access expired",
            "pveum user token modify audit@pve deepdive --expire 0, or with a later time in seconds since 1970",
        ),
        (
            401,
            "user 'audit@pve' access expired",
            "unauthorized",
            LOGIN + "user 'audit@pve' access expired",
            "pveum user modify audit@pve --expire 0",
        ),
        (
            401,
            "user 'audit@pve' is disabled",
            "unauthorized",
            LOGIN + "user 'audit@pve' is disabled",
            "pveum user modify audit@pve --enable 1",
        ),
        (
            401,
            "",
            "unauthorized",
            LOGIN + "the API says no",
            "check api_user, api_token_id and api_token_secret against: pveum user token list audit@pve",
        ),
        (
            403,
            "Permission check failed (/, Sys.Audit)",
            "forbidden",
            "cannot read /nodes/pve2/status: audit@pve!deepdive lacks Sys.Audit on /",
            GRANT,
        ),
        (
            403,
            "Permission check failed (/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)",
            "forbidden",
            "cannot read /nodes/pve2/status: audit@pve!deepdive lacks VM.GuestAgent.Audit or VM.GuestAgent.Unrestricted "
            "on /vms/100",
            GRANT,
        ),
        (
            403,
            "Permission check failed",
            "forbidden",
            "cannot read /nodes/pve2/status: audit@pve!deepdive may not (403 Permission check failed)",
            GRANT,
        ),
        (
            501,
            "Method 'GET /x' not implemented",
            "unsupported",
            "cannot read /nodes/pve2/status: proxmox 'home' does not know it (501 Method 'GET /x' not implemented)",
            "",
        ),
        (
            595,
            "No route to host",
            "unreachable",
            "cannot read /nodes/pve2/status: host pve2 does not answer (595 No route to host)",
            "check that pve2 is on and in the cluster: pvecm status",
        ),
        (
            502,
            "Bad Gateway",
            "unreachable",
            "cannot read /nodes/pve2/status: 502 Bad Gateway",
            "check that the host is on, that api_host is right and that no firewall blocks the port",
        ),
        (500, "rbd error", "invalid", "cannot read /nodes/pve2/status: 500 rbd error", ""),
    ],
)
def test_refused(status: int, words: str, reason: str, message: str, remedy: str) -> None:
    error = refused(TOKEN, "/nodes/pve2/status", status, words)
    assert (error.reason, str(error), error.remedy, error.status) == (reason, message, remedy, status)


def test_refused_password() -> None:
    error = refused(PASSWORD, "/access/ticket", 401, "authentication failure")
    assert str(error) == "cannot log in to proxmox 'home' as audit@pve: authentication failure"
    assert error.remedy == "check api_user, with its realm such as audit@pve, and api_password"


def test_words_of_a_server() -> None:
    assert one_line("token\x1b[31m s3cret-long\r\n is wrong", "s3cret-long") == "token [31m … is wrong"
    assert one_line("Permission check failed", "s") == "Permission check failed"
    assert one_line("x" * 500) == "x" * 199 + "…"


def test_no_route() -> None:
    error = unanswered(OSError(113, "No route to host"), Address("192.0.2.11", 8006), "/version", 5, False)
    assert (error.reason, str(error)) == ("unreachable", "cannot connect to 192.0.2.11:8006: No route to host")


def test_was_lost_looks_behind_wrappers() -> None:
    outer = RuntimeError("wrapped")
    outer.__cause__ = ValueError(ConnectionResetError("reset"))
    assert was_lost(outer)
    assert not was_lost(RuntimeError(ConnectionRefusedError("no")))
