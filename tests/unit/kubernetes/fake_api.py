# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small API server with TLS in this process, and the certificates that it needs."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime
import ipaddress
import json
import os
import socket
import ssl
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Object = dict[str, t.Any]
NOW = datetime.datetime.now(datetime.timezone.utc)
GROUPS = {
    "apps": ["v1"],
    "batch": ["v1"],
    "coordination.k8s.io": ["v1"],
    "discovery.k8s.io": ["v1"],
    "networking.k8s.io": ["v1"],
    "storage.k8s.io": ["v1"],
}
VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.4+k0s", "platform": "linux/amd64"}


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.private()

    def private(self, password: bytes | None = None) -> bytes:
        encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def issue(
    name: str,
    issuer: Pair | None = None,
    organisations: t.Sequence[str] = (),
    names: t.Sequence[str] = (),
    days: int = 30,
) -> Pair:
    """A certificate; without an issuer it is a CA. CAs have no key usage, which Python 3.13 dislikes unless told otherwise."""
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation) for organisation in organisations]
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=60))
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        found = [x509.IPAddress(ipaddress.ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(found), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


class Pki:
    """The certificates of a cluster, and some that do not fit."""

    def __init__(self) -> None:
        self.ca = issue("kubernetes-ca")
        self.other_ca = issue("other-ca")
        self.server = issue("kube-apiserver", self.ca, names=["127.0.0.1", "localhost"])
        self.elsewhere = issue("kube-apiserver", self.ca, names=["api.example.org"])
        self.expired = issue("kube-apiserver", self.ca, names=["127.0.0.1"], days=-1)
        self.admin = issue("kubernetes-admin", self.ca, ["system:masters"])
        self.old_admin = issue("kubernetes-admin", self.ca, ["system:masters"], days=-2)
        self.stranger = issue("stranger", self.other_ca)


class FakeApi:
    """A small API server. What it does to a path is set in ``answers``: a function of the handler, used once per request.

    requests: method, path without query, query and headers of everything that arrived.
    """

    def __init__(self) -> None:
        self.lists: dict[str, list[Object]] = {}
        self.groups: dict[str, list[str]] = dict(GROUPS)
        self.answers: dict[str, list[t.Callable[[Handler], None]]] = {}
        self.always: dict[str, t.Callable[[Handler], None]] = {}
        self.token: str | None = "good-token"
        self.prefix = ""
        self.url = ""
        self.requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = []

    def paths(self) -> list[str]:
        return [path for method, path, query, headers in self.requests]

    def once(self, path: str, answer: t.Callable[[Handler], None]) -> None:
        self.answers.setdefault(path, []).append(answer)

    def kubeconfig(self, folder: Path, pki: Pki, **changes: t.Any) -> Path:
        """A kubeconfig with one context "lab". changes: server, ca, user (mapping), cluster (mapping), context, and so on."""
        ca = changes.get("ca", pki.ca)
        cluster = {"server": changes.get("server", self.url)}
        if ca is not None:
            cluster["certificate-authority-data"] = base64.b64encode(ca.pem).decode()
        cluster.update(changes.get("cluster", {}))
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "contexts": [{"name": "lab", "context": {"cluster": "home", "user": "reader"}}],
            "clusters": [{"name": "home", "cluster": cluster}],
            "users": [{"name": "reader", "user": changes.get("user", {"token": "good-token"})}],
        }
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path


class Handler(BaseHTTPRequestHandler):
    """Answers like a kube-apiserver: version, groups, lists in pages, 401, 404."""

    api: FakeApi
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: t.Any) -> None:
        """Quiet."""

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        path = url.path[len(self.api.prefix) :] if url.path.startswith(self.api.prefix) else url.path
        query = dict(parse_qsl(url.query))
        self.api.requests.append((self.command, path, query, dict(self.headers)))
        waiting = self.api.answers.get(path)
        if waiting:
            waiting.pop(0)(self)
        elif path in self.api.always:
            self.api.always[path](self)
        elif self.api.token and self.headers.get("Authorization") != f"Bearer {self.api.token}":
            self.status(401)
        else:
            self.route(path, query)

    def route(self, path: str, query: dict[str, str]) -> None:
        if path == "/version":
            self.json(VERSION)
        elif path == "/apis":
            groups = [
                {"name": name, "versions": [{"version": one} for one in versions]} for name, versions in self.api.groups.items()
            ]
            self.json({"kind": "APIGroupList", "groups": groups})
        elif path.startswith("/api/v1/") or path.split("/")[2] in self.api.groups:
            self.page(self.api.lists.get(path, []), query)
        else:
            self.status(404)

    def page(self, items: list[Object], query: dict[str, str]) -> None:
        start, limit = int(query.get("continue", "0")), int(query["limit"])
        more = {"continue": str(start + limit)} if start + limit < len(items) else {}
        self.json({"kind": "List", "metadata": {"resourceVersion": "1", **more}, "items": items[start : start + limit]})

    def json(self, value: t.Any) -> None:
        self.body(json.dumps(value).encode())

    def status(self, code: int) -> None:
        self.body(json.dumps({"kind": "Status", "status": "Failure", "code": code}).encode(), code)

    def body(self, body: bytes, code: int = 200, headers: t.Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        """Break the connection without an answer."""
        self.close_connection = True
        self.connection.shutdown(2)


for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    setattr(Handler, f"do_{verb}", Handler.handle_any)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request: t.Any, client_address: t.Any) -> None:
        """Shake hands first; after a handshake that fails wait until the client has read why."""
        if isinstance(request, ssl.SSLSocket):
            try:
                request.do_handshake()
            except ssl.SSLError:
                with socket.socket(fileno=os.dup(request.fileno())) as bare:
                    bare.settimeout(1)
                    bare.shutdown(socket.SHUT_WR)
                    while bare.recv(4096):
                        pass
                raise
        super().finish_request(request, client_address)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Quiet: tests break connections on purpose."""


@contextlib.contextmanager
def serve(api: FakeApi, pair: Pair | None, folder: Path, client_ca: Pair | None = None) -> t.Iterator[FakeApi]:
    """Run it on a loopback port, with TLS when there is a certificate."""
    handler = type("BoundHandler", (Handler,), {"api": api})
    server = Server(("127.0.0.1", 0), handler)
    if pair:
        (folder / "server.pem").write_bytes(pair.pem + pair.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=client_ca.pem.decode())
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    api.url = f"{'https' if pair else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
