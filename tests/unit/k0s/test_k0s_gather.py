# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a k0s host gives, what it cannot, in exact words, and that no secret leaves it."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Gap
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import MASK
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.collect import NOUNS

from .conftest import UNITS, Recorded, status

MEMBER_REMEDY = "ask another controller whether this one is still a member: k0s etcd member-list"
STATUS_REMEDY = "see whether k0s runs: systemctl status k0scontroller k0sworker"


def test_a_controller(recorded: Recorded) -> None:
    found = recorded.gather()
    assert found.gaps == []
    assert (found.state, found.identity, found.version) == ("read", "root", "v1.34.4+k0s.0")
    assert sorted(found.nouns) == sorted(NOUNS)
    assert found.nouns["version"] == [{"version": "v1.34.4+k0s.0"}]
    assert found.nouns["status"] == [
        {
            "Version": "v1.34.4+k0s.0",
            "Role": "controller",
            "Workloads": False,
            "SingleNode": False,
            "Args": ["/usr/local/bin/k0s", "controller", "--config=/etc/k0s/k0s.yaml"],
            "K0sVars": {"DataDir": "/var/lib/k0s", "AdminKubeConfigPath": "/var/lib/k0s/pki/admin.conf"},
        }
    ]
    assert found.nouns["config"] == [status()["ClusterConfig"]]
    assert found.nouns["etcd_members"] == [
        {"name": "ctrl-1", "url": "https://192.0.2.31:2380"},
        {"name": "ctrl-2", "url": "https://192.0.2.32:2380"},
    ]
    assert found.nouns["units"][0]["name"] == "k0scontroller.service"
    assert (found.nouns["units"][0]["active"], found.nouns["units"][0]["enabled"], len(found.nouns["units"])) == (True, True, 1)
    assert found.nouns["certificates"] == [
        {"path": "/var/lib/k0s/pki/admin.crt", "subject": "CN=ends-2031", "not_after": "2031-01-01T00:00:00Z"},
        {"path": "/var/lib/k0s/pki/etcd/peer.crt", "subject": "CN=ends-2030", "not_after": "2030-01-01T00:00:00Z"},
    ]


def test_every_command_and_file_is_in_the_ledger(recorded: Recorded) -> None:
    recorded.gather()
    show = "systemctl show --property=Id,LoadState,ActiveState,UnitFileState,ExecStart k0scontroller.service k0sworker.service"
    assert [
        (one.source, one.name, one.verb, one.endpoint, one.path, one.status, one.identity) for one in recorded.ledger.requests
    ] == [
        ("k0s", "ctrl-1", "EXEC", "k0s etcd member-list", "k0s etcd member-list", 0, "root"),
        ("k0s", "ctrl-1", "EXEC", "k0s status -o json", "k0s status -o json", 0, "root"),
        ("k0s", "ctrl-1", "EXEC", "k0s version", "k0s version", 0, "root"),
        ("k0s", "ctrl-1", "EXEC", show, show, 0, "root"),
        ("k0s", "ctrl-1", "READ", "{data_dir}/pki/*.crt", "/var/lib/k0s/pki/admin.crt", 0, "root"),
        ("k0s", "ctrl-1", "READ", "{data_dir}/pki/etcd/*.crt", "/var/lib/k0s/pki/etcd/peer.crt", 0, "root"),
    ]
    assert recorded.ledger.requests[2].bytes == len("v1.34.4+k0s.0\n")


def test_a_worker_has_no_config_and_no_members(recorded: Recorded) -> None:
    worker = status(
        Role="worker", Workloads=True, ClusterConfig=None, WorkerToAPIConnectionStatus={"Message": "ok", "Success": True}
    )
    recorded.command("status", json.dumps(worker))
    found = recorded.gather()
    assert found.gaps == []
    assert sorted(found.nouns) == ["certificates", "status", "units", "version"]
    assert found.nouns["status"][0]["WorkerToAPIConnectionStatus"] == {"Message": "ok", "Success": True}
    assert "k0s etcd member-list" not in [request.endpoint for request in recorded.ledger.requests]


@pytest.mark.parametrize(
    "spec",
    [
        {"storage": {"type": "kine"}},
        {"storage": {"type": "etcd", "etcd": {"externalCluster": {"endpoints": ["https://192.0.2.1"]}}}},
        {"storage": None},
        None,
    ],
)
def test_a_controller_with_another_database_is_not_asked_for_members(recorded: Recorded, spec: t.Any) -> None:
    recorded.command("status", json.dumps(status(ClusterConfig={"spec": spec})))
    found = recorded.gather()
    assert found.gaps == []
    assert "etcd_members" not in found.nouns


@pytest.mark.parametrize(
    ("wanted", "endpoints"),
    [
        (["version"], ["k0s version"]),
        (["config"], ["k0s status -o json"]),
        (["etcd_members"], ["k0s etcd member-list", "k0s status -o json"]),
        (["certificates"], ["k0s status -o json", "{data_dir}/pki/*.crt", "{data_dir}/pki/etcd/*.crt"]),
    ],
)
def test_gather(recorded: Recorded, wanted: list[str], endpoints: list[str]) -> None:
    assert list(recorded.gather(*wanted).nouns) == wanted
    assert [request.endpoint for request in recorded.ledger.requests] == endpoints


def test_another_data_directory(recorded: Recorded) -> None:
    recorded.file("/srv/k0s/pki/ca.crt", recorded.folder.joinpath("files/var/lib/k0s/pki/admin.crt").read_text())
    (row,) = recorded.gather("certificates", data_dir="/srv/k0s").nouns["certificates"]
    assert row["path"] == "/srv/k0s/pki/ca.crt"
    recorded.command("status", json.dumps(status(K0sVars={"DataDir": "/srv/k0s"})))
    assert recorded.gather("certificates").nouns["certificates"] == [row]
    recorded.command("status", json.dumps(status(K0sVars={"DataDir": "../../etc"})))
    assert len(recorded.gather("certificates").nouns["certificates"]) == 2


# --- what cannot be read -------------------------------------------------------------------------------------------


def test_a_status_without_answer(recorded: Recorded) -> None:
    recorded.command(
        "status", "", 1, 'time="x" level=info\nError: can\'t get "status" via "/run/k0s/status.sock": no such file\n\n'
    )
    found = recorded.gather()
    said = 'Error: can\'t get "status" via "/run/k0s/status.sock": no such file'
    detail = f"cannot read the status of k0s: k0s status -o json ended with 1: {said}"
    assert found.gaps == [Gap(noun, "unreachable", detail, STATUS_REMEDY) for noun in ("status", "config", "etcd_members")]
    assert sorted(found.nouns) == ["certificates", "units", "version"]


FAILURES = [
    (
        ("status", "", 124, ""),
        Gap("status", "timeout", "cannot read the status of k0s: k0s status -o json did not answer in time", STATUS_REMEDY),
    ),
    (
        ("status", "{", 0, ""),
        Gap("status", "invalid", "cannot read the status of k0s: the answer of k0s status -o json is not JSON"),
    ),
    (
        ("status", "[]", 0, ""),
        Gap("status", "invalid", "cannot read the status of k0s: the answer of k0s status -o json is not JSON"),
    ),
    (
        ("status", "", 127, ""),
        Gap("status", "unsupported", "cannot read the status of k0s: there is no program for k0s status -o json"),
    ),
    (
        ("etcd_members", "", 124, ""),
        Gap(
            "etcd_members", "timeout", "cannot read the members of etcd: k0s etcd member-list did not answer in time", MEMBER_REMEDY
        ),
    ),
    (
        ("etcd_members", "", 1, ""),
        Gap(
            "etcd_members",
            "unreachable",
            "cannot read the members of etcd: k0s etcd member-list ended with 1: it said nothing",
            MEMBER_REMEDY,
        ),
    ),
    (
        ("etcd_members", '{"members": null}', 0, ""),
        Gap("etcd_members", "invalid", "cannot read the members of etcd: the answer of k0s etcd member-list has none"),
    ),
    (
        ("version", "what?", 0, ""),
        Gap("version", "invalid", "cannot read the version of k0s: the answer of k0s version holds none"),
    ),
    (
        ("units", "", 1, "Failed to connect to bus: Connection refused"),
        Gap(
            "units",
            "unreachable",
            "cannot read the units of k0s: systemctl show --property=Id,LoadState,ActiveState,UnitFileState,ExecStart "
            "k0scontroller.service k0sworker.service ended with 1: Failed to connect to bus: Connection refused",
        ),
    ),
]


@pytest.mark.parametrize(("command", "gap"), FAILURES)
def test_commands_that_fail(recorded: Recorded, command: tuple[str, str, int, str], gap: Gap) -> None:
    recorded.command(*command)
    found = recorded.gather(gap.what)
    assert found.gaps == [gap]
    assert found.nouns == {}


@pytest.mark.parametrize("stderr", ["System has not been booted with systemd as init system (PID 1). Can't operate.\nmore", ""])
def test_a_machine_without_systemd_has_no_units(recorded: Recorded, stderr: str) -> None:
    recorded.command("units", "", 1 if stderr else 127, stderr)
    found = recorded.gather("units")
    assert (found.nouns, found.gaps) == ({"units": []}, [])


def test_a_file_that_is_no_certificate_is_a_gap_of_its_own(recorded: Recorded) -> None:
    recorded.file("/var/lib/k0s/pki/bad.crt", "-----BEGIN PRIVATE KEY-----\ns3cret")
    (recorded.folder / "files/var/lib/k0s/pki/link.crt").symlink_to("admin.key")
    (recorded.folder / "files/var/lib/k0s/pki/folder.crt").mkdir()
    found = recorded.gather("certificates")
    assert len(found.nouns["certificates"]) == 2
    assert [(gap.what, gap.reason, gap.detail) for gap in found.gaps] == [
        (
            "certificates/var/lib/k0s/pki/bad.crt",
            "invalid",
            "cannot read /var/lib/k0s/pki/bad.crt: it holds no certificate",
        ),
        ("certificates/var/lib/k0s/pki/folder.crt", "invalid", "cannot read /var/lib/k0s/pki/folder.crt: it is no regular file"),
        (
            "certificates/var/lib/k0s/pki/link.crt",
            "invalid",
            "cannot read /var/lib/k0s/pki/link.crt: it is no regular file",
        ),
    ]
    assert all(gap.noun == "certificates" for gap in found.gaps)


def test_a_folder_that_holds_no_recording(recorded: Recorded) -> None:
    recorded.folder = recorded.folder / "files"
    found = recorded.gather()
    assert found.state == "failed"
    assert found.gaps == [
        Gap(
            "source",
            "invalid",
            f"cannot read {recorded.folder}: it holds no recording of a k0s host",
            "set recording to its folder",
        )
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"rc": "x", "stdout": "", "stderr": ""}'])
def test_a_broken_recording(recorded: Recorded, text: str) -> None:
    (recorded.folder / "commands" / "version.json").write_text(text)
    found = recorded.gather("version")
    detail = f"cannot read {recorded.folder}/commands/version.json: it is no recorded command"
    assert found.gaps == [Gap("version", "invalid", detail)]


# --- secrets -------------------------------------------------------------------------------------------------------

CANARY = "canary-marlin-8840"


def config(spec: dict[str, t.Any]) -> str:
    return json.dumps(status(ClusterConfig={"spec": spec}))


def with_arguments(*arguments: str) -> str:
    return json.dumps(status(Args=["k0s", "controller", *arguments]))


SECRET_PLACES = [
    config({"storage": {"type": "kine", "kine": {"dataSource": f"postgres://k0s:{CANARY}@192.0.2.1/kine"}}}),
    config({"storage": {"type": "kine", "kine": {"dataSource": f"host=192.0.2.1 {CANARY}"}}}),
    config({"api": {"extraArgs": {"cors-allowed-origins": f"https://ops:{CANARY}@example.org"}}}),
    config({"api": {"extraArgs": {"some-token": CANARY}}}),
    config({"api": {"extraArgs": {"some-token": [CANARY]}}}),
    config({"extensions": {"helm": {"repositories": [{"name": "a", "username": CANARY, "password": CANARY}]}}}),
    config({"extensions": {"helm": {"repositories": [{"name": "a", "url": f"https://me:{CANARY}@example.org"}]}}}),
    config({"extensions": {"helm": {"charts": [{"name": "a", "values": f"server:\n  adminPassword: {CANARY}\n"}]}}}),
    config({"workerProfiles": [{"name": "a", "values": {"apiToken": CANARY}}]}),
    with_arguments(f"--kubelet-extra-args=--registry-password={CANARY}"),
    with_arguments(f"--kubelet-extra-args=--node-ip=192.0.2.1 --registry-password {CANARY} --v=1"),
    with_arguments("--kubelet-extra-args", f"--node-ip=192.0.2.1 --registry-password={CANARY}"),
    with_arguments("--token", CANARY),
    with_arguments(f"--token={CANARY}"),
]


@pytest.mark.parametrize("text", SECRET_PLACES)
def test_secrets_do_not_leave_the_host(recorded: Recorded, text: str) -> None:
    assert CANARY in text
    recorded.command("status", text)
    shown = json.dumps(recorded.gather().nouns, ensure_ascii=False)
    assert CANARY not in shown
    assert MASK.search(shown)


def test_secrets_in_units_and_errors_do_not_leave_the_host(recorded: Recorded) -> None:
    recorded.command("units", UNITS.replace("hunter2", CANARY))
    recorded.command("etcd_members", "", 1, f"dial https://me:{CANARY}@192.0.2.1 password={CANARY}")
    found = recorded.gather()
    assert CANARY not in str(found)
    words = found.nouns["units"][0]["exec_start"]
    assert words[:3] == ["/usr/local/bin/k0s", "controller", "--token-file=/etc/k0s/token"]
    assert words[3].startswith("--kubelet-extra-args=--registry-password=«masked:")


def test_what_is_no_secret_stays(recorded: Recorded) -> None:
    spec = {
        "api": {"address": "192.0.2.31", "sans": ["192.0.2.31"], "extraArgs": {"audit-log-path": "/var/lib/k0s/audit.log"}},
        "network": {"nodeLocalLoadBalancing": {"enabled": False, "envoyProxy": {"konnectivityServerBindPort": 7132}}},
        "storage": {"type": "kine", "kine": None},
        "extensions": {"helm": {"repositories": [{"name": "a", "url": "https://example.org/charts"}, None], "charts": None}},
    }
    recorded.command("status", config(spec))
    assert recorded.gather().nouns["config"] == [{"spec": spec}]
