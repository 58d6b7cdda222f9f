# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no read never leaves, and the packages that the client needs."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import (
    ForbiddenRequestError,
    MissingPackagesError,
    SourceError,
)
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import client as client_file
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import transport
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.client import Client, missing_packages
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.connection import Connection


def connect(options: dict[str, t.Any], ledger: Ledger | None = None) -> None:
    with Client(Connection.from_options(options), ledger or Ledger()) as client:
        client.connect()


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda api: api.nodes("north").qemu(100).status.start.post(), "POST /nodes/north/qemu/100/status/start"),
        (lambda api: api.nodes("north").qemu(100).delete(), "DELETE /nodes/north/qemu/100"),
        (lambda api: api.nodes("north").qemu(100).config.put(onboot=0), "PUT /nodes/north/qemu/100/config"),
        (lambda api: api.nodes("north").qemu(100).agent.exec.post(command="id"), "POST /nodes/north/qemu/100/agent/exec"),
        (
            lambda api: api.nodes("north").qemu(100).agent("file-read").get(file="/etc/shadow"),
            "GET /nodes/north/qemu/100/agent/file-read",
        ),
        (lambda api: api.nodes("north").scan.nfs.get(server="192.0.2.1"), "GET /nodes/north/scan/nfs"),
        (lambda api: api.access.users.get(), "GET /access/users"),
        (lambda api: api("nodes/../access/users").get(), "GET /access/users"),
        (lambda api: api("nodes/%2e%2e/status").get(), "GET /nodes/../status"),
        (lambda api: api("nodes/north/../../access/users").get(), "GET /access/users"),
        (lambda api: api("nodes/a%2Fb/status").get(), "GET /nodes/a%2Fb/status"),
    ],
)
def test_what_is_no_read_never_leaves(cluster: t.Any, ask: t.Callable[[t.Any], t.Any], what: str) -> None:
    ledger = Ledger()
    connection = Connection.from_options(cluster.options())
    sender = transport.Transport(connection, ledger, 1.0)
    with pytest.raises(ForbiddenRequestError) as caught:
        ask(sender.resource(connection.addresses[0]))
    assert str(caught.value) == f"cannot send {what} to proxmox: it is not on the list of reads; nothing was sent"
    assert cluster.seen() == []
    assert [(f"{entry.verb} {entry.path}", entry.allowed, entry.status) for entry in ledger.requests] == [(what, False, None)]


def test_only_the_api_over_tls() -> None:
    import requests

    for url in (
        "http://192.0.2.1:8006/api2/json/version",
        "https://192.0.2.1:8006/version",
        "https://192.0.2.1:8006/api2/extjs/version",
    ):
        path = transport.below_root(requests.Request("GET", url).prepare())
        assert path == url


def test_a_name_of_the_lab_is_one_part_of_the_path(cluster: t.Any) -> None:
    assert client_file.endpoint("/nodes/{}/status", "a/../b?x") == "/nodes/a%2F..%2Fb%3Fx/status"
    with Client(Connection.from_options(cluster.options()), Ledger()) as client, pytest.raises(SourceError) as caught:
        client.get(client_file.endpoint("/nodes/{}/status", ".."))
    assert caught.value.reason == "invalid"
    assert cluster.seen() == []


def test_secrets_stay_out_of_errors_and_ledger(cluster: t.Any) -> None:
    ledger = Ledger()
    with pytest.raises(SourceError) as caught:
        connect(cluster.options(api_token_secret="my-own-secret"), ledger)
    assert "my-own-secret" not in str(caught.value) + caught.value.remedy + repr(ledger.requests) + repr(caught.value.__cause__)


def test_missing_packages(monkeypatch: pytest.MonkeyPatch, cluster: t.Any) -> None:
    assert missing_packages() == []
    monkeypatch.setattr(client_file.importlib.util, "find_spec", lambda name: None if name == "proxmoxer" else object())
    assert missing_packages() == ["proxmoxer>=2.3.0"]
    monkeypatch.setattr(client_file, "PACKAGES_ERROR", ImportError("No module named 'proxmoxer'"))
    with pytest.raises(MissingPackagesError) as caught:
        connect(cluster.options())
    assert str(caught.value) == (
        "cannot read proxmox 'home': No module named 'proxmoxer'; "
        f"install what is missing: {sys.executable} -m pip install 'proxmoxer>=2.3.0'"
    )


def test_import_without_requests_does_not_end_the_process(tmp_path: Path) -> None:
    """proxmoxer itself calls sys.exit(1) then."""
    (tmp_path / "requests.py").write_text("raise ImportError('no requests here')\n")
    package = "ansible_collections.homelab.deepdive.plugins.module_utils._proxmox"
    code = f"from {package} import transport; print(repr(transport.PACKAGES_ERROR))"
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(root / "collections")])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "ImportError('no requests here')"), done.stderr
