# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole cluster as evidence, and what each fault of it costs."""

from __future__ import annotations

import json
import typing as t

import pytest
from lab import fakepve_server

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import transport
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


# ------------------------------------------------------------------ all is well


def test_everything(cluster: t.Any) -> None:
    found = cluster.collect()
    assert (found.state, found.identity, found.version, found.gaps) == ("read", WHO, "9.1.4", [])
    assert sorted(found.nouns) == sorted(NOUNS)
    assert found.nouns["version"] == [{"version": "9.1.4", "release": "9.1", "repoid": "5ac30304265fbd8e"}]
    assert found.nouns["permissions"][0]["/"]["Sys.Audit"] == 1
    assert [row["name"] for row in found.nouns["cluster_status"]] == ["small", "north", "south"]
    assert [host["node"] for host in found.nouns["hosts"]] == ["north", "south"]
    assert found.nouns["hosts"][0]["status"]["current-kernel"]["release"] == "6.17.2-1-pve"
    assert [row["storage"] for row in found.nouns["storages"]] == ["local-lvm"]
    assert [row["id"] for row in found.nouns["backup_jobs"]] == ["backup-1"]
    assert [row["vmid"] for row in found.nouns["not_backed_up"]] == [101, 102, 103, 104]
    assert {row["type"] for row in found.nouns["resources"]} == {"qemu", "node", "storage", "network"}


def test_guests(cluster: t.Any) -> None:
    read = guests(cluster.collect())
    assert {vmid: guest.get("agent") for vmid, guest in read.items()} == {
        100: "answers",
        101: "silent",
        102: None,
        103: None,
        104: "off",
        105: "answers",
    }
    assert read[100]["interfaces"] == [
        {"name": "eth0", "mac": "BC:24:11:00:00:00", "addresses": ["198.51.100.100"]},
        {"name": "lo", "mac": "00:00:00:00:00:00", "addresses": ["127.0.0.1", "::1"]},
    ]
    assert read[105]["config"]["smbios1"] == "uuid=0d2c3a7e-5b1f-4c06-9a52-000000000105"
    assert "interfaces" not in read[101]
    assert "interfaces" not in read[102]


def test_agents_of_stopped_guests_and_templates_are_never_asked(cluster: t.Any) -> None:
    cluster.pve.vm(103).status = "running"  # a template that the list calls running
    cluster.collect()
    asked = [path for method, path, status in cluster.seen() if "/agent/" in path]
    assert asked == [
        f"/nodes/{place}/agent/network-get-interfaces" for place in ("north/qemu/100", "north/qemu/101", "south/qemu/105")
    ]


def test_how_much_is_asked_of_a_host_at_once(crowded: t.Any) -> None:
    crowded.pve.slow = dict.fromkeys((CONFIG_PATH, AGENT_PATH), 0.05)
    assert all(guest["agent"] == "answers" for guest in crowded.collect().nouns["guests"])
    assert crowded.pve.busiest[CONFIG_PATH, "north"] == 4
    assert crowded.pve.busiest[AGENT_PATH, "north"] == 2


def test_the_ledger_is_what_the_server_saw(cluster: t.Any) -> None:
    ledger = Ledger()
    cluster.collect(ledger=ledger)
    assert sorted((entry.verb, entry.path, entry.status) for entry in ledger.requests) == cluster.seen()
    assert {entry.verb for entry in ledger.requests} == {"GET"}
    assert {entry.identity for entry in ledger.requests} == {WHO}
    assert all(entry.allowed and entry.bytes > 0 and entry.endpoint for entry in ledger.requests)


def test_containers(cluster: t.Any) -> None:
    net = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:10,ip=198.51.100.210/24,type=veth"
    cluster.pve.add_ct(210, "dns", node="north", status="running", config={"hostname": "dns", "net0": net})
    cluster.pve.add_ct(211, "old", node="north", status="stopped", config={"hostname": "old"})
    found = cluster.collect()
    read = guests(found)
    assert found.gaps == []
    assert read[210]["type"] == "lxc"
    assert read[210]["config"]["hostname"] == "dns"
    assert {"name": "eth0", "mac": "BC:24:11:00:01:10", "addresses": ["198.51.100.210"]} in read[210]["interfaces"]
    assert "agent" not in read[210]
    assert "interfaces" not in read[211]
    assert not any("211/interfaces" in path for method, path, status in cluster.seen())


def test_the_configuration_of_now_is_read(cluster: t.Any) -> None:
    cluster.pve.vm(100).pending = {"onboot": 0}
    assert guests(cluster.collect())[100]["config"]["onboot"] == 1


def test_same_answers_same_evidence(cluster: t.Any) -> None:
    first, second = cluster.collect(), cluster.collect()
    assert first.nouns == second.nouns


def test_gather(cluster: t.Any) -> None:
    found = cluster.collect(cluster.options(gather=["guests"]))
    assert sorted(found.nouns) == ["guests", "version"]
    paths = {path for method, path, status in cluster.seen()}
    assert "/cluster/resources" in paths
    assert not paths & {"/cluster/status", "/storage", "/cluster/backup", "/nodes/north/status"}


def test_nothing_of_a_note_gets_out(cluster: t.Any) -> None:
    config = cluster.pve.vm(100).config
    config["description"] = "Console: admin\npassword: canary-note-4411\n"
    config["args"] = "-fw_cfg name=opt/a,string=canary-args-4412"
    config["cipassword"] = "canary-cloud-4413"
    config["tags"] = "production;token"
    found = cluster.collect()
    assert "canary" not in json.dumps(found.nouns)
    read = guests(found)[100]["config"]
    assert read["description"].startswith("Console: admin\npassword: «masked:")
    assert read["tags"] == "production;token"


# ------------------------------------------------------------- hosts and guests


def test_an_offline_host(cluster: t.Any) -> None:
    cluster.pve.set_node_offline("south")
    found = cluster.collect()
    assert [(gap.what, gap.reason, gap.detail, gap.remedy) for gap in found.gaps] == [
        (
            "hosts/south",
            "unreachable",
            "cannot read host south: the cluster says that it is offline",
            "start south, or look at its network",
        )
    ]
    assert guests(found)[105] == {"vmid": 105, "node": "south", "type": "qemu"}
    assert {"node": "south"} in found.nouns["hosts"]
    assert "config" in guests(found)[100]
    assert not any(path.startswith("/nodes/south") for method, path, status in cluster.seen())


def test_a_host_that_is_listed_online_and_silent(cluster: t.Any) -> None:
    cluster.pve.silence("/nodes/south/status", "/nodes/south/qemu/105/config")
    detail = "cannot read host south: it does not answer (595 Connection timed out)"
    found = cluster.collect()
    assert gaps(found) == [("hosts/south", "unreachable", detail)]
    assert guests(found)[105] == {"vmid": 105, "node": "south", "type": "qemu"}
    assert len([path for method, path, status in cluster.seen() if path.startswith("/nodes/south")]) == 1


def test_a_host_that_falls_silent_while_its_guests_are_read(cluster: t.Any) -> None:
    cluster.pve.silence("/nodes/south/status", "/nodes/south/qemu/105/config")
    found = cluster.collect(cluster.options(gather=["guests"]))
    detail = "cannot read host south: it does not answer (595 Connection timed out)"
    assert gaps(found) == [("hosts/south", "unreachable", detail)]


def test_a_slow_host_is_given_up(cluster: t.Any) -> None:
    cluster.pve.slow["/nodes/{node}/qemu/{vmid}/config"] = 3
    found = cluster.collect(cluster.options(timeout=1, gather=["guests"]))
    slow = "/nodes/south/qemu/105/config"
    assert gaps(found) == [
        ("guests/105", "timeout", f"cannot read {slow} from {cluster.address}: no answer within 1 seconds"),
        ("hosts/north", "timeout", "cannot read host north: its answers take too long"),
    ]
    assert found.nouns["guests"][0] == {"vmid": 100, "node": "north", "type": "qemu"}


def test_a_guest_that_vanishes(cluster: t.Any) -> None:
    words = "Configuration file 'nodes/north/qemu-server/100.conf' does not exist"
    cluster.pve.fail("GET", "/nodes/north/qemu/100/config", 500, words)
    found = cluster.collect()
    detail = f"cannot read guest 100 on north: it vanished between the list and the read ({words})"
    assert [(gap.what, gap.reason, gap.detail, gap.remedy) for gap in found.gaps] == [
        ("guests/100", "invalid", detail, "run the audit again")
    ]
    assert guests(found)[100] == {"vmid": 100, "node": "north", "type": "qemu"}
    assert len(found.nouns["guests"]) == 6


@pytest.mark.parametrize(
    ("path", "words", "gap"),
    [
        (
            AGENT_PATH.format(node="north", vmid=100),
            "Configuration file 'nodes/north/qemu-server/100.conf' does not exist",
            "100/agent",
        ),
        ("/nodes/north/lxc/210/interfaces", "Configuration file 'nodes/north/lxc/210.conf' does not exist", "210/interfaces"),
        ("/nodes/north/lxc/210/config", "no such CT ('210') - does not exist", "210"),
    ],
)
def test_a_guest_that_vanishes_while_it_is_read(cluster: t.Any, path: str, words: str, gap: str) -> None:
    cluster.pve.add_ct(210, "dns", node="north", status="running", config={"hostname": "dns"})
    cluster.pve.fail("GET", path, 500, words)
    found = cluster.collect()
    vmid = int(gap.partition("/")[0])
    detail = f"cannot read guest {vmid} on north: it vanished between the list and the read ({words})"
    assert gaps(found) == [(f"guests/{gap}", "invalid", detail)]
    read = guests(found)[vmid]
    assert "interfaces" not in read
    assert read.get("agent") != "answers"
    assert len(found.nouns["guests"]) == 7


def test_one_host_that_does_not_answer_costs_only_its_own(cluster: t.Any) -> None:
    """It goes silent at the first of its agents, when status and configuration have been read."""
    cluster.pve.add_ct(210, "dns", node="south", status="running", config={"hostname": "dns"})
    cluster.pve.silence(AGENT_PATH.format(node="south", vmid=105), "/nodes/south/lxc/210/interfaces")
    found = cluster.collect()
    assert gaps(found) == [("hosts/south", "unreachable", "cannot read host south: it does not answer (595 Connection timed out)")]
    read = guests(found)
    assert (read[100]["agent"], read[101]["agent"]) == ("answers", "silent")
    assert "agent" not in read[105]
    assert "interfaces" not in read[105]
    assert "interfaces" not in read[210]


def test_a_hung_agent(cluster: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "AGENT_SECONDS", 0.3)
    cluster.pve.slow[AGENT_PATH] = 2
    found = cluster.collect(cluster.options(timeout=1, gather=["guests"]))
    path = "/nodes/north/qemu/100/agent/network-get-interfaces"
    detail = f"cannot read {path} from {cluster.address}: no answer within 1 seconds"
    assert ("guests/100/agent", "timeout", detail) in gaps(found)
    assert [gap.what for gap in found.gaps] == ["guests/100/agent", "guests/101/agent", "guests/105/agent"]
    assert guests(found)[100]["agent"] == "silent"
    assert "config" in guests(found)[100]


@pytest.mark.parametrize(
    ("words", "agent", "gap"),
    [
        ("QEMU guest agent is not running", "silent", None),
        ("VM 100 qmp command 'guest-ping' failed - got timeout", "silent", None),
        ("No QEMU guest agent configured", "off", None),
        ("VM 100 is not running", None, None),
        ("rados error", None, "cannot read /nodes/north/qemu/100/agent/network-get-interfaces: 500 rados error"),
    ],
)
def test_words_of_agents(cluster: t.Any, words: str, agent: str | None, gap: str | None) -> None:
    cluster.pve.fail("GET", "/nodes/north/qemu/100/agent/network-get-interfaces", 500, words)
    found = cluster.collect()
    assert guests(found)[100].get("agent") == agent
    assert gaps(found) == ([("guests/100/agent", "invalid", gap)] if gap else [])


@pytest.mark.parametrize(
    ("result", "reason", "detail"),
    [
        (
            {"error": {"class": "CommandDisabled", "desc": "The command has been disabled"}},
            "unsupported",
            "cannot read the addresses of guest 100: its guest agent refuses the command (The command has been disabled)",
        ),
        (None, "invalid", "cannot read the addresses of guest 100: its guest agent gives no list of network cards"),
    ],
)
def test_odd_answers_of_agents(cluster: t.Any, result: t.Any, reason: str, detail: str) -> None:
    cluster.pve.vm(100).agent = {"interfaces": result}
    found = cluster.collect()
    assert gaps(found) == [("guests/100/agent", reason, detail)]
    assert guests(found)[100]["agent"] == "answers"


# ------------------------------------------------------------ the whole source


def test_a_wrong_token_is_one_gap(cluster: t.Any) -> None:
    found = cluster.collect(cluster.options(api_token_secret="wrong"))
    assert (found.state, found.nouns, found.identity) == ("failed", {}, WHO)
    assert gaps(found) == [("source", "unauthorized", f"cannot log in to proxmox 'home' as {WHO}: invalid token value!")]


def test_what_the_user_wrote_wrong_stops(cluster: t.Any) -> None:
    with pytest.raises(ConfigError, match=r"^cannot use the fingerprint of proxmox 'home'"):
        cluster.collect(cluster.options(fingerprint="AB"))
    with pytest.raises(ConfigError) as caught:
        cluster.collect(cluster.options(gather=["guests", "vms"]))
    assert str(caught.value) == f"cannot gather vms of proxmox 'home': it knows {', '.join(NOUNS)}"
    assert cluster.seen() == []


def test_broken_rows_cost_only_themselves(cluster: t.Any) -> None:
    cluster.pve._not_backed_up = lambda user: {"vmid": 100}
    found = cluster.collect()
    detail = "cannot read /cluster/backup-info/not-backed-up: the answer of proxmox 'home' has another form than expected"
    assert gaps(found) == [("not_backed_up", "invalid", detail)]


def test_demo_lab(start: t.Any) -> None:
    lab = fakepve_server.load_lab()
    demo = start(lab)
    token = lab["users"][0]["tokens"][0]
    found = demo.collect(
        demo.options(api_user=lab["users"][0]["userid"], api_token_id=token["id"], api_token_secret=token["secret"])
    )
    assert len(found.nouns["guests"]) == len(lab["guests"])
    text = json.dumps(found.nouns).lower()
    assert "canary" not in text
