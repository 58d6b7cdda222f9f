# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What went wrong, in words that a person can act on: connections that fail and answers that say no. No I/O."""

from __future__ import annotations

import re
import shlex
import socket
import ssl
import typing as t

from .._errors import Reason, SourceError
from .._http import causes
from .connection import Address, Connection
from .rights import grant_commands
from .tls import PVE_ROOT_CA

_CERTIFICATE_COMMAND = "openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem"
_TRUST = f"set ca_path to the file {PVE_ROOT_CA} of the host, or fingerprint to what this prints there: {_CERTIFICATE_COMMAND}"
_REACH = "check that the host is on, that api_host is right and that no firewall blocks the port"
_MISMATCH = re.compile(r"Fingerprints did not match.*got \"?(?P<got>[0-9a-fA-F]{64})")
_LACKS = re.compile(r"Permission check failed \((?P<path>/[^,()]*), (?P<privileges>[\w.|]+)\)")

# Secrets of that length do not stand in the messages of Proxmox VE by chance.
_LONG_ENOUGH = 8


class UnansweredError(SourceError):
    """No answer came from one host. step: how far it went, as in preflight: "reachable" or "tls" is what failed."""

    def __init__(self, message: str, reason: Reason, remedy: str, step: t.Literal["reachable", "tls"] = "reachable") -> None:
        super().__init__(message, reason, remedy)
        self.step: t.Literal["reachable", "tls"] = step


class RefusedError(SourceError):
    """The host answered with an error. status: of HTTP. words: what the server said, one line."""

    def __init__(self, message: str, reason: Reason, remedy: str, status: int, words: str) -> None:
        super().__init__(message, reason, remedy)
        self.status = status
        self.words = words


def was_lost(error: BaseException) -> bool:
    """Whether an open connection broke, so that asking again is worth it."""
    broken = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
    return any(isinstance(cause, broken) or type(cause).__name__ == "IncompleteRead" for cause in causes(error))


def unanswered(error: BaseException, address: Address, path: str, seconds: float, connecting: bool) -> SourceError:
    """What a request without an answer means.

    seconds: how long it was waited for. connecting: time ran out before there was a connection. A time-out of the answer
    itself is a plain SourceError, because the host is there; everything else is UnansweredError.
    """
    chain = list(causes(error))
    mismatch = next((found for cause in chain if (found := _MISMATCH.search(str(cause)))), None)
    if mismatch or any(isinstance(cause, ssl.SSLError) for cause in chain):
        return _no_tls(chain, address, mismatch)
    if any(isinstance(cause, socket.gaierror) for cause in chain):
        return UnansweredError(
            f"cannot find {address.host}: the name does not resolve",
            "unreachable",
            "write the address of the host into api_host, or repair the name service",
        )
    if connecting:
        return UnansweredError(f"cannot connect to {address}: no answer within {seconds:g} seconds", "timeout", _REACH)
    if was_lost(error):
        return UnansweredError(f"cannot read {path} from {address}: the connection was lost twice", "unreachable", _REACH)
    if any(isinstance(cause, TimeoutError) or type(cause).__name__ == "ReadTimeoutError" for cause in chain):
        return SourceError(
            f"cannot read {path} from {address}: no answer within {seconds:g} seconds",
            "timeout",
            "when the host is only slow, set timeout to more seconds",
        )
    refused = any(isinstance(cause, ConnectionRefusedError) for cause in chain)
    system = next((cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror), None)
    why = "the connection was refused" if refused else system or "the connection failed"
    return UnansweredError(f"cannot connect to {address}: {why}", "unreachable", _REACH)


def _no_tls(chain: t.Sequence[BaseException], address: Address, mismatch: re.Match[str] | None) -> UnansweredError:
    start = f"cannot verify the certificate of {address}"
    if mismatch:
        got = mismatch["got"].upper()
        pairs = ":".join(got[index : index + 2] for index in range(0, len(got), 2))
        return UnansweredError(
            f"{start}: its fingerprint is {pairs}, not the one that is configured",
            "invalid",
            f"compare it with what this prints on the host: {_CERTIFICATE_COMMAND}; "
            "each host of a cluster has its own, only ca_path fits all of them",
            "tls",
        )
    bad = next((cause for cause in chain if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if bad is not None:
        words = bad.verify_message.rstrip(".")
        named = "mismatch" in words.lower()
        remedy = "write a name or address that the certificate holds into api_host, or set fingerprint" if named else _TRUST
        return UnansweredError(f"{start}: {words}", "invalid", remedy, "tls")
    tls = next((cause for cause in chain if isinstance(cause, ssl.SSLError)), None)
    words = (getattr(tls, "reason", None) or "the handshake broke off").replace("_", " ").lower()
    return UnansweredError(
        f"cannot speak TLS with {address}: {words}",
        "invalid",
        "check that api_host is the API of Proxmox VE itself, on port 8006",
        "tls",
    )


def refused(connection: Connection, path: str, status: int, words: str) -> RefusedError:
    """What an error status means. words: the text of the status line, where Proxmox VE puts its message."""
    words = one_line(words, connection.secret)
    said = f"{status} {words}".strip()
    if status == 401:
        return RefusedError(
            f"cannot log in to {connection.label} as {connection.identity}: {words or 'the API says no'}",
            "unauthorized",
            _login_remedy(connection, words),
            status,
            words,
        )
    if status == 403:
        return _forbidden(connection, path, said, status, words)
    if status in (404, 501):
        detail = f"cannot read {path}: {connection.label} does not know it ({said})"
        return RefusedError(detail, "unsupported", "", status, words)
    if 595 <= status <= 599:
        host = path.split("/")[2] if path.startswith("/nodes/") else connection.label
        detail = f"cannot read {path}: host {host} does not answer ({said})"
        return RefusedError(detail, "unreachable", f"check that {host} is on and in the cluster: pvecm status", status, words)
    if status in (502, 503, 504):
        return RefusedError(f"cannot read {path}: {said}", "unreachable", _REACH, status, words)
    return RefusedError(f"cannot read {path}: {said}", "invalid", "", status, words)


def _forbidden(connection: Connection, path: str, said: str, status: int, words: str) -> RefusedError:
    lacks = _LACKS.search(words)
    if not lacks:
        detail = f"cannot read {path}: {connection.identity} may not ({said})"
        return RefusedError(detail, "forbidden", grant_commands(connection.identity), status, words)
    privileges = " or ".join(lacks["privileges"].split("|"))
    detail = f"cannot read {path}: {connection.identity} lacks {privileges} on {lacks['path']}"
    if "VM.Monitor" in privileges:
        return RefusedError(detail, "forbidden", "", status, words)
    return RefusedError(detail, "forbidden", grant_commands(connection.identity), status, words)


# What Proxmox VE says about a token or user that may not log in, and the command that helps. The first that matches counts.
_TOKEN_REMEDIES = (
    (r"is disabled", "pveum user modify {user} --enable 1"),
    (r"no such token", "pveum user token add {token} --privsep 1, and write the secret that it prints into api_token_secret"),
    (
        r"invalid token value",
        "the secret of a token is shown only once; make a new one: pveum user token remove {token} && "
        "pveum user token add {token} --privsep 1, and give it its rights again",
    ),
    (r"^token .*expired", "pveum user token modify {token} --expire 0, or with a later time in seconds since 1970"),
    (r"expired", "pveum user modify {user} --expire 0"),
    (r"", "check api_user, api_token_id and api_token_secret against: pveum user token list {user}"),
)
_PASSWORD_REMEDIES = (
    (r"is disabled", "pveum user modify {user} --enable 1"),
    (r"expired", "pveum user modify {user} --expire 0"),
    (r"", "check api_user, with its realm such as audit@pve, and api_password"),
)


def _login_remedy(connection: Connection, words: str) -> str:
    remedies = _TOKEN_REMEDIES if connection.token_id else _PASSWORD_REMEDIES
    remedy = next(remedy for pattern, remedy in remedies if re.search(pattern, words))
    user = shlex.quote(connection.user)
    return remedy.format(user=user, token=f"{user} {shlex.quote(connection.token_id or '')}")


def one_line(words: str, secret: str = "") -> str:
    """Text of a server on one line, without a secret of ours and not longer than a sentence."""
    # A shorter one is part of ordinary words, which would then not be understood any more.
    clean = words.replace(secret, "…") if len(secret) >= _LONG_ENOUGH else words
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in clean).split())
    return clean if len(clean) <= 200 else clean[:199] + "…"
