# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Proxmox VE stand-in: shapes as the API schema has them, and the behaviour in which plain fakepve differs."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import typing as t
from pathlib import Path

import pytest
from fakepve import schema
from lab.certificates import Certificates
from lab.fakepve_server import AuditPve, load_lab, running_pve

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.allowed import ALLOWED

TOKENS = {f"{user['userid']}!{token['id']}": token["secret"] for user in load_lab()["users"] for token in user["tokens"]}
AUDIT, EMPTY, NO_AGENT, EXPIRED, ROOT = (
    f"{name}" for name in ("audit@pve!deepdive", "audit@pve!empty", "audit@pve!noagent", "audit@pve!expired", "root@pam!terraform")
)
AUDIT_PRIVILEGES = ["Datastore.Audit", "Pool.Audit", "SDN.Audit", "Sys.Audit", "VM.Audit", "VM.GuestAgent.Audit"]
# Keys that Proxmox sends although its schema does not name them.
UNDOCUMENTED = {
    "/nodes": {"id", "type", "disk", "maxdisk"},
    "/nodes/{node}/status": {"mhz", "flags", "hvm", "user_hz"},
    "/cluster/backup": {"type"},
    "/nodes/{node}/qemu/{vmid}/config": {"digest"},
    # Whatever storage.cfg holds.
    "/storage": {
        "type",
        "content",
        "path",
        "server",
        "export",
        "options",
        "prune-backups",
        "shared",
        "digest",
        "vgname",
        "thinpool",
    },
}


class Answer(t.NamedTuple):
    status: int
    reason: str
    closes: bool
    body: str

    @property
    def data(self) -> t.Any:
        return json.loads(self.body)["data"]


class Client:
    def __init__(self, pve: AuditPve, certificates: Certificates) -> None:
        self.pve = pve
        self._context = ssl.create_default_context(cafile=certificates.ca)
        # As Python 3.13 would: the authority is as lax as that of Proxmox.
        self._context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)

    def get(self, path: str, token: str | None = AUDIT, secret: str | None = None, timeout: float = 10) -> Answer:
        headers = {"Authorization": f"PVEAPIToken={token}={secret or TOKENS.get(str(token), 'none')}"} if token else {}
        connection = http.client.HTTPSConnection("127.0.0.1", self.pve.port, context=self._context, timeout=timeout)
        try:
            connection.request("GET", f"/api2/json{path}", headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.reason, response.will_close, response.read().decode())
        finally:
            connection.close()


@pytest.fixture
def client(tmp_path: Path) -> t.Iterator[Client]:
    with running_pve(tmp_path) as (pve, certificates):
        yield Client(pve, certificates)


def problems(sch: dict[str, t.Any], value: t.Any, extra: t.Collection[str], where: str = "") -> list[str]:
    """How a value differs from the ``returns`` of a method."""
    if sch.get("type") == "array":
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [found for number, item in enumerate(value) for found in problems(sch["items"], item, extra, f"{where}[{number}]")]
    if sch.get("type") == "object":
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        properties = sch.get("properties", {})
        found = [f"{where}: lacks {key}" for key, sub in properties.items() if not sub.get("optional") and key not in value]
        for key, item in value.items():
            known = properties.get(key) or properties.get(key.rstrip("0123456789") + "[n]")
            if known:
                found += problems(known, item, extra, f"{where}.{key}")
            elif properties and key not in extra and not sch.get("additionalProperties"):
                found.append(f"{where}: has {key}")
        return found
    _coerced, error = schema.check_value(sch, value)
    return [f"{where}: {error}"] if error else []


GETS = [template for method, template in ALLOWED["proxmox"] if method == "GET" and "lxc" not in template]


@pytest.mark.parametrize("template", GETS)
def test_shapes_are_those_of_the_schema(client: Client, template: str) -> None:
    returns = schema.load().paths[template]["GET"]["returns"]
    asked = [
        (host["name"], guest) for host in load_lab()["hosts"] for guest in load_lab()["guests"] if guest["node"] == host["name"]
    ]
    if "/agent/" in template:
        asked = [(host, guest) for host, guest in asked if isinstance(guest.get("agent"), list)]
    for path in {template.format(node=host, vmid=guest["vmid"]) for host, guest in asked}:
        answer = client.get(path)
        assert answer.status == 200, path
        assert "fake" not in answer.body
        assert problems(returns, answer.data, UNDOCUMENTED.get(template, ())) == [], path


def test_the_check_of_shapes_finds_what_is_wrong() -> None:
    returns = schema.load().paths["/cluster/status"]["GET"]["returns"]
    good = {"id": "node/a", "name": "a", "type": "node", "online": 1}
    assert problems(returns, [good], ()) == []
    assert problems(returns, [{**good, "type": "x", "more": 1}], ()) == [
        "[0].type: value 'x' does not have a value in the enumeration 'cluster, node'",
        "[0]: has more",
    ]
    assert problems(returns, [{"type": "node"}], ()) == ["[0]: lacks id", "[0]: lacks name"]


@pytest.mark.parametrize(
    ("token", "secret", "reason"),
    [
        (None, None, "No ticket"),
        ("nobody@pve!x", "x", "no such user ('nobody@pve')"),
        ("audit@pve!other", "x", "no such token 'other' for user 'audit@pve'"),
        (AUDIT, "wrong", "invalid token value!"),
        (EXPIRED, None, "token 'expired' access expired"),
    ],
)
def test_refused_logins(client: Client, token: str | None, secret: str | None, reason: str) -> None:
    assert client.get("/version", token, secret) == Answer(401, reason, True, "")
    assert client.pve.log == [{"method": "GET", "path": "/version", "user": None, "status": 401}]


@pytest.mark.parametrize(("token", "root"), [(AUDIT, AUDIT_PRIVILEGES), (NO_AGENT, AUDIT_PRIVILEGES[:-1]), (EMPTY, None)])
def test_permissions_are_truthful(client: Client, token: str, root: list[str] | None) -> None:
    held = client.get("/access/permissions", token).data
    assert (sorted(held["/"]) if held else None) == root
    assert all(value == 1 for privileges in held.values() for value in privileges.values())


def test_a_token_has_no_more_than_its_user(client: Client) -> None:
    client.pve.acl["audit@pve"] = [("/", {"Sys.Audit"})]
    assert sorted(client.get("/access/permissions").data["/vms"]) == ["Sys.Audit"]
    assert client.get("/nodes/raiden/qemu/211/config").reason == "Permission check failed (/vms/211, VM.Audit)"
    assert "Sys.Modify" in client.get("/access/permissions", ROOT).data["/"]


def test_a_grant_further_down_replaces_the_one_above(client: Client) -> None:
    client.pve.acl[AUDIT].append(("/vms/211", {"VM.Backup"}))
    assert client.get("/nodes/raiden/qemu/211/config").status == 403
    assert client.get("/nodes/raiden/qemu/201/config").status == 200


def test_who_may_see_nothing_sees_nothing(client: Client) -> None:
    assert client.get("/cluster/resources", EMPTY).data == [
        {"id": f"node/{name}", "type": "node", "node": name, "level": "", "status": "online"} for name in ("aether", "raiden")
    ]
    assert client.get("/storage", EMPTY).data == []
    assert {key for row in client.get("/nodes", EMPTY).data for key in row} == {
        "id",
        "type",
        "node",
        "level",
        "status",
        "ssl_fingerprint",
    }
    refused = Answer(
        403,
        "Permission check failed (/, Sys.Audit)",
        True,
        '{"data": null, "message": "Permission check failed (/, Sys.Audit)\\n"}',
    )
    for path in ("/cluster/status", "/cluster/backup", "/cluster/backup-info/not-backed-up"):
        assert client.get(path, EMPTY) == refused


def test_resources(client: Client) -> None:
    rows = client.get("/cluster/resources").data
    assert sorted(row["vmid"] for row in rows if row["type"] == "qemu") == [100, 112, 201, 211, 9000, 9001, 9010]
    assert sorted(row["id"] for row in rows if row["type"] == "storage" and row["shared"]) == [
        "storage/aether/raiden-storage",
        "storage/raiden/raiden-storage",
    ]
    assert {row["type"] for row in client.get("/cluster/resources?type=vm").data} == {"qemu"}
    assert [row["node"] for row in rows if row["type"] == "network"] == ["aether", "raiden"]


def test_an_offline_host(client: Client) -> None:
    client.pve.set_node_offline("raiden")
    assert client.get("/nodes/raiden/status") == Answer(595, "No route to host", True, "")
    rows = {row["id"]: row for row in client.get("/cluster/resources").data}
    assert rows["qemu/211"] == {"id": "qemu/211", "type": "qemu", "node": "raiden", "vmid": 211, "status": "unknown"}
    assert rows["node/raiden"] == {"id": "node/raiden", "type": "node", "node": "raiden", "level": "", "status": "offline"}
    assert "maxdisk" not in rows["storage/raiden/local"]
    assert [row["online"] for row in client.get("/cluster/status").data if row["type"] == "node"] == [1, 0]
    assert client.get("/nodes/aether/status").status == 200


def test_a_silent_host(client: Client) -> None:
    client.pve.silent_nodes.add("raiden")
    assert client.get("/nodes/raiden/status") == Answer(595, "Connection timed out", True, "")
    assert [row["online"] for row in client.get("/cluster/status").data if row["type"] == "node"] == [1, 1]


def test_a_guest_that_vanishes_between_list_and_read(client: Client) -> None:
    client.pve.vanished.add(client.pve.named("k3s-worker-1").vmid)
    assert 211 in [row["vmid"] for row in client.get("/cluster/resources").data if row["type"] == "qemu"]
    answer = client.get("/nodes/raiden/qemu/211/config")
    assert (answer.status, answer.reason) == (500, "Configuration file 'nodes/raiden/qemu-server/211.conf' does not exist")


def test_a_single_host_has_no_cluster(tmp_path: Path) -> None:
    lab = load_lab()
    lab["cluster"] = None
    lab["hosts"] = lab["hosts"][:1]
    lab["guests"] = [guest for guest in lab["guests"] if guest["node"] == "aether"]
    with running_pve(tmp_path, lab=lab) as (pve, certificates):
        rows = Client(pve, certificates).get("/cluster/status").data
    assert [(row["type"], row["nodeid"]) for row in rows] == [("node", 0)]


@pytest.mark.parametrize(
    ("vmid", "node", "words"),
    [
        (100, "aether", "No QEMU guest agent configured"),
        (9000, "raiden", "VM 9000 is not running"),
        (211, "raiden", "QEMU guest agent is not running"),
    ],
)
def test_words_of_the_guest_agent(client: Client, vmid: int, node: str, words: str) -> None:
    client.pve.vm(211).agent_hangs = True
    answer = client.get(f"/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces")
    assert (answer.status, answer.reason, answer.closes) == (500, words, True)


def test_interfaces_are_those_of_the_guest(client: Client) -> None:
    result = client.get("/nodes/raiden/qemu/211/agent/network-get-interfaces").data["result"]
    assert [row["name"] for row in result][:3] == ["lo", "eth0", "docker0"]
    assert result[1]["ip-addresses"][0] == {"ip-address": "192.168.1.211", "ip-address-type": "ipv4", "prefix": 24}
    refused = client.get("/nodes/raiden/qemu/211/agent/network-get-interfaces", NO_AGENT)
    assert refused.reason == "Permission check failed (/vms/211, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)"


def test_pending_changes_are_in_the_configuration_unless_current_is_asked(client: Client) -> None:
    client.pve.vm(211).pending = {"memory": "12288", "tags": None}
    path = "/nodes/raiden/qemu/211/config"
    pending, current = client.get(path).data, client.get(f"{path}?current=1").data
    assert (pending["memory"], "tags" in pending) == ("12288", False)
    assert (current["memory"], current["tags"]) == ("10240", "k0s;production")


def test_guests_that_no_job_includes(client: Client) -> None:
    path = "/cluster/backup-info/not-backed-up"
    assert [row["vmid"] for row in client.get(path).data] == [211, 9000, 9001, 9010]
    client.pve.backup_jobs = [
        {"id": "all", "all": 1, "exclude": "9000,9001,9010"},
        {"id": "here", "vmid": "9000", "node": "aether"},
    ]
    assert [row["vmid"] for row in client.get(path).data] == [9000, 9001, 9010]


def test_unknown_paths_and_hosts(client: Client) -> None:
    assert client.get("/no/such") == Answer(501, "Method 'GET /no/such' not implemented", True, "")
    assert client.get("/nodes/other/status").status == 500


def test_connections_stay_open_only_for_plain_answers(client: Client) -> None:
    assert client.get("/version").closes is False
    assert client.get("/cluster/status").closes is True  # protected: another process answers


@pytest.mark.skipif(not hasattr(ssl, "VERIFY_X509_STRICT"), reason="this Python does not know the strict mode")
def test_its_authority_is_as_lax_as_that_of_proxmox(client: Client) -> None:
    """Refused in the strict mode that is the default since Python 3.13, good otherwise."""
    assert client.get("/version").status == 200
    client._context.verify_flags |= ssl.VERIFY_X509_STRICT
    with pytest.raises(ssl.SSLCertVerificationError):
        client.get("/version")


def test_switches(client: Client) -> None:
    client.pve.forbidden["/nodes/{node}/status"] = None
    client.pve.forbidden["/version"] = "own words"
    assert client.get("/nodes/aether/status").reason == "Permission check failed (/nodes/aether, Sys.Audit)"
    assert client.get("/version").reason == "own words"
    client.pve.hanging["/storage"] = 30
    with pytest.raises(TimeoutError):
        client.get("/storage", timeout=0.3)
    client.pve.apitokens.clear()
    assert client.get("/version").status == 401


def test_stopping_does_not_wait_for_who_hangs(tmp_path: Path) -> None:
    with running_pve(tmp_path) as (pve, certificates):
        pve.hang_all = 60
        with pytest.raises(TimeoutError):
            Client(pve, certificates).get("/version", timeout=0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 5


def test_the_witness_knows_who_asked_for_what(client: Client) -> None:
    client.get("/cluster/resources?type=vm")
    client.get("/cluster/status", EMPTY)
    assert client.pve.log == [
        {"method": "GET", "path": "/cluster/resources", "user": AUDIT, "status": 200},
        {"method": "GET", "path": "/cluster/status", "user": EMPTY, "status": 403},
    ]
