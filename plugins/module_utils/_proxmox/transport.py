# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""proxmoxer over one requests adapter: guard, ledger, one SSLContext, time-outs per endpoint. The only user of third-party code.

Nothing of the environment is used: no proxies, no netrc, no CA bundle other than what tls.py loads.
"""

from __future__ import annotations

import dataclasses
import json
import time
import typing as t
from http.cookiejar import DefaultCookiePolicy

from .._errors import ForbiddenRequestError, SourceError
from .._evidence.guard import matching_endpoint
from .._evidence.ledger import Ledger, Request
from . import failures
from .connection import Address, Connection
from .tls import ssl_context

if t.TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase

    PACKAGES_ERROR: ImportError | None
else:
    PACKAGES_ERROR = None
    try:
        # requests first: proxmoxer ends the whole process when it is missing.
        import requests
        from requests.adapters import HTTPAdapter
        from requests.auth import AuthBase
    except ImportError as exc:
        PACKAGES_ERROR = exc
        HTTPAdapter = AuthBase = object

if PACKAGES_ERROR is None:
    try:
        from proxmoxer.backends.https import ProxmoxHttpSession
        from proxmoxer.core import ProxmoxResource, ResourceException
    except ImportError as exc:
        PACKAGES_ERROR = exc

ROOT = "/api2/json"
CONNECT_SECONDS = 5.0
# Proxmox VE waits up to 3 s for the guest agent and 5 s for its answer before it gives up itself.
AGENT_SECONDS = 9.0
# A list of storages waits for network storages that are gone.
STORAGE_SECONDS = 30.0
# More threads than that never share a connection pool.
MAX_CONNECTIONS = 16


class Credentials(AuthBase):
    """What a session of proxmoxer asks its auth for, and the header that logs in: of a token, of a ticket, or none yet."""

    verify_ssl = True
    timeout = None

    def __init__(self, header: str = "", value: str = "") -> None:
        self._header = header
        self._value = value

    def get_cookies(self) -> dict[str, str]:
        """None: a ticket is sent as a header, so that a cookie of the server can never take its place."""
        return {}

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        if self._header:
            prepared.headers[self._header] = self._value
        return prepared


class NotTheApiError(Exception):
    """An answer that Proxmox VE does not give."""


class Answers:
    """Takes answers apart for proxmoxer, whose own serializer turns what it cannot read into data, or stumbles over it."""

    def loads(self, response: requests.Response) -> t.Any:
        """What stands under "data"."""
        try:
            return json.loads(response.content)["data"]
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise NotTheApiError from exc

    def loads_errors(self, response: requests.Response) -> None:
        """Nothing: errors per parameter come only for what we never send."""


@dataclasses.dataclass
class Attempt:
    """One request on its way: path below the API root, pattern that allows it, and how it went."""

    path: str
    endpoint: str = ""
    status: int | None = None
    bytes: int = 0
    seconds: float = 0.0


class GuardedAdapter(HTTPAdapter):
    """Sends what the guard allows, once more when the connection broke, and writes every attempt to the ledger."""

    def __init__(self, connection: Connection, ledger: Ledger, connect_seconds: float) -> None:
        self._connection = connection
        self._ledger = ledger
        self._read_seconds = connection.read_seconds
        self._connect_seconds = connect_seconds
        self._tls = {"ssl_context": ssl_context(connection), "assert_fingerprint": connection.fingerprint}
        super().__init__(pool_connections=len(connection.addresses), pool_maxsize=MAX_CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: t.Any) -> None:
        """The pools share one SSLContext."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs, **self._tls)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: t.Any, cert: t.Any = None
    ) -> tuple[t.Any, t.Any]:
        """Keeps requests from replacing what the SSLContext says about certificates."""
        return super().build_connection_pool_key_attributes(request, verify, cert)[0], {}

    def cert_verify(self, conn: t.Any, url: t.Any, verify: t.Any, cert: t.Any) -> None:
        """Nothing: it would load the CAs of requests into our SSLContext."""

    def send(self, request: requests.PreparedRequest, *unused: t.Any, **also_unused: t.Any) -> requests.Response:
        """One request, after the guard; ForbiddenRequestError when it is not on the list of reads.

        Time-outs and certificates are ours, whatever the caller says. Errors: those of requests, and SourceError for a
        redirect, which is never followed.
        """
        path = below_root(request)
        try:
            endpoint = matching_endpoint("proxmox", str(request.method), path)
        except ForbiddenRequestError:
            self._note(request, Attempt(path), allowed=False)
            raise
        try:
            response = self._send_once(request, Attempt(path, endpoint))
        except requests.RequestException as exc:
            if not failures.was_lost(exc):
                raise
            response = self._send_once(request, Attempt(path, endpoint))
        if response.is_redirect:
            raise SourceError(
                f"cannot read {path}: {self._connection.label} answers with a redirect",
                "invalid",
                "api_host must be the API of Proxmox VE itself",
            )
        return response

    def _send_once(self, request: requests.PreparedRequest, attempt: Attempt) -> requests.Response:
        start = time.monotonic()
        try:
            response = super().send(request, timeout=(self._connect_seconds, answer_seconds(attempt.path, self._read_seconds)))
            attempt.status = response.status_code
            attempt.bytes = len(response.content)
        finally:
            attempt.seconds = time.monotonic() - start
            self._note(request, attempt)
        return response

    def _note(self, request: requests.PreparedRequest, attempt: Attempt, allowed: bool = True) -> None:
        self._ledger.add(
            Request(
                source="proxmox",
                name=self._connection.name,
                verb=str(request.method),
                endpoint=attempt.endpoint,
                path=attempt.path,
                status=attempt.status,
                bytes=attempt.bytes,
                seconds=round(attempt.seconds, 3),
                identity=self._connection.identity,
                allowed=allowed,
            )
        )


class Transport:
    """Asks one address of a connection at a time."""

    def __init__(self, connection: Connection, ledger: Ledger, connect_seconds: float) -> None:
        self._connection = connection
        self._connect_seconds = connect_seconds
        self._session = ProxmoxHttpSession()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["accept"] = "application/json"
        self._session.auth = Credentials()
        adapter = GuardedAdapter(connection, ledger, connect_seconds)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        if connection.token_id:
            self._session.auth = Credentials("Authorization", f"PVEAPIToken={connection.identity}={connection.secret}")

    def use_ticket(self, ticket: str) -> None:
        """Log in with the ticket of a password from now on."""
        self._session.auth = Credentials("Cookie", f"PVEAuthCookie={ticket}")

    def resource(self, address: Address) -> t.Any:
        """The API of one address as proxmoxer spells it; every request of it passes the guard."""
        return ProxmoxResource(base_url=f"https://{address}{ROOT}", session=self._session, serializer=Answers())

    def call(self, address: Address, verb: t.Literal["get", "post"], path: str, **fields: str) -> t.Any:
        """The data of one answer. path: below the API root, its parts quoted. Errors: SourceError."""
        try:
            return getattr(self.resource(address)(path.strip("/")), verb)(**fields)
        except ResourceException as exc:
            raise failures.refused(self._connection, path, exc.status_code, str(exc.content or exc.status_message or "")) from exc
        except requests.RequestException as exc:
            connecting = isinstance(exc, requests.ConnectTimeout)
            seconds = self._connect_seconds if connecting else answer_seconds(path, self._connection.read_seconds)
            raise failures.unanswered(exc, address, path, seconds, connecting) from exc
        except ForbiddenRequestError as exc:
            # A name of the lab that is no part of a path, such as "..", leads here.
            raise SourceError(str(exc), "invalid") from exc
        except NotTheApiError as exc:
            raise SourceError(
                f"cannot read {path}: the answer of {self._connection.label} is not one of the Proxmox VE API",
                "invalid",
                "check that api_host is the API of Proxmox VE itself, on port 8006",
            ) from exc

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def below_root(request: requests.PreparedRequest) -> str:
    """The path below the API root, as it goes over the wire; something that the guard refuses for any other URL."""
    path = request.path_url.split("?", 1)[0]
    if not str(request.url).startswith("https://") or not path.startswith(f"{ROOT}/"):
        return str(request.url).split("?", 1)[0]
    return path[len(ROOT) :]


def answer_seconds(path: str, read_seconds: float) -> float:
    """How long an answer may take: what the user says, but never less than the API itself needs."""
    if "/agent/" in path:
        return max(read_seconds, AGENT_SECONDS)
    if path.startswith("/storage"):
        return max(read_seconds, STORAGE_SECONDS)
    return read_seconds
