# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Proxmox VE stand-in of the test bed: fakepve with the demo lab in it, corrected where it differs from Proxmox VE 9.

Corrections, for the endpoints that the audit may read: privileges of tokens and their truthful /access/permissions; the
permission of /cluster/status; rows and usage that Proxmox leaves out for who may not see them; bare rows for guests of an offline
host; realistic answers where fakepve makes some up; the words of the guest agent and of refused logins; answers without a body
for 401 and 595; 501 for unknown paths; closed connections after protected and failed calls.

The request log (method, path, user, status) is the witness that tests hold against what the audit says it did.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import ssl
import sys
import threading
import typing as t
from pathlib import Path

import yaml
from aiohttp import web
from fakepve.model import PveError
from fakepve.server import API, USER, error, ok

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import pve_shapes
from lab.certificates import Certificates, make_certificates
from lab.pve_access import AccessPve
from lab.pve_shapes import Row

DEMO_LAB = Path(__file__).resolve().parent / "demo_lab"
PROXMOX_FILE = DEMO_LAB / "proxmox.yml"
_BRIDGES = "/sdn/zones/localnetwork"


class AuditPve(AccessPve):
    """A cluster with the guests, storages, backup jobs and users of ``lab`` (the content of proxmox.yml).

    Switches for tests, effective at once: ``forbidden`` maps a path template ("/nodes/{node}/status") to the words of its 403,
    None for those of Proxmox; ``hanging`` maps a path template to the seconds that an answer takes and ``hang_all`` is that for
    every other; ``silent_nodes`` are listed as online and answer 595; ``vanished`` holds ids of guests that are listed and
    no longer there; ``agent_hangs`` on a guest silences its agent; ``apitokens.clear()`` forgets every token;
    ``set_node_offline(name)`` takes a host off.
    """

    def __init__(self, lab: Row, *, host: str = "127.0.0.1", port: int = 0, log_file: Path | None = None) -> None:
        super().__init__(lab["users"], host=host, port=port)
        self.lab = lab
        self.hosts: dict[str, Row] = {row["name"]: row for row in lab["hosts"]}
        self.backup_jobs: list[Row] = list(lab["backup_jobs"])
        self.forbidden: dict[str, str | None] = {}
        self.hang_all = 0.0
        self.hanging: dict[str, float] = {}
        self.silent_nodes: set[str] = set()
        self.vanished: set[int] = set()
        self.log: list[Row] = []
        self._log_file = log_file
        self.version, self.release_version = lab["version"]["version"], lab["version"]["release"]
        self.cluster_name = lab.get("cluster") or ""
        self.nodes = {name: {"online": True} for name in self.hosts}
        for guest in lab["guests"]:
            self._add_guest(guest)
        self.storages = {row["config"]["storage"]: self._storage(row) for row in lab["storages"]}

    # ------------------------------------------------------------------ the lab

    def _add_guest(self, guest: Row) -> None:
        vm = self.add_vm(
            guest["vmid"],
            guest["config"]["name"],
            node=guest["node"],
            status=guest["status"],
            config=guest["config"],
            template=guest.get("template", False),
        )
        if isinstance(guest.get("agent"), list):
            vm.agent = {"interfaces": pve_shapes.agent_interfaces(guest["agent"])}
        vm.stats = dict(guest.get("usage", {}))

    @staticmethod
    def _storage(storage: Row) -> Row:
        config = {key: value for key, value in storage["config"].items() if key != "storage"}
        return {**config, "active": 1, "files": set()}

    def named(self, name: str) -> t.Any:
        """The guest with a name; its attributes are switches, too."""
        return next(vm for vm in self.vms if vm.name == name)

    def vm(self, vmid: int) -> t.Any:
        """fakepve's question for the configuration of a guest; None when it has none."""
        return None if vmid in self.vanished else super().vm(vmid)

    # ------------------------------------------------------------------ answers

    async def _version(self, request: web.Request) -> web.Response:
        return ok(self.lab["version"])

    async def _nodes(self, request: web.Request) -> web.Response:
        rows = []
        for name, row in self._node_rows(request[USER]):
            rows.append({**row, "ssl_fingerprint": self.hosts[name]["fingerprint"]})
        return ok(rows)

    def _node_rows(self, user: str) -> t.Iterator[tuple[str, Row]]:
        for name, host in sorted(self.hosts.items()):
            online = self.nodes[name]["online"]
            row = {"id": f"node/{name}", "type": "node", "node": name, "level": "", "status": "online" if online else "offline"}
            if online and self.allowed(user, f"/nodes/{name}", "Sys.Audit"):
                row |= pve_shapes.node_usage(host)
            yield name, row

    async def _resources(self, request: web.Request) -> web.Response:
        user, kind = request[USER], request.query.get("type")
        rows = [self._guest_row(vm) for vm in self.vms if self.allowed(user, f"/vms/{vm.vmid}", "VM.Audit")]
        for _name, row in self._node_rows(user):
            rows.append({**row, "cgroup-mode": 2, "host-arch": "x86_64"} if "maxcpu" in row else row)
        for node in sorted(self.nodes):
            rows += [
                pve_shapes.storage_row(storage, node) if self.nodes[node]["online"] else self._unknown_storage(storage, node)
                for storage in self.lab["storages"]
                if self.allowed(user, f"/storage/{storage['config']['storage']}", "Datastore.Audit")
            ]
            if self.allowed(user, _BRIDGES, "SDN.Audit"):
                rows.append(pve_shapes.network_row(node))
        kinds = {"vm": ("qemu", "lxc"), "sdn": ("network",)}.get(str(kind), (kind,))
        return ok([row for row in rows if kind is None or row["type"] in kinds])

    def _guest_row(self, vm: t.Any) -> Row:
        bare = {"id": vm.guest, "type": "qemu", "node": vm.node, "vmid": vm.vmid, "status": "unknown"}
        if not self.nodes[vm.node]["online"]:
            return bare
        running = vm.status == "running"
        usage = dict.fromkeys(("cpu", "mem", "netin", "netout", "diskread", "diskwrite", "uptime"), 0) | (
            vm.stats if running else {}
        )
        row = {**bare, **usage, "status": vm.status, "name": vm.name, "template": int(vm.template), "disk": 0}
        row["memhost"] = row["mem"]
        row["maxcpu"] = int(vm.config.get("cores", 1)) * int(vm.config.get("sockets", 1))
        row["maxmem"] = int(vm.config["memory"]) * 1024**2
        row["maxdisk"] = self._vm_maxdisk(vm)
        return row | ({"tags": vm.config["tags"]} if vm.config.get("tags") else {})

    @staticmethod
    def _unknown_storage(storage: Row, node: str) -> Row:
        row = pve_shapes.storage_row(storage, node)
        return {**{key: value for key, value in row.items() if key not in ("disk", "maxdisk")}, "status": "unknown"}

    async def _cluster_status(self, request: web.Request) -> web.Response:
        self.require(request[USER], "/", "Sys.Audit")
        rows = [
            {
                "type": "node",
                "id": f"node/{name}",
                "name": name,
                "nodeid": number if self.cluster_name else 0,
                "level": "",
                "ip": self.hosts[name]["ip"],
                "online": int(self.nodes[name]["online"]),
                "local": int(number == 1),
            }
            for number, name in enumerate(sorted(self.hosts), 1)
        ]
        if self.cluster_name:  # a single host outside any cluster has no such row
            cluster = {"type": "cluster", "id": "cluster", "name": self.cluster_name, "nodes": len(rows)}
            rows.insert(0, {**cluster, "quorate": int(self.quorate), "version": 2})
        return ok(rows)

    async def synthesise(self, match: t.Any, method: str, info: Row, user: str, values: Row) -> t.Any:
        """Real data for what fakepve would make up."""
        node = values.get("node", "")
        answers: dict[str, t.Callable[[], t.Any]] = {
            "/nodes/{node}/status": lambda: pve_shapes.node_status(self.hosts[node], self.lab["version"]),
            "/nodes/{node}/version": lambda: self.lab["version"],
            "/cluster/backup": lambda: self.backup_jobs,
            "/cluster/backup-info/not-backed-up": lambda: self._not_backed_up(user),
        }
        if method == "GET" and match.template in answers:
            return answers[match.template]()
        return await super().synthesise(match, method, info, user, values)

    def _not_backed_up(self, user: str) -> list[Row]:
        return [
            {"vmid": vm.vmid, "name": vm.name, "type": "qemu"}
            for vm in sorted(self.vms, key=lambda vm: vm.vmid)
            if self.allowed(user, f"/vms/{vm.vmid}", "VM.Audit")
            and not pve_shapes.guest_in_jobs(vm.vmid, vm.node, self.backup_jobs)
        ]

    async def _config_get(self, request: web.Request) -> web.Response:
        """Without ``current`` Proxmox answers with the configuration after the next start."""
        vm = self._vm(request, "VM.Audit")
        config = {**vm.config, "digest": vm.digest()}
        if request.query.get("current") not in ("1", "true"):
            config |= vm.pending
        return ok({key: value for key, value in config.items() if value is not None})

    async def _agent_call(self, match: t.Any, values: Row) -> t.Any:
        vm = self.find(values["node"], values["vmid"])
        if str(vm.config.get("agent", "0")).split(",", maxsplit=1)[0] not in ("1", "enabled=1"):
            raise PveError(500, "No QEMU guest agent configured")
        if vm.status != "running":
            raise PveError(500, f"VM {vm.vmid} is not running")
        if vm.agent is None or vm.agent_hangs:
            await self.pause(3)
            raise PveError(500, "QEMU guest agent is not running")
        return await super()._agent_call(match, values)

    # ------------------------------------------------- connections and witness

    def _build_app(self) -> web.Application:
        app = super()._build_app()
        app.middlewares.insert(0, self._witness)
        return app

    @web.middleware
    async def _witness(self, request: web.Request, handler: t.Any) -> web.StreamResponse:
        """Outermost: write the request down, and answer as Proxmox' own HTTP server does."""
        status = None
        match = self.resolve(request, API)
        method = (match.methods.get(request.method) if match else None) or {}
        try:
            try:
                response = await handler(request)
            except web.HTTPNotFound:
                path = request.path.removeprefix(API)
                response = web.Response(status=501, reason=f"Method '{request.method} {path}' not implemented")
            if response.status in (401, 595) and not request.path.endswith("/access/ticket"):
                response = web.Response(status=response.status, reason=response.reason)
            if response.status >= 400 or method.get("protected"):
                response.force_close()
            status = response.status
            return response
        finally:
            self._write_down(request, status)

    def _write_down(self, request: web.Request, status: int | None) -> None:
        user = request.get(USER)
        entry = {"method": request.method, "path": request.path.removeprefix(API), "user": user, "status": status}
        self.log.append(entry)
        if self._log_file:
            with self._log_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")

    async def _answer(self, request: web.Request, handler: t.Any, generic: t.Any, path_node: str | None) -> web.StreamResponse:
        match = generic or self.resolve(request, API)
        template = match.template if match else None
        await asyncio.sleep(self.hanging.get(str(template), self.hang_all))
        if template in self.forbidden:
            return error(403, self.forbidden[template] or _refusal(match))
        if path_node in self.silent_nodes:
            return web.Response(status=595, reason="Connection timed out")
        return t.cast(web.StreamResponse, await super()._answer(request, handler, generic, path_node))

    async def start(self, certfile: str, keyfile: str) -> None:
        """Listen. Unlike fakepve's own, an end does not wait for requests that hang."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certfile, keyfile)
        self.runner = web.AppRunner(self._build_app(), access_log=None, shutdown_timeout=0.2)
        await self.runner.setup()
        await web.TCPSite(self.runner, self.host, self.port, ssl_context=context).start()
        self.port = self.runner.addresses[0][1]


def _refusal(match: t.Any) -> str:
    """The words of a 403, with the privilege that the path needs."""
    _perm, path, privileges, *_options = (match.methods["GET"].get("permissions") or {}).get("check", ("perm", "/", ["Sys.Audit"]))
    return f"Permission check failed ({path.format(**match.params)}, {'|'.join(privileges)})"


def load_lab(path: Path = PROXMOX_FILE) -> Row:
    """The content of a proxmox.yml."""
    return t.cast(Row, yaml.safe_load(path.read_text(encoding="utf-8")))


@contextlib.contextmanager
def running_pve(folder: Path, *, lab: Row | None = None, port: int = 0) -> t.Iterator[tuple[AuditPve, Certificates]]:
    """A cluster that answers in a thread of this process; certificates are written into ``folder``."""
    certificates = make_certificates(folder, "pve", like_proxmox=True)
    pve = AuditPve(lab or load_lab(), port=port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="fakepve", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(pve.start(str(certificates.certificate), str(certificates.key)), loop).result(10)
        yield pve, certificates
    finally:
        asyncio.run_coroutine_threadsafe(pve.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _serve(folder: Path, port: int) -> None:
    certificates = make_certificates(folder, "pve", like_proxmox=True)
    pve = AuditPve(load_lab(), port=port, log_file=folder / "proxmox-requests.jsonl")
    await pve.start(str(certificates.certificate), str(certificates.key))
    print(f"{pve.url} answers; authority {certificates.ca}", flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await pve.stop()


def main() -> None:
    """Serve the demo lab until SIGTERM or SIGINT; certificates and the request log go into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="existing folder for pve-ca.crt and proxmox-requests.jsonl")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.folder, arguments.port))


if __name__ == "__main__":
    main()
