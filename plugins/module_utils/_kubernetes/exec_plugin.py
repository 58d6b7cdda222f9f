# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Runs the exec plugin of a kubeconfig, the program that fetches credentials, as client-go defines it.

The official client has a runner, too, but that one waits without an end and goes on without credentials when the plugin fails.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import subprocess
import time
import typing as t

from .._errors import SourceError
from .._evidence.ledger import Ledger, Request
from .kubeconfig import Context
from .options import Connection

_SECONDS = 60
_EXTENSION = "client.authentication.k8s.io/exec"


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What a plugin gave: a token, or certificate and key in PEM."""

    token: str | None = dataclasses.field(repr=False)
    certificate: bytes | None = None
    key: bytes | None = dataclasses.field(default=None, repr=False)


def run_plugin(connection: Connection, context: Context, ledger: Ledger) -> Credentials:
    """Run it, without a terminal, and write it into the ledger: its command, but no arguments, which may be secret.

    Errors: SourceError (unauthorized, or timeout) when it gives no credentials. What it prints is kept out of messages.
    """
    plugin = context.user["exec"]
    command = str(plugin["command"])
    started = time.monotonic()
    status: int | None = None
    output = b""
    try:
        done = subprocess.run(
            [command, *(str(argument) for argument in plugin.get("args") or [])],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=context.folder,
            env=_environment(plugin, context),
            timeout=_SECONDS,
            check=False,
        )
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as exc:
        raise _failed(connection, context, f"did not end within {_SECONDS} seconds", "timeout") from exc
    except (OSError, ValueError) as exc:
        raise _failed(connection, context, f"cannot be run ({getattr(exc, 'strerror', None) or exc})") from exc
    finally:
        seconds = time.monotonic() - started
        ledger.add(Request("kubernetes", connection.name, "EXEC", command, command, status, len(output), round(seconds, 3)))
    if status != 0:
        raise _failed(connection, context, f"ended with code {status}")
    return _credentials(connection, context, output)


def _environment(plugin: t.Mapping[str, t.Any], context: Context) -> dict[str, str]:
    extra = {str(pair.get("name")): str(pair.get("value")) for pair in plugin.get("env") or [] if isinstance(pair, dict)}
    spec: dict[str, t.Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        kept = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        spec["cluster"] = {key: context.cluster[key] for key in kept if key in context.cluster}
        for extension in context.cluster.get("extensions") or []:
            if extension.get("name") == _EXTENSION:
                spec["cluster"]["config"] = extension.get("extension")
    info = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": spec}
    return {**os.environ, **extra, "KUBERNETES_EXEC_INFO": json.dumps(info, default=str)}


def _credentials(connection: Connection, context: Context, output: bytes) -> Credentials:
    try:
        status = json.loads(output)["status"]
        token = status.get("token") or None
        certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _failed(connection, context, "did not print an ExecCredential") from exc
    if not token and not (certificate and key):
        raise _failed(connection, context, "gave neither a token nor a certificate with its key")
    if not certificate or not key:
        return Credentials(str(token))
    return Credentials(str(token) if token else None, str(certificate).encode(), str(key).encode())


def _failed(
    connection: Connection, context: Context, what: str, reason: t.Literal["unauthorized", "timeout"] = "unauthorized"
) -> SourceError:
    command = context.user["exec"]["command"]
    return SourceError(
        f"cannot log in to {connection.label}: the exec plugin '{command}' of user '{context.user_name}' {what}",
        reason,
        "see what this says: "
        + shlex.join(["kubectl", "--kubeconfig", context.kubeconfig, "--context", context.name, "get", "nodes"]),
    )
