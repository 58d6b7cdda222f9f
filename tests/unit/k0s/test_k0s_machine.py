# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with a stand-in for k0s, the recording that is made of it, the module, and the way of its result."""

from __future__ import annotations

import json
import os
import time
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import SourceError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.checks import Check
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected, Gap
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s import hosts
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.allowed import COMMANDS, command_line
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.collect import gather
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.hosts import Machine, Output, Recording, record
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.result import checks, from_result, to_result
from ansible_collections.homelab.deepdive.plugins.modules import k0s_info

from .conftest import MEMBERS, Recorded, pem, status

REDACTOR = Redactor(b"k" * 32)


class Fake:
    """A folder with a stand-in for k0s that writes down how it is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        (self.data_dir / "pki" / "etcd").mkdir(parents=True)
        (self.data_dir / "pki" / "ca.crt").write_text(pem(2040))
        (self.data_dir / "pki" / "ca.key").write_text("never")
        (self.data_dir / "pki" / "etcd" / "peer.crt").write_text(pem(2041))
        answer = json.dumps(status(K0sVars={"DataDir": str(self.data_dir)}))
        self.program(f"version) echo v1.34.4+k0s.0;; status) echo '{answer}';; etcd) echo '{json.dumps(MEMBERS)}';;")

    def program(self, cases: str) -> None:
        script = self.folder / "k0s"
        script.write_text(
            f'#!/bin/sh\necho "$0 $*" >> {self.folder}/calls\nenv > {self.folder}/environment\ncase $1 in\n{cases}\nesac\n'
        )
        script.chmod(0o755)

    def machine(self, **options: t.Any) -> Machine:
        return Machine(**{"k0s_binary": str(self.folder / "k0s"), **options})

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().replace(f"{self.folder}/", "").splitlines()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 0)
    return Fake(tmp_path)


def collect(machine: Machine) -> Collected:
    return gather(machine, "ctrl-1", (), Ledger(), REDACTOR)


def test_a_machine(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "s3cret")
    found = collect(fake.machine())
    assert found.gaps == []
    assert found.version == "v1.34.4+k0s.0"
    assert [row["not_after"] for row in found.nouns["certificates"]] == ["2040-01-01T00:00:00Z", "2041-01-01T00:00:00Z"]
    assert fake.calls == ["k0s version", "k0s status -o json", "k0s etcd member-list --data-dir data"]
    assert "s3cret" not in (fake.folder / "environment").read_text()


def test_options_of_a_machine(fake: Fake) -> None:
    collect(fake.machine(status_socket="/run/other/status.sock", data_dir="/nowhere"))
    assert fake.calls[1:] == [
        "k0s status -o json --status-socket /run/other/status.sock",
        "k0s etcd member-list --data-dir /nowhere",
    ]


def test_a_command_that_hangs(fake: Fake) -> None:
    fake.program("version) echo v1.34.4+k0s.0;; *) exec sleep 60;;")
    started = time.monotonic()
    found = collect(fake.machine(seconds=0.3))
    assert time.monotonic() - started < 5
    assert {(gap.what, gap.reason) for gap in found.gaps} == {
        ("status", "timeout"),
        ("config", "timeout"),
        ("etcd_members", "timeout"),
    }


def test_the_limits_of_commands() -> None:
    assert {name: command.seconds for name, command in COMMANDS.items()} == {
        "version": 10.0,
        "status": 20.0,
        "etcd_members": 10.0,
        "units": 10.0,
    }


def test_a_user_that_is_not_root(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 1000)
    found = collect(fake.machine())
    assert found.state == "failed"
    assert found.gaps == [
        Gap("source", "forbidden", "cannot read k0s on this host: only root may ask it", "run the task with become: true")
    ]
    assert not (fake.folder / "calls").exists()


def test_a_host_without_k0s(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    remedy = "set k0s_binary to the path of k0s, or remove this host from the lab file"
    found = collect(fake.machine(k0s_binary="/no/k0s"))
    assert found.gaps == [Gap("source", "unsupported", "cannot read k0s on this host: there is no k0s in /no/k0s", remedy)]
    monkeypatch.setattr(hosts, "_PATH", str(fake.data_dir))
    monkeypatch.setenv("PATH", "/nowhere")
    found = collect(Machine())
    place = f"any of {fake.data_dir}"
    assert found.gaps == [Gap("source", "unsupported", f"cannot read k0s on this host: there is no k0s in {place}", remedy)]


def test_a_program_that_cannot_start(fake: Fake) -> None:
    (fake.folder / "k0s").write_bytes(b"\x7fELF")
    assert fake.machine().run("version", None) == Output(127, "", "Exec format error")


def test_a_folder_that_cannot_be_listed(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: t.Any) -> t.NoReturn:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(hosts.os, "listdir", refuse)
    found = collect(fake.machine())
    detail = f"cannot list the certificates in {fake.data_dir}/pki: Permission denied"
    assert found.gaps == [Gap("certificates", "forbidden", detail)]


def test_a_recording_of_a_machine_reads_like_the_machine(fake: Fake, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    record(folder, fake.machine())
    there, here = collect(fake.machine()), gather(Recording(folder), "ctrl-1", (), Ledger(), REDACTOR)
    assert here == there
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    certificates = [f"files{fake.data_dir}/pki/ca.crt", f"files{fake.data_dir}/pki/etcd/peer.crt"]
    assert files == [
        "commands/etcd_members.json",
        "commands/status.json",
        "commands/units.json",
        "commands/version.json",
        *certificates,
    ]
    assert "never" not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_logs_of_a_command_that_worked_are_not_recorded(fake: Fake, tmp_path: Path) -> None:
    fake.program("version) echo v1.34.4+k0s.0; echo now >&2;; *) echo no >&2; exit 3;;")
    record(tmp_path / "r", fake.machine())
    shown = {name: json.loads((tmp_path / "r" / "commands" / f"{name}.json").read_text()) for name in ("version", "status")}
    assert shown["version"] == {"rc": 0, "stdout": "v1.34.4+k0s.0\n", "stderr": ""}
    assert shown["status"] == {"rc": 3, "stdout": "", "stderr": "no\n"}


def test_a_machine_that_cannot_be_asked_is_not_recorded(fake: Fake, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^cannot read k0s on this host: there is no k0s in /no/k0s$"):
        record(tmp_path / "recording", fake.machine(k0s_binary="/no/k0s"))
    assert not (tmp_path / "recording").exists()


def test_only_commands_of_the_list_run() -> None:
    words = {name: " ".join(command_line(name, {"k0s": "k0s", "status_socket": "/s", "data_dir": "/d"})) for name in COMMANDS}
    assert words == {
        "version": "k0s version",
        "status": "k0s status -o json --status-socket /s",
        "etcd_members": "k0s etcd member-list --data-dir /d",
        "units": "systemctl show --property=Id,LoadState,ActiveState,UnitFileState,ExecStart "
        "k0scontroller.service k0sworker.service",
    }
    with pytest.raises(KeyError):
        command_line("reset", {"k0s": "k0s"})


# --- the way of the result -----------------------------------------------------------------------------------------


def test_a_result_comes_back_as_it_went(recorded: Recorded) -> None:
    recorded.command("etcd_members", "", 124)
    found = recorded.gather()
    sent = json.loads(json.dumps(to_result(found, recorded.ledger.requests)))
    assert from_result("ctrl-1", sent, REDACTOR) == (found, recorded.ledger.requests)


def test_requests_carry_the_name_of_the_lab_file(recorded: Recorded) -> None:
    sent = to_result(recorded.gather("version"), recorded.ledger.requests)
    requests = from_result("first", {**sent, "requests": [{**one, "source": "proxmox"} for one in sent["requests"]]}, REDACTOR)[1]
    assert [(request.source, request.name) for request in requests] == [("k0s", "first")]


WHOLE = [
    (
        {"unreachable": True, "msg": "Failed to connect to the host via ssh:\nport 22: Connection refused"},
        Gap(
            "source",
            "unreachable",
            "cannot read k0s on ctrl-1: Failed to connect to the host via ssh: port 22: Connection refused",
            "try it: ansible ctrl-1 -m ansible.builtin.ping",
        ),
    ),
    (
        {"failed": True, "msg": "Missing sudo password, password=hunter2"},
        Gap("source", "unsupported", f"cannot read k0s on ctrl-1: Missing sudo password, password={REDACTOR.mask('hunter2')}"),
    ),
]
ANSWER: dict[str, t.Any] = {"k0s": {}, "gaps": [], "identity": None, "version": None, "requests": []}
REQUEST = {"verb": "EXEC", "endpoint": "a", "path": "a", "status": 0, "bytes": 1, "seconds": 0.1, "identity": None}
INVALID = [
    {},
    {**ANSWER, "k0s": None},
    {**ANSWER, "k0s": {"../x": []}},
    {**ANSWER, "k0s": {"version": {}}},
    {**ANSWER, "k0s": {"version": ["x"]}},
    {**ANSWER, "gaps": [{"what": "x", "reason": "because", "detail": "", "remedy": ""}]},
    {**ANSWER, "gaps": [None]},
    {**ANSWER, "requests": [{**REQUEST, "bytes": "many"}]},
    {**ANSWER, "requests": [{"verb": "EXEC"}]},
]


@pytest.mark.parametrize(("result", "gap"), WHOLE)
def test_a_host_that_gave_no_result(result: dict[str, t.Any], gap: Gap) -> None:
    assert from_result("ctrl-1", result, REDACTOR) == (Collected(gaps=[gap]), [])


@pytest.mark.parametrize("result", INVALID)
def test_an_answer_of_another_shape(result: dict[str, t.Any]) -> None:
    gap = Gap("source", "invalid", "cannot read k0s on ctrl-1: the answer is not that of this version of k0s_info")
    assert from_result("ctrl-1", result, REDACTOR) == (Collected(gaps=[gap]), [])


def test_preflight_of_a_host(recorded: Recorded) -> None:
    found = recorded.gather("version", "status")
    reachable = Check("k0s", "ctrl-1", "reachable", True, "k0s v1.34.4+k0s.0")
    assert checks("ctrl-1", found) == [reachable, Check("k0s", "ctrl-1", "rights", True, "as root")]
    recorded.command("status", "", 124)
    (gap,) = recorded.gather("version", "status").gaps
    assert checks("ctrl-1", recorded.gather("version", "status")) == [
        reachable,
        Check("k0s", "ctrl-1", "rights", False, gap.detail, gap.remedy),
    ]
    forbidden = Collected(gaps=[Gap("source", "forbidden", "d", "r")])
    assert checks("ctrl-1", forbidden) == [
        Check("k0s", "ctrl-1", "reachable", True, "the host answers"),
        Check("k0s", "ctrl-1", "rights", False, "d", "r"),
    ]
    unreachable = Collected(gaps=[Gap("source", "unreachable", "d", "r")])
    assert checks("ctrl-1", unreachable) == [Check("k0s", "ctrl-1", "reachable", False, "d", "r")]


# --- the module ----------------------------------------------------------------------------------------------------


def run_module(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        k0s_info.main()
    return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out))


def test_the_module(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    key = "0123456789abcdef" * 4
    result = run_module(capsys, recording=str(recorded.folder), name="ctrl-1", mask_key=key)
    assert result["changed"] is False
    collected, requests = from_result("ctrl-1", result, REDACTOR)
    assert (collected.state, collected.version, len(requests)) == ("read", "v1.34.4+k0s.0", 6)
    masked = Redactor(bytes.fromhex(key)).mask("hunter2")
    assert result["k0s"]["units"][0]["exec_start"][-1] == f"--kubelet-extra-args=--registry-password={masked}"
    assert key not in json.dumps(result)
    gathered = run_module(capsys, recording=str(recorded.folder), gather=["version"])
    assert gathered["k0s"] == {"version": [{"version": "v1.34.4+k0s.0"}]}
    assert gathered["requests"][0]["name"] == os.uname().nodename


def test_the_module_does_not_fail_for_the_host(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_module(capsys, k0s_binary="/no/k0s")
    assert "failed" not in result
    assert result["k0s"] == {}
    assert result["gaps"][0]["detail"] == "cannot read k0s on this host: there is no k0s in /no/k0s"


def test_a_key_in_capitals_is_the_same_key(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    lower, upper = (run_module(capsys, recording=str(recorded.folder), mask_key=key * 32) for key in ("ab", "AB"))
    assert lower["k0s"] == upper["k0s"]


@pytest.mark.parametrize("key", ["short", "g" * 64, "0" * 63])
def test_a_key_that_is_none(capsys: pytest.CaptureFixture[str], key: str) -> None:
    result = run_module(capsys, mask_key=key)
    assert result["msg"] == "cannot use mask_key: it must be 64 hexadecimal digits; leave it out for a random one"
