# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

MEMBERS = {"members": {"ctrl-2": "https://192.0.2.32:2380", "ctrl-1": "https://192.0.2.31:2380"}}
UNITS = """ExecStart={ path=/usr/local/bin/k0s ; argv[]=/usr/local/bin/k0s controller --token-file=/etc/k0s/token \
--kubelet-extra-args=--registry-password=hunter2 ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; status=0/0 }
Id=k0scontroller.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Id=k0sworker.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""


def status(**changes: t.Any) -> dict[str, t.Any]:
    """The answer of k0s status on a controller, with the fields that k0s has."""
    answer: dict[str, t.Any] = {
        "Version": "v1.34.4+k0s.0",
        "Pid": 4711,
        "PPid": 0,
        "Role": "controller",
        "SysInit": "",
        "StubFile": "",
        "Output": "",
        "Workloads": False,
        "SingleNode": False,
        "Args": ["/usr/local/bin/k0s", "controller", "--config=/etc/k0s/k0s.yaml"],
        "WorkerToAPIConnectionStatus": {"Message": "", "Success": False},
        "ClusterConfig": {"kind": "ClusterConfig", "spec": {"storage": {"type": "etcd", "etcd": {"peerAddress": "192.0.2.31"}}}},
        "K0sVars": {"InvocationID": "c257e1da", "DataDir": "/var/lib/k0s", "AdminKubeConfigPath": "/var/lib/k0s/pki/admin.conf"},
    }
    return {**answer, **changes}


@cache
def pem(year: int) -> str:
    """A certificate that ends with the first day of a year."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ends-{year}")])
    end = datetime(year, 1, 1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, end - timedelta(days=365), end)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class Recorded:
    """A recording that is made by hand, and read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "commands").mkdir(parents=True)
        self.command("version", "v1.34.4+k0s.0\n")
        self.command("status", json.dumps(status()))
        self.command("etcd_members", json.dumps(MEMBERS))
        self.command("units", UNITS)
        self.file("/var/lib/k0s/pki/admin.crt", pem(2031))
        self.file("/var/lib/k0s/pki/etcd/peer.crt", pem(2030))
        self.file("/var/lib/k0s/pki/admin.key", "never")

    def command(self, name: str, stdout: str, rc: int = 0, stderr: str = "") -> None:
        text = json.dumps({"rc": rc, "stdout": stdout, "stderr": stderr})
        (self.folder / "commands" / f"{name}.json").write_text(text)

    def file(self, path: str, content: str) -> None:
        file = self.folder / "files" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def gather(self, *wanted: str, data_dir: str | None = None) -> t.Any:
        # Not above: this file is loaded before the finder of collections is in place.
        from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
        from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
        from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.collect import gather
        from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.hosts import Recording

        self.ledger = Ledger()
        return gather(Recording(self.folder, data_dir), "ctrl-1", wanted, self.ledger, Redactor(b"k" * 32))


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "ctrl-1")
