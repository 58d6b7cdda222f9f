# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real bed refuses, in its words; that it runs is tested in tests/lab."""

from __future__ import annotations

import socket
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from lab import bed, cluster
from lab.bed import BedError
from lab.kube_api import KubeError
from lab.processes import Processes


def test_the_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMELAB_LAB_RUN", str(tmp_path / "x" / ".." / "run"))
    assert bed.run_folder() == tmp_path / "run"
    monkeypatch.delenv("HOMELAB_LAB_RUN")
    monkeypatch.setenv("HOMELAB_LAB_CACHE", str(tmp_path))
    assert bed.run_folder() == tmp_path / "run"


def test_only_its_own_folder_is_emptied(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.jpg").touch()
    with pytest.raises(BedError) as caught:
        bed._make_empty(photos)
    assert str(caught.value) == (
        f"cannot start the test bed in {photos}: it holds something else; name another folder with HOMELAB_LAB_RUN"
    )
    assert (photos / "cat.jpg").exists()
    old = tmp_path / "run"
    for _start in range(2):  # new, then left by the one before
        bed._make_empty(old)
        (old / "k0s.log").touch()
    bed._make_empty(old)
    assert not (old / "k0s.log").exists()


def test_two_starts_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    with bed._one_at_a_time(folder):
        with pytest.raises(BedError) as caught, bed._one_at_a_time(folder):
            pass
        assert str(caught.value) == f"somebody else is starting or stopping the test bed in {folder}; wait for it"
        with pytest.raises(BedError):
            bed.down(folder)
    with bed._one_at_a_time(folder):
        pass


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which the bed could start."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(bed, "busy_ports", lambda ports: [])
    return monkeypatch


def refusal(folder: Path) -> str:
    with pytest.raises(BedError) as caught:
        bed._check_machine(folder)
    return str(caught.value)


def test_what_the_machine_must_have(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bed._check_machine(tmp_path)
    for folder in ("/run/lab", "/var/lib/lab", "/etc"):
        assert refusal(Path(folder)) == f"cannot start the test bed in {folder}: choose a folder outside /etc, /run and /var/lib"
    machine.setattr(bed, "busy_ports", list)
    assert refusal(tmp_path) == "cannot start the test bed: port 16443, 18006 on 127.0.0.1 is in use"
    machine.setattr("shutil.which", lambda tool: None if tool in ("ip", "git") else tool)
    assert refusal(tmp_path) == "cannot start the test bed: ip, git not found on PATH"
    machine.setattr("os.geteuid", lambda: 1000)
    assert refusal(tmp_path) == "cannot start the test bed: the k0s controller needs root"


def test_nothing_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bed.status(tmp_path) is False
    assert capsys.readouterr().out == f"no test bed in {tmp_path}\n"
    with pytest.raises(BedError) as caught:
        bed.enter_command(tmp_path)
    assert str(caught.value) == f"no test bed runs in {tmp_path}; start it with `make lab-up`"


def test_waiting_ends_and_says_what_is_missing() -> None:
    answers: t.Iterator[str] = iter(["pods", "pods", ""])
    cluster.wait("the lab", lambda: next(answers), 5)

    def refuses() -> str:
        raise KubeError("GET", "/x", 404, "nothing")

    with pytest.raises(RuntimeError) as caught:
        cluster.wait("the lab", refuses, 0.1)
    assert str(caught.value) == "the lab is not there after 0 s: GET /x answered 404: nothing"


def test_the_forwarder_passes_both_ways(tmp_path: Path) -> None:
    """From a socket opened here to a server that only the child connects to."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as listener:
        script = Path(bed.__file__).with_name("forward.py")
        command = [sys.executable, script, str(listener.fileno()), "127.0.0.1", str(server.getsockname()[1])]
        Processes(tmp_path).start("forwarder", command, pass_fds=(listener.fileno(),))
        try:
            echo = threading.Thread(target=_echo, args=(server,))
            echo.start()
            with socket.create_connection(listener.getsockname(), 10) as client:
                client.sendall(b"x" * 200_000)
                client.shutdown(socket.SHUT_WR)
                received = 0
                while data := client.recv(65536):
                    received += len(data)
            echo.join(10)
        finally:
            Processes(tmp_path).stop_all()
    assert received == 200_000


def _echo(server: socket.socket) -> None:
    connection, _address = server.accept()
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
