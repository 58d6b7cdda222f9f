# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What went wrong, in words that a person can act on: connections that fail and answers that say no. No I/O."""

from __future__ import annotations

import dataclasses
import re
import socket
import ssl
import typing as t
from datetime import datetime, timezone

from .._errors import Reason, SourceError
from .._http import causes
from .credentials import Identity
from .kinds import Kind

PERMISSIONS = "roles/audit/files/permissions/kubernetes"
MAKE_KUBECONFIG = f"make a new kubeconfig with {PERMISSIONS}/make-kubeconfig.sh"

_REACH = "check that the API server runs, that server in the kubeconfig is right and that no firewall blocks the port"
_OTHER_SERVER = "check that server in the kubeconfig is the API server itself, usually on port 6443"
_CA_FILES = (
    "/var/lib/k0s/pki/ca.crt (k0s), /var/lib/rancher/k3s/server/tls/server-ca.crt (k3s), /etc/kubernetes/pki/ca.crt (kubeadm)"
)
# Tells the time limit of an answer from the shorter one of a TLS handshake; both are read time-outs for urllib3.
_READ_TIMEOUT = re.compile(r"\(read timeout=([\d.]+)\)")
# X509_V_ERR_* of OpenSSL: no issuer found, or a certificate that signs itself and is not trusted.
_UNKNOWN_ISSUER = frozenset((2, 18, 19, 20, 21))
_WRONG_NAME = frozenset((62, 64))
_NOT_YET_VALID, _EXPIRED = 9, 10
# The server breaks the handshake because of the certificate that it was shown.
_CLIENT_ALERTS = (
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "CERTIFICATE_REQUIRED",
    "ALERT_UNSUPPORTED_CERT",
)
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")

Step = t.Literal["reachable", "tls", "login"]


class UnansweredError(SourceError):
    """No answer came. step: how far it went, in the words of preflight: what failed."""

    def __init__(self, message: str, reason: Reason, remedy: str, step: Step = "reachable") -> None:
        super().__init__(message, reason, remedy)
        self.step: Step = step


class RefusedError(SourceError):
    """The server answered with another status than 200."""

    def __init__(self, message: str, reason: Reason, remedy: str, status: int) -> None:
        super().__init__(message, reason, remedy)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Whom:
    """What messages need to know of a connection.

    endpoint: URL of the API server, without a user part. host: whose name its certificate has to hold. credentials: what is
    shown to it ("token"), empty for nothing. proxy: its URL without a user part, None for a direct connection.
    """

    label: str
    endpoint: str
    host: str
    context: str
    cluster: str
    credentials: str
    identity: Identity
    proxy: str | None = None

    @property
    def name(self) -> str:
        """As whom we read, in a sentence."""
        return self.identity.name or f"the user of context '{self.context}'"


def was_lost(error: BaseException) -> bool:
    """Whether an open connection broke, so that asking again is worth it."""
    broken = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
    return any(isinstance(cause, broken) or type(cause).__name__ == "IncompleteRead" for cause in causes(error))


def unanswered(error: BaseException, whom: Whom, path: str, limits: tuple[float, float]) -> UnansweredError:
    """What a request without an answer means. limits: seconds for the connection and for the answer."""
    chain = list(causes(error))
    names = {type(cause).__name__ for cause in chain}
    if any(isinstance(cause, ssl.SSLError) for cause in chain) and not was_lost(error):
        return _no_tls(chain, whom)
    start = f"cannot read {path} from {whom.endpoint}"
    if names & {"BadStatusLine", "DecodeError"} and "RemoteDisconnected" not in names:
        what = "HTTP" if "BadStatusLine" in names else "packed as it says"
        return UnansweredError(f"{start}: the answer is not {what}", "invalid", _OTHER_SERVER)
    if "ReadTimeoutError" in names:
        told = next((found for cause in chain if (found := _READ_TIMEOUT.search(str(cause)))), None)
        seconds = float(told[1]) if told else limits[1]
        remedy = "when the cluster is only slow, set timeout to more seconds"
        return UnansweredError(f"{start}: no answer within {seconds:g} seconds", "timeout", remedy)
    if was_lost(error) and "ProxyError" not in names:
        return UnansweredError(f"{start}: the connection was lost twice", "unreachable", _REACH)
    return _not_connected(chain, names, whom, limits[0])


def _not_connected(chain: t.Sequence[BaseException], names: t.Collection[str], whom: Whom, seconds: float) -> UnansweredError:
    start = f"cannot connect to {whom.endpoint}"
    if "ProxyError" in names:
        remedy = "check proxy-url in the kubeconfig and the environment variables HTTPS_PROXY and NO_PROXY"
        return UnansweredError(f"{start}: the proxy {whom.proxy} does not lead there", "unreachable", remedy)
    if any(isinstance(cause, socket.gaierror) for cause in chain):
        remedy = "write the address of the API server into the kubeconfig, or repair the name service"
        return UnansweredError(f"cannot find {whom.host}: the name does not resolve", "unreachable", remedy)
    if "ConnectTimeoutError" in names:
        return UnansweredError(f"{start}: no answer within {seconds:g} seconds", "timeout", _REACH)
    refused_it = any(isinstance(cause, ConnectionRefusedError) for cause in chain)
    system = next((cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror), None)
    why = "the connection was refused" if refused_it else system or "the connection failed"
    return UnansweredError(f"{start}: {why}", "unreachable", _REACH)


def _no_tls(chain: t.Sequence[BaseException], whom: Whom) -> UnansweredError:
    bad = next((cause for cause in chain if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if bad is not None:
        return _bad_certificate(bad, whom)
    words = next((str(cause.reason) for cause in chain if isinstance(cause, ssl.SSLError) and cause.reason), "")
    if any(alert in words for alert in _CLIENT_ALERTS):
        return UnansweredError(_refused_login(whom), "unauthorized", MAKE_KUBECONFIG, "login")
    if any(sign in words for sign in _NO_TLS):
        why = "it answers without TLS"
    else:
        why = words.replace("_", " ").lower() or "the handshake broke off"
    return UnansweredError(f"cannot speak TLS with {whom.endpoint}: {why}", "invalid", _OTHER_SERVER, "tls")


def _bad_certificate(error: ssl.SSLCertVerificationError, whom: Whom) -> UnansweredError:
    start = f"cannot verify the certificate of {whom.endpoint}"
    code = error.verify_code
    if code in _UNKNOWN_ISSUER:
        why = "the CA of the kubeconfig did not sign it"
        remedy = f"put the CA of the cluster into cluster '{whom.cluster}' of the kubeconfig; it is on a controller in {_CA_FILES}"
    elif code in _WRONG_NAME:
        why = f"it is not for {whom.host}"
        remedy = (
            f"write a name or address that it is for as server of cluster '{whom.cluster}', or such a name as its tls-server-name; "
            "k0s adds those of spec.api.sans, k3s those of tls-san"
        )
    elif code in (_EXPIRED, _NOT_YET_VALID):
        why = "it has expired" if code == _EXPIRED else "it is not valid yet"
        remedy = "restart the API server, which renews its certificates on k0s and k3s, and compare the clocks of both machines"
    else:
        why, remedy = error.verify_message.rstrip("."), f"compare the CA of the kubeconfig with that of a controller: {_CA_FILES}"
    return UnansweredError(f"{start}: {why}", "invalid", remedy, "tls")


def _refused_login(whom: Whom) -> str:
    expires, what = whom.identity.expires, whom.credentials
    if not what:
        why = "it has none"
    elif expires is not None and expires <= datetime.now(timezone.utc):
        why = f"{what} expired on {expires:%Y-%m-%dT%H:%M:%SZ}"
    else:
        why = f"expired or unknown {what}"
    where = f"the API server at {whom.endpoint} refused the credentials of context '{whom.context}'"
    return f"cannot log in to {whom.label}: {where}: {why}"


def refused(whom: Whom, path: str, status: int) -> RefusedError:
    """What an error status means, for a path that is no list of a kind; see forbidden() and unknown()."""
    start = f"cannot read {path} from {whom.endpoint}"
    if status == 401:
        return RefusedError(_refused_login(whom), "unauthorized", MAKE_KUBECONFIG, status)
    if status == 403:
        remedy = (
            f"kubectl apply -f {PERMISSIONS}/audit-identity.yml, or add to a ClusterRole of {whom.name}: "
            f'nonResourceURLs: ["{path}"], verbs: ["get"]'
        )
        return RefusedError(f"{start}: {whom.name} may not", "forbidden", remedy, status)
    if status == 404:
        return RefusedError(f"{start}: the API server does not know it", "unsupported", "", status)
    if 300 <= status < 400:
        return RefusedError(f"{start}: it answers with a redirect (status {status})", "invalid", _OTHER_SERVER, status)
    busy = "the API server has too much to do; run the audit again later" if status == 429 else ""
    broken = f"look at {whom.endpoint}/readyz?verbose and the log of the API server" if status >= 500 else ""
    return RefusedError(f"{start}: the API server answered with status {status}", "invalid", busy or broken, status)


def for_kind(error: RefusedError, kind: Kind, whom: Whom) -> RefusedError:
    """The same refusal with the words for a kind: which right is missing, which kind is, or which server behind it."""
    if error.status == 403:
        return may_not(whom, "list", kind.group, kind.plural, kind.namespace)
    if error.status == 404:
        absent = unknown(kind)
        return RefusedError(str(absent), absent.reason, absent.remedy, 404)
    if error.status == 503 and not kind.builtin:
        # The API server hands some groups on to another server, and lists them whether it runs or not.
        return RefusedError(
            f"cannot list {kind.resource}: what serves {kind.group}/{kind.version} does not answer (status 503)",
            "unreachable",
            f"see why: kubectl describe apiservice {kind.version}.{kind.group}",
            503,
        )
    return error


def may_not(whom: Whom, verb: t.Literal["get", "list"], group: str, plural: str, namespace: str | None = None) -> RefusedError:
    """We lack the right to read a kind. namespace: the only one that is read; None for all."""
    where = f" in namespace {namespace}" if namespace else ""
    role = f"a Role in namespace {namespace}" if namespace else "a ClusterRole"
    resource = f"{plural}.{group}" if group else plural
    verbs = '"get", "list"' if verb == "list" else '"get"'
    return RefusedError(
        f"cannot {verb} {resource}{where}: {whom.name} may not",
        "forbidden",
        f"kubectl apply -f {PERMISSIONS}/audit-identity.yml, or add to {role} of {whom.name}: "
        f'apiGroups: ["{group}"], resources: ["{plural}"], verbs: [{verbs}]',
        403,
    )


def unknown(kind: Kind, others: t.Iterable[str] = ()) -> SourceError:
    """The API server has no such kind. others: versions of its group that it has."""
    wanted = f"{kind.group}/{kind.version}" if kind.group else kind.version
    only = f", only {', '.join(sorted(others))}" if others else ""
    return SourceError(f"cannot list {kind.resource}: the API server does not serve {wanted}{only}", "unsupported")


def garbage(whom: Whom, path: str, what: str) -> SourceError:
    """An answer with status 200 that is not what an API server sends."""
    return SourceError(f"cannot read {path} from {whom.endpoint}: the answer is not {what}", "invalid", _OTHER_SERVER)
