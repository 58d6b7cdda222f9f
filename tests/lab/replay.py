# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A read-only Kubernetes API server that answers from recordings of the real tier.

It pages with limit and continue, knows one token, and refuses in the recorded words of the real API server: 401, 403, 404, 405,
406, 410 and 503. Recordings are made by record.py. Moments in the answers are as long ago as they were when they were recorded, so
that an event of the last hour stays one.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime
import http.server
import json
import ssl
import threading
import typing as t
from email.message import Message
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from lab.certificates import Certificates, make_certificates
from lab.kube_api import Object
from lab.rewriting import K0S_GROUPS, as_k3s, moved, without_groups

RECORDINGS = Path(__file__).resolve().parent / "recordings" / "kubernetes"
ERRORS = "errors.json"
ABOUT = "recording.json"
METRICS = "metrics.k8s.io"
TOKEN_SIGNATURE = "canary-bearertoken-cinder-5573"
_INCONSISTENT = -1  # the revision in a continue token that goes on after the list has expired


def recording_file(folder: Path, path: str) -> Path:
    """Where the answer to GET ``path`` is kept."""
    return folder / f"{path.strip('/')}.json"


@dataclasses.dataclass(frozen=True)
class Recorded:
    """An answer as recorded; json is a parsed body, text is set when the body is none."""

    status: int
    content_type: str
    json: Object | None = None
    text: str = ""

    @property
    def body(self) -> bytes:
        """As sent."""
        return (self.text if self.json is None else json.dumps(self.json, separators=(",", ":")) + "\n").encode()


class Replay:
    """What is answered, and what was asked.

    Switches, effective at once: ``unauthorized`` refuses every token; ``forbidden`` and ``missing`` hold the names of kinds that
    answer 403 and 404, "nodes" or, where two groups have one, "nodes.longhorn.io"; ``gone`` holds paths of objects that are not
    there; ``absent_groups`` are API groups that the server does not have; ``metrics_broken`` leaves metrics-server without an
    answer; ``broken`` maps a path to a status that it fails with, without a usable body; ``hanging`` maps a path to the seconds
    that it takes; ``delay`` slows every answer; ``expired`` lets that many continue tokens expire; ``distribution`` "k3s" makes
    it another cluster; ``now`` is the clock.
    """

    def __init__(self, folder: Path = RECORDINGS) -> None:
        errors = json.loads((folder / ERRORS).read_text(encoding="utf-8"))
        self.user: str = errors["user"]
        self.token = _demo_token(self.user)
        self.unauthorized = False
        self.forbidden: set[str] = set()
        self.missing: set[str] = set()
        self.broken: dict[str, int] = {}
        self.hanging: dict[str, float] = {}
        self.delay = 0.0
        self.expired = 0
        self.log: list[Object] = []
        self.gone: set[str] = set()
        self.absent_groups: set[str] = set()
        self.metrics_broken = False
        self.distribution: t.Literal["k0s", "k3s"] = "k0s"
        self.recorded = datetime.datetime.fromisoformat(json.loads((folder / ABOUT).read_text(encoding="utf-8"))["recorded"])
        self.now: t.Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc)
        self.closing = threading.Event()
        files = [file for file in folder.rglob("*.json") if file.name not in (ERRORS, ABOUT)]
        # Names of objects have dots, so the suffix is cut off by its length.
        self._files = {f"/{str(file.relative_to(folder))[: -len('.json')]}": file for file in files}
        self._errors = {name: Recorded(**answer) for name, answer in errors["answers"].items()}
        self._forbidden = {path: Recorded(**answer) for path, answer in errors["forbidden"].items()}
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, headers: Message) -> Recorded:
        """The answer to a request, and a line in the log."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        self.closing.wait(self.hanging.get(url.path, self.delay))
        known = headers.get("Authorization") == f"Bearer {self.token}" and not self.unauthorized
        recorded = self._get(url.path, query, headers) if known else self._errors["unauthorized"]
        if known and method != "GET":
            recorded = self._errors["method_not_allowed"]
        with self._lock:
            user = self.user if known else None
            self.log.append({"method": method, "path": url.path, "query": query, "user": user, "status": recorded.status})
        return recorded

    def _get(self, path: str, query: t.Mapping[str, str], headers: Message) -> Recorded:
        failure = self._failure(path, headers)
        if failure:
            return failure
        unknown = query.keys() - {"limit", "continue", "resourceVersion", "timeoutSeconds"}
        if unknown:
            raise NotImplementedError(f"the recordings cannot answer {', '.join(sorted(unknown))} of {path}")
        whole = self._body(path)
        return self._page(whole, query) if "items" in whole else Recorded(200, "application/json", whole)

    def _failure(self, path: str, headers: Message) -> Recorded | None:
        if path in self.broken:
            return Recorded(self.broken[path], "text/plain; charset=utf-8", text="upstream failure\n")
        if not any(part.split(";")[0].strip() in ("application/json", "*/*") for part in headers.get("Accept", "*/*").split(",")):
            return self._errors["not_acceptable"]
        names = self._names(path)
        absent = self._absent(path, names)
        if names & self.forbidden or not (absent or path in self.gone or path in self._files):
            return self._refusal(path)
        if absent:
            return self._errors[absent]
        return self._gone(path) if path in self.gone else None

    def _names(self, path: str) -> set[str]:
        """The names by which switches know the kind that a list or an object is of."""
        parts = path.split("/")
        group = _group(path)
        plurals = set(parts[-2:])
        if not group:
            return plurals
        return {f"{plural}.{group}" for plural in plurals} | {one for one in plurals if f"/api/v1/{one}" not in self._files}

    def _absent(self, path: str, names: set[str]) -> str:
        """Which recorded answer stands for a path that is not there or not served; empty when it is."""
        group = _group(path)
        if group in self._absent_groups():
            return "missing_group"
        if names & self.missing:
            # Without its CustomResourceDefinition a group is not there at all.
            return "missing_group" if "k0sproject.io" in group else "missing_kind"
        return "unavailable" if self.metrics_broken and group == METRICS else ""

    def _absent_groups(self) -> set[str]:
        return self.absent_groups | (K0S_GROUPS if self.distribution == "k3s" else set())

    def _body(self, path: str) -> Object:
        body: Object = moved(json.loads(self._files[path].read_text(encoding="utf-8")), self.now() - self.recorded)
        if path == "/apis":
            body = without_groups(body, self._absent_groups())
        return as_k3s(path, body) if self.distribution == "k3s" else body

    def _gone(self, path: str) -> Recorded:
        """404 as recorded for a namespace, told of this object."""
        plural, name = path.split("/")[-2:]
        recorded, group = self._errors["missing_object"], _group(path)
        details = {"name": name, **({"group": group} if group else {}), "kind": plural}
        kind = f"{plural}.{group}" if group else plural
        status = {**(recorded.json or {}), "message": f'{kind} "{name}" not found', "details": details}
        return dataclasses.replace(recorded, json=status)

    def _refusal(self, path: str) -> Recorded:
        """403 as recorded for this path; for any other, as for a path that is no resource."""
        if path in self._forbidden:
            return self._forbidden[path]
        recorded = self._errors["forbidden_path"]
        status = dict(recorded.json or {})
        status["message"] = status["message"].replace(self._errors["forbidden_path"].text, path)
        return dataclasses.replace(recorded, json=status, text="")

    def _page(self, whole: Object, query: t.Mapping[str, str]) -> Recorded:
        if "resourceVersion" not in whole["metadata"]:
            return Recorded(200, "application/json", whole)  # metrics-server keeps nothing and pages nothing
        start = 0
        if "continue" in query:
            try:
                position = json.loads(base64.urlsafe_b64decode(query["continue"] + "=="))
                start, revision = int(position["start"]), int(position["rv"])
            except (ValueError, KeyError, TypeError):
                return self._errors["bad_continue"]
            if self.expired and revision != _INCONSISTENT:
                self.expired -= 1
                status = dict(self._errors["expired"].json or {})
                status["metadata"] = {"continue": _continue_token(start, _INCONSISTENT)}
                return dataclasses.replace(self._errors["expired"], json=status)
        end = start + int(query.get("limit", 0)) if int(query.get("limit", 0)) else len(whole["items"])
        metadata = dict(whole["metadata"])
        if end < len(whole["items"]):
            metadata["continue"] = _continue_token(end, metadata["resourceVersion"])
            metadata["remainingItemCount"] = len(whole["items"]) - end
        return Recorded(200, "application/json", {**whole, "metadata": metadata, "items": whole["items"][start:end]})


def _group(path: str) -> str:
    """The API group of a path, empty for the core group."""
    parts = path.split("/")
    return parts[2] if parts[1] == "apis" and len(parts) > 2 else ""


def _continue_token(start: int, revision: int | str) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": int(revision), "start": str(start)})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _demo_token(user: str) -> str:
    """Claims to be a service account, as a real token does; its signature, a canary, is worth nothing."""
    claims = {"iss": "https://kubernetes.default.svc", "sub": user, "exp": 4102444800}
    parts = [json.dumps({"alg": "RS256", "kid": "demo"}), json.dumps(claims), TOKEN_SIGNATURE]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def _handler(replay: Replay) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def setup(self) -> None:
            self.request.do_handshake()  # in the thread of the connection, so that a bad client stops nobody else
            super().setup()

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            recorded = replay.answer(self.command, self.path, self.headers)
            self.send_response(recorded.status)
            self.send_header("Content-Type", recorded.content_type)
            self.send_header("Content-Length", str(len(recorded.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(recorded.body)

        def __getattr__(self, name: str) -> t.Any:
            if name.startswith("do_"):  # every method gets an answer
                return self._serve
            raise AttributeError(name)

        def log_message(self, *_arguments: t.Any) -> None:
            """The log is the replay's own."""

    return Handler


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a hanging answer must not hold up the end

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """A client that leaves, or does not trust us, is no news."""


@contextlib.contextmanager
def running_replay(folder: Path, *, recordings: Path = RECORDINGS, port: int = 0) -> t.Iterator[tuple[Replay, str, Certificates]]:
    """A replay server in threads of this process, its URL, and its certificates, which are written into ``folder``."""
    replay = Replay(recordings)
    certificates = make_certificates(folder, "kube")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    with _Server(("127.0.0.1", port), _handler(replay)) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="replay", daemon=True)
        thread.start()
        try:
            yield replay, f"https://127.0.0.1:{server.server_port}", certificates
        finally:
            replay.closing.set()
            server.shutdown()
            thread.join(10)
