# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads the API of one cluster: every request passes the guard before it is sent, and is written to the ledger.

The official client makes the connection pool (proxies, authentication header). Lists are read raw, in pages: its own
deserialiser takes 6 s for 10,000 pods, plain JSON half a second.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
import ssl
import time
import typing as t
from types import TracebackType
from urllib.parse import urlencode, urlsplit, urlunsplit

from .._errors import ConfigError, ForbiddenRequestError
from .._evidence.guard import matching_endpoint
from .._evidence.ledger import Ledger, Request
from .._requirements import require
from .._version import VERSION
from . import libraries
from .credentials import Identity, of_certificate, of_token
from .exec_plugin import Credentials, run_plugin
from .failures import RefusedError, UnansweredError, Whom, for_kind, garbage, may_not, refused, unanswered, was_lost
from .kinds import Kind, Object
from .kubeconfig import Context, read_context
from .libraries import PACKAGES, missing_packages
from .options import Connection
from .tls import ssl_context

__all__ = ["PACKAGES", "WORKERS", "Client", "missing_packages"]

CONNECT_SECONDS = 5.0
# Until a server that has too much to do is asked again, which is what it says itself in its header Retry-After.
BUSY_SECONDS = 1.0
# Requests at a time: enough to read a server whole that takes seconds for each answer, and fewer than the connections of the pool.
WORKERS = 8
_PAGE = 500
_PASSED_ON = frozenset(("server", "insecure-skip-tls-verify", "tls-server-name", "proxy-url"))
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Client:
    """One context of a kubeconfig. Use it with ``with``; threads may share it.

    Errors when it is made: MissingPackagesError; ConfigError for what is wrong in the kubeconfig; SourceError when an exec plugin
    gives no credentials.
    """

    def __init__(self, connection: Connection, ledger: Ledger, connect_seconds: float | None = None) -> None:
        require(missing_packages())
        context = read_context(connection)
        credentials, kind = _credentials(connection, context, ledger)
        self._pool, self._headers, proxy = _pool(context, credentials.token)
        self.whom = _whom(connection, context, credentials, kind, proxy)
        self.secrets = _secrets(context, credentials)
        self._connection = connection
        self._ledger = ledger
        self._connect_seconds = connect_seconds or CONNECT_SECONDS
        self._server = context.server
        if self._server.startswith("https:"):
            tls = ssl_context(context, credentials.certificate, credentials.key)
            self._pool.connection_pool_kw["ssl_context"] = tls

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._pool.clear()

    @property
    def protection(self) -> str:
        """How the API server is known to be the right one, in a sentence."""
        if not self._server.startswith("https:"):
            return f"{self.whom.endpoint} is read without TLS"
        if self._pool.connection_pool_kw["ssl_context"].verify_mode == ssl.CERT_NONE:
            return "the certificate is not checked (insecure-skip-tls-verify)"
        return f"the certificate is valid for {self.whom.host}"

    def request(self, method: str, path: str, query: t.Mapping[str, t.Any] | None = None) -> bytes:
        """Body of the answer. path: below the URL of the server.

        A connection that breaks or a server that is too busy is tried once more. Errors: ForbiddenRequestError for what is
        not on the list of reads, UnansweredError, RefusedError.
        """
        try:
            endpoint = matching_endpoint("kubernetes", method, path)
        except ForbiddenRequestError:
            self._ledger.add(self._line(method, path, path, allowed=False))
            raise
        try:
            return self._send(method, endpoint, path, query)
        except UnansweredError as exc:
            if exc.__cause__ is None or not was_lost(exc.__cause__):
                raise
        except RefusedError as exc:
            if exc.status != 429:
                raise
            time.sleep(BUSY_SECONDS)
        return self._send(method, endpoint, path, query)

    def get(self, path: str, query: t.Mapping[str, t.Any] | None = None) -> Object:
        """The JSON object at a path. Errors: as request(), and SourceError (invalid) for an answer that is none."""
        body = self.request("GET", path, query)
        try:
            value = json.loads(body)
            if _LONE_SURROGATE.search(body):
                # Half a character is valid JSON, but no text that could be written.
                value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError) as exc:
            raise garbage(self.whom, path, "JSON") from exc
        if not isinstance(value, dict):
            raise garbage(self.whom, path, "a JSON object")
        return value

    def read_all(self, kind: Kind, keep: t.Callable[[Object], Object | None]) -> list[Object]:
        """All objects of a kind, each passed through keep as soon as its page is there; None leaves it out.

        A list whose continue token has expired (410) begins again, once. Errors: as get(), in the words of the kind.
        """
        try:
            try:
                return self._list(kind, keep)
            except RefusedError as exc:
                if exc.status != 410:
                    raise
                return self._list(kind, keep)
        except RefusedError as exc:
            # The same refusal in other words, so the first one would only say it twice.
            raise for_kind(exc, kind, self.whom) from None

    def first(self, kind: Kind) -> None:
        """Ask for one object of a kind, to see whether it may be read. Errors: as read_all()."""
        try:
            self.get(kind.path, {"limit": 1})
        except RefusedError as exc:
            # The same refusal in other words, so the first one would only say it twice.
            raise for_kind(exc, kind, self.whom) from None

    def read_one(self, group: str, plural: str, path: str) -> Object | None:
        """The object at a path, None when there is none. Errors: as get(), in the words of the kind."""
        try:
            item = self.get(path)
        except RefusedError as exc:
            if exc.status == 404:
                return None
            if exc.status == 403:
                raise may_not(self.whom, "get", group, plural) from None
            raise
        if not _has_name(item, namespaced=False):
            raise garbage(self.whom, path, "an object")
        return item

    def _list(self, kind: Kind, keep: t.Callable[[Object], Object | None]) -> list[Object]:
        found: list[Object] = []
        token = ""
        while True:
            page = self.get(kind.path, {"limit": _PAGE, "continue": token} if token else {"limit": _PAGE})
            items, metadata = page.get("items") or [], page.get("metadata")
            if (
                not isinstance(items, list)
                or not isinstance(metadata, dict)
                or not all(_has_name(item, kind.namespaced) for item in items)
            ):
                raise garbage(self.whom, kind.path, f"a list of {kind.noun}")
            found += [kept for item in items if (kept := keep(item)) is not None]
            before, token = token, str(metadata.get("continue") or "")
            if not token:
                return found
            if token == before:
                raise garbage(self.whom, kind.path, "a list that ends")

    def _send(self, method: str, endpoint: str, path: str, query: t.Mapping[str, t.Any] | None) -> bytes:
        urllib3 = libraries.urllib3
        read_seconds = self._connection.read_seconds
        started = time.monotonic()
        status: int | None = None
        body = b""
        try:
            answer = self._pool.request(
                method,
                self._server + path + (f"?{urlencode(query)}" if query else ""),
                headers=self._headers,
                timeout=urllib3.Timeout(connect=self._connect_seconds, read=read_seconds),
                # A redirect would carry the credentials past the guard.
                redirect=False,
                retries=False,
            )
            status, body = answer.status, bytes(answer.data)
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise unanswered(exc, self.whom, path, (self._connect_seconds, read_seconds)) from exc
        finally:
            line = self._line(method, endpoint, path, allowed=True)
            seconds = round(time.monotonic() - started, 3)
            self._ledger.add(dataclasses.replace(line, status=status, bytes=len(body), seconds=seconds))
        if status != 200:
            raise refused(self.whom, path, status)
        return body

    def _line(self, method: str, endpoint: str, path: str, *, allowed: bool) -> Request:
        """A line of the ledger for a request that has not been answered yet."""
        name, identity = self._connection.name, self.whom.identity.name
        return Request("kubernetes", name, method, endpoint, path, None, 0, 0.0, identity, allowed)


def _has_name(item: t.Any, namespaced: bool) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    needed = ("name", "namespace") if namespaced else ("name",)
    return isinstance(metadata, dict) and all(isinstance(metadata.get(field), str) for field in needed)


def _credentials(connection: Connection, context: Context, ledger: Ledger) -> tuple[Credentials, str]:
    """What is shown to the API server, and what messages call it; empty when there is nothing to show."""
    token = context.secret()
    given = Credentials(token, context.content("user", "client-certificate"), context.content("user", "client-key"))
    if context.user.get("exec") and not token:
        plugin = f"of exec plugin '{context.user['exec']['command']}'"
        given = run_plugin(connection, context, ledger)
        return given, f"certificate {plugin}" if given.certificate else f"token {plugin}"
    if given.certificate:
        return given, "client certificate"
    if token:
        return given, "token"
    return given, "password" if context.user.get("password") else ""


def _secrets(context: Context, credentials: Credentials) -> tuple[str, ...]:
    """What is shown to the API server and must never be written anywhere."""
    key = (credentials.key or b"").decode("ascii", "replace")
    return tuple(secret for secret in (credentials.token, key, str(context.user.get("password") or "")) if secret)


def _whom(connection: Connection, context: Context, credentials: Credentials, kind: str, proxy: str | None) -> Whom:
    if credentials.certificate:
        # Kubernetes looks at the certificate first when there are both.
        identity = of_certificate(credentials.certificate)
    elif credentials.token:
        identity = of_token(credentials.token)
    else:
        identity = Identity(context.user.get("username") or None)
    return Whom(
        label=connection.label,
        endpoint=_without_user(context.server),
        host=str(context.cluster.get("tls-server-name") or urlsplit(context.server).hostname),
        context=context.name,
        cluster=context.cluster_name,
        credentials=kind,
        identity=identity,
        proxy=proxy,
    )


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _pool(context: Context, token: str | None) -> tuple[t.Any, dict[str, str], str | None]:
    """The connection pool of the official client, the headers of each request, and the proxy that it goes through.

    What the client would write into temporary files is left out; see tls.py.
    """
    user = {"token": token} if token else {key: context.user[key] for key in ("username", "password") if key in context.user}
    cluster = {key: value for key, value in context.cluster.items() if key in _PASSED_ON}
    document = {
        "current-context": "audit",
        "contexts": [{"name": "audit", "context": {"cluster": "audit", "user": "audit"}}],
        "clusters": [{"name": "audit", "cluster": cluster}],
        "users": [{"name": "audit", "user": user}],
    }
    configuration = libraries.Configuration()
    libraries.load_into(configuration, document)
    if "proxy-url" not in cluster and _is_loopback(urlsplit(context.server).hostname or ""):
        configuration.proxy = None
    try:
        pool = libraries.RESTClientObject(configuration).pool_manager
    except (ImportError, ValueError) as exc:
        raise ConfigError(
            f"cannot use the proxy of cluster '{context.cluster_name}' in kubeconfig {context.kubeconfig}: "
            f"{_without_user(str(configuration.proxy))} is no URL of a proxy, or the package PySocks is missing"
        ) from exc
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"homelab.deepdive/{VERSION}"}
    login = configuration.auth_settings().get("BearerToken")
    if login:
        headers["Authorization"] = str(login["value"])
    proxy = getattr(pool, "proxy", None)
    return pool, headers, _without_user(str(proxy)) if proxy else None


def _is_loopback(host: str) -> bool:
    """As kubectl does, loopback is never reached through a proxy of the environment."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
