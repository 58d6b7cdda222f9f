# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small cluster to read over TLS, and a server that answers as badly as a test wants."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import copy
import dataclasses
import http.server
import json
import ssl
import threading
import typing as t
from pathlib import Path

import pytest
from aiohttp import web
from fakepve.server import API, USER, ok
from lab import fakepve_server
from lab.certificates import Certificates, make_certificates

if t.TYPE_CHECKING:
    from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected
    from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger

AUDIT = {"/": ["VM.Audit", "VM.GuestAgent.Audit", "Sys.Audit", "Datastore.Audit", "Pool.Audit", "SDN.Audit"]}
SPACE = {"total": 100 * 1024**3, "used": 20 * 1024**3}


def _host(name: str, last: int) -> dict[str, t.Any]:
    return {
        "name": name,
        "ip": f"198.51.100.{last}",
        "uptime": 1000,
        "load": ["0.10", "0.20", "0.30"],
        "cpu": 0.1,
        "cpuinfo": {"model": "Test CPU", "sockets": 1, "cores": 4, "cpus": 8, "mhz": "3400.000"},
        "kernel": "6.17.2-1-pve",
        "kernel_build": "#1 SMP PREEMPT_DYNAMIC PMX 6.17.2-1",
        "memory": {"total": 32 * 1024**3, "used": 8 * 1024**3},
        "swap": {"total": 8 * 1024**3, "used": 0},
        "rootfs": SPACE,
        "fingerprint": ":".join(["AB"] * 32),
    }


def _guest(vmid: int, node: str, status: str = "running", **more: t.Any) -> dict[str, t.Any]:
    config = {
        "name": f"guest-{vmid}",
        "cores": 2,
        "memory": "2048",
        "agent": "1",
        "onboot": 1,
        "scsi0": f"local-lvm:vm-{vmid}-disk-0,size=20G",
        "net0": f"virtio=BC:24:11:00:00:{vmid - 100:02X},bridge=vmbr0",
        "smbios1": f"uuid=0d2c3a7e-5b1f-4c06-9a52-000000000{vmid}",
        **more.pop("config", {}),
    }
    cards = [{"name": "eth0", "mac": f"bc:24:11:00:00:{vmid - 100:02x}", "addresses": [f"198.51.100.{vmid}/24"]}]
    return {"vmid": vmid, "node": node, "status": status, "config": config, "agent": cards, **more}


def small_lab() -> dict[str, t.Any]:
    """Two hosts; north: 100 answers, 101 is silent, 102 stopped, 103 a template, 104 has no agent; south: 105 answers."""
    storage = {"config": {"storage": "local-lvm", "type": "lvmthin", "content": "images", "thinpool": "data", "vgname": "pve"}}
    users = [
        {
            "userid": "audit@pve",
            "password": "correct horse",
            "grants": AUDIT,
            "tokens": [
                {"id": "deepdive", "secret": "1c5e0f1a-secret", "privsep": True, "grants": AUDIT},
                {"id": "empty", "secret": "empty-secret", "privsep": True, "grants": {}},
                {"id": "expired", "secret": "expired-secret", "privsep": True, "expire": 1600000000, "grants": AUDIT},
            ],
        }
    ]
    return {
        "version": {"version": "9.1.4", "release": "9.1", "repoid": "5ac30304265fbd8e"},
        "cluster": "small",
        "hosts": [_host("north", 1), _host("south", 2)],
        "guests": [
            _guest(100, "north"),
            _guest(101, "north", agent="silent"),
            _guest(102, "north", "stopped"),
            _guest(103, "north", "stopped", template=True),
            _guest(104, "north", config={"agent": "0"}),
            _guest(105, "south"),
        ],
        "storages": [{**storage, "use": {"north": SPACE, "south": SPACE}}],
        "backup_jobs": [{"id": "backup-1", "type": "vzdump", "schedule": "21:00", "vmid": "100,105", "enabled": 1, "next-run": 1}],
        "users": users,
    }


class ContainerPve(fakepve_server.AuditPve):
    """The stand-in, which lists its containers, too.

    slow: path template to the seconds that an answer takes. busiest: path template and host to the most requests at once.
    """

    def __init__(self, *args: t.Any, **options: t.Any) -> None:
        super().__init__(*args, **options)
        self.slow: dict[str, float] = {}
        self.hides_rights = False
        self.now: collections.Counter[tuple[str, str | None]] = collections.Counter()
        self.busiest: dict[tuple[str, str | None], int] = {}

    async def _answer(self, request: web.Request, handler: t.Any, generic: t.Any, path_node: str | None) -> web.StreamResponse:
        match = generic or self.resolve(request, API)
        key = (match.template if match else "", path_node)
        self.now[key] += 1
        self.busiest[key] = max(self.busiest.get(key, 0), self.now[key])
        try:
            await asyncio.sleep(self.slow.get(key[0], 0))
            return await super()._answer(request, handler, generic, path_node)
        finally:
            self.now[key] -= 1

    async def _permissions(self, v: dict[str, t.Any], user: str) -> dict[str, t.Any]:
        return {} if self.hides_rights else await super()._permissions(v, user)

    def silence(self, *paths: str) -> None:
        """Answer as Proxmox VE does for a host that its cluster lists as online and cannot reach."""
        for path in paths:
            self.fail("GET", path, 595, "Connection timed out")

    async def _resources(self, request: web.Request) -> web.Response:
        response = await super()._resources(request)
        rows = json.loads(str(response.text))["data"]
        return ok(rows + self.ct_resources(request[USER], request.query.get("type")))


@dataclasses.dataclass
class Cluster:
    """A running cluster: the server, its certificates, and how a lab file would name it."""

    pve: ContainerPve
    certificates: Certificates

    @property
    def address(self) -> str:
        """127.0.0.1 and the port, as messages write it."""
        return f"127.0.0.1:{self.pve.port}"

    def options(self, **other: t.Any) -> dict[str, t.Any]:
        """An entry of the lab file, as the loader gives it."""
        return {
            "name": "home",
            "api_host": [self.address],
            "api_user": "audit@pve",
            "api_token_id": "deepdive",
            "api_token_secret": "1c5e0f1a-secret",
            "api_password": None,
            "ca_path": str(self.certificates.ca),
            "fingerprint": None,
            "validate_certs": True,
            "timeout": None,
            "gather": None,
            **other,
        }

    def token(self, name: str, **other: t.Any) -> dict[str, t.Any]:
        """The same with another token."""
        secret = self.pve.apitokens.get(f"audit@pve!{name}", "no-secret")
        return self.options(api_token_id=name, api_token_secret=secret, **other)

    def collect(self, options: dict[str, t.Any] | None = None, ledger: Ledger | None = None) -> Collected:
        """Reads it."""
        # Not at the top: pytest loads this file before the collection can be found.
        from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
        from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
        from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.collect import collect

        return collect(options or self.options(), ledger or Ledger(), Redactor(b"key"))

    def seen(self) -> list[tuple[str, str, int | None]]:
        """What reached the server: method, path and status, sorted."""
        return sorted((entry["method"], entry["path"], entry["status"]) for entry in self.pve.log)

    def grant_token(self, name: str, grants: dict[str, list[str]]) -> dict[str, t.Any]:
        """A privilege-separated token with just these grants, as options."""
        tokenid = f"audit@pve!{name}"
        self.pve.apitokens[tokenid] = f"{name}-secret"
        self.pve.privsep.add(tokenid)
        for path, privileges in grants.items():
            self.pve.grant(tokenid, path, *privileges)
        return self.token(name)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[t.Callable[..., Cluster]]:
    """Starts clusters; each call takes a lab, the small one by default."""
    monkeypatch.setattr(fakepve_server, "AuditPve", ContainerPve)
    with contextlib.ExitStack() as stack:

        def start_one(lab: dict[str, t.Any] | None = None) -> Cluster:
            folder = tmp_path / f"pve-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            pve, certificates = stack.enter_context(fakepve_server.running_pve(folder, lab=copy.deepcopy(lab or small_lab())))
            return Cluster(t.cast(ContainerPve, pve), certificates)

        yield start_one


@pytest.fixture
def cluster(start: t.Callable[..., Cluster]) -> Cluster:
    """The small cluster."""
    return start()


@pytest.fixture
def crowded(start: t.Callable[..., Cluster]) -> Cluster:
    """A cluster with twelve running guests on one host."""
    return start({**small_lab(), "guests": [_guest(vmid, "north") for vmid in range(100, 112)]})


class Stub(http.server.ThreadingHTTPServer):
    """Answers every GET by calling ``behave`` with the handler."""

    daemon_threads = True
    behave: t.Callable[[http.server.BaseHTTPRequestHandler], None]
    asked: list[str]

    @property
    def options(self) -> dict[str, t.Any]:
        """How a lab file would name it."""
        return {
            "name": "home",
            "api_host": [f"127.0.0.1:{self.server_address[1]}"],
            "api_user": "audit@pve",
            "api_token_id": "deepdive",
            "api_token_secret": "s",
            "validate_certs": False,
        }


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = t.cast(Stub, self.server)
        server.asked.append(self.path)
        server.behave(self)

    def log_message(self, *unused: object) -> None:
        pass

    def answer(self, status: int, body: bytes, reason: str | None = None, **headers: str) -> None:
        """Send one whole answer."""
        self.send_response(status, reason)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def stub(tmp_path: Path) -> t.Iterator[t.Callable[..., Stub]]:
    """Starts servers that answer as a function says; tls=False speaks plain HTTP."""
    folder = tmp_path / "stub"
    folder.mkdir()
    certificates = make_certificates(folder, "stub")
    servers: list[Stub] = []

    def start_one(behave: t.Callable[[t.Any], None], tls: bool = True) -> Stub:
        server = Stub(("127.0.0.1", 0), _Handler)
        server.behave, server.asked = behave, []
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server

    yield start_one
    for server in servers:
        server.shutdown()  # harmless for one that a test has stopped
        server.server_close()
