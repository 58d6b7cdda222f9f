# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""A kubeconfig, read and checked before anything is done with it, so that each mistake in it gets a sentence of its own."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
import typing as t
from urllib.parse import urlsplit

from .._errors import ConfigError
from . import libraries
from .options import Connection

_SCRIPT = "roles/audit/files/permissions/kubernetes/make-kubeconfig.sh"

Section = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Context:
    """One context of a kubeconfig with its cluster and user; every path in them is absolute.

    user: an empty mapping when the context names none, as for a proxy that logs in by itself.
    """

    kubeconfig: str
    name: str
    cluster_name: str
    cluster: t.Mapping[str, t.Any] = dataclasses.field(repr=False)
    user_name: str
    user: t.Mapping[str, t.Any] = dataclasses.field(repr=False)

    @property
    def server(self) -> str:
        """URL of the API server without a slash at its end."""
        return str(self.cluster["server"]).rstrip("/")

    @property
    def folder(self) -> str:
        """Folder of the file, from which its commands are looked up."""
        return os.path.dirname(os.path.abspath(self.kubeconfig))

    def content(self, section: t.Literal["cluster", "user"], key: str) -> bytes | None:
        """What <key>-data holds or the file of <key> says; None when there is neither. ConfigError when it cannot be read."""
        values, name = (self.cluster, self.cluster_name) if section == "cluster" else (self.user, self.user_name)
        data, path = values.get(f"{key}-data"), values.get(key)
        if data:
            try:
                return base64.b64decode("".join(str(data).split()), validate=True)
            except (binascii.Error, ValueError) as exc:
                raise ConfigError(
                    f"cannot use kubeconfig {self.kubeconfig}: {key}-data of {section} '{name}' is not base64; "
                    "copy the file again from where it was made"
                ) from exc
        if not path:
            return None
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError as exc:
            raise ConfigError(
                f"cannot read {key} {path} of {section} '{name}' in kubeconfig {self.kubeconfig}: {exc.strerror or exc}; "
                "copy the file there, or write its content into the kubeconfig with: kubectl config view --raw --flatten"
            ) from exc

    def secret(self) -> str | None:
        """The bearer token of the user, from the kubeconfig or its token file."""
        token = self.user.get("token") or (self.content("user", "tokenFile") or b"").decode("utf-8", "replace")
        token = str(token).strip()
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise ConfigError(
                f"cannot log in with kubeconfig {self.kubeconfig}: the token of user '{self.user_name}' holds characters that "
                "no token has, such as spaces or line ends"
            )
        return token or None


def read_context(connection: Connection) -> Context:
    """The context that a connection asks for. Errors: ConfigError, one sentence for each thing that is wrong."""
    path = connection.kubeconfig
    document = _document(path)
    name = _context_name(document, connection)
    contexts = _named(document, "contexts", "context", path)
    if name not in contexts:
        have = f"it has {', '.join(sorted(contexts))}" if contexts else "it has no contexts at all"
        raise ConfigError(f"cannot use context '{name}' of kubeconfig {path}: there is no such context; {have}")
    cluster_name, user_name = str(contexts[name].get("cluster") or ""), str(contexts[name].get("user") or "")
    clusters, users = _named(document, "clusters", "cluster", path), _named(document, "users", "user", path)
    if cluster_name not in clusters:
        raise ConfigError(f"cannot use context '{name}' of kubeconfig {path}: its cluster '{cluster_name}' is not in the file")
    if user_name and user_name not in users:
        raise ConfigError(f"cannot use context '{name}' of kubeconfig {path}: its user '{user_name}' is not in the file")
    folder = os.path.dirname(os.path.abspath(path))
    cluster = _absolute(clusters[cluster_name], folder, ("certificate-authority",))
    user = _absolute(users.get(user_name, {}), folder, ("client-certificate", "client-key", "tokenFile"))
    context = Context(path, name, cluster_name, cluster, user_name, user)
    _check_server(context)
    _check_login(context)
    return context


def _document(path: str) -> Section:
    try:
        with open(path, encoding="utf-8") as file:
            document = libraries.yaml.safe_load(file)
    except FileNotFoundError as exc:
        raise ConfigError(
            f"cannot read kubeconfig {path}: there is no such file; write the path of a kubeconfig, or make one with {_SCRIPT}"
        ) from exc
    except OSError as exc:
        raise ConfigError(f"cannot read kubeconfig {path}: {exc.strerror or exc}; check its path and its permissions") from exc
    except (libraries.yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise ConfigError(f"cannot read kubeconfig {path}: it is not YAML{_line_of(exc)}; make it again with {_SCRIPT}") from exc
    if not isinstance(document, dict) or not ("clusters" in document or "contexts" in document):
        raise ConfigError(f"cannot use kubeconfig {path}: it has no clusters and contexts; make one with {_SCRIPT}")
    return document


def _line_of(error: Exception) -> str:
    """Only where it broke: the message of the parser quotes the file, which holds secrets."""
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1})" if mark is not None else ""


def _context_name(document: Section, connection: Connection) -> str:
    name = connection.context or document.get("current-context")
    if name:
        return str(name)
    contexts = _named(document, "contexts", "context", connection.kubeconfig)
    have = f"set context to one of {', '.join(sorted(contexts))}" if contexts else "it has no contexts at all"
    raise ConfigError(f"cannot use kubeconfig {connection.kubeconfig}: it has no current-context; {have}")


def _named(document: Section, section: str, key: str, path: str) -> dict[str, Section]:
    """The entries of a section by name; the first of a name counts, as for kubectl."""
    found: dict[str, Section] = {}
    entries = document.get(section) or []
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, dict) or "name" not in entry or not isinstance(entry.get(key) or {}, dict):
            raise ConfigError(f"cannot use kubeconfig {path}: an entry of its {section} lacks a name or a mapping '{key}'")
        found.setdefault(str(entry["name"]), entry.get(key) or {})
    return found


def _absolute(values: Section, folder: str, keys: t.Iterable[str]) -> Section:
    """Paths in a kubeconfig are relative to its folder."""
    return {key: os.path.join(folder, str(value)) if key in keys and value else value for key, value in values.items()}


def _check_server(context: Context) -> None:
    start = f"cannot use cluster '{context.cluster_name}' of kubeconfig {context.kubeconfig}"
    try:
        url = urlsplit(str(context.cluster.get("server") or ""))
        usable = url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable or url.query or url.fragment:
        raise ConfigError(f"{start}: its server is no URL such as https://192.0.2.10:6443")


def _check_login(context: Context) -> None:
    user = context.user
    start = f"cannot log in with kubeconfig {context.kubeconfig}: user '{context.user_name}' of context '{context.name}'"
    if user.get("auth-provider"):
        provider = user["auth-provider"].get("name") if isinstance(user["auth-provider"], dict) else ""
        raise ConfigError(
            f"{start} uses the auth-provider '{provider or ''}', which Kubernetes removed in 1.26; "
            f"use a token or an exec plugin, or make a kubeconfig with {_SCRIPT}"
        )
    if any(user.get(key) for key in ("as", "as-uid", "as-groups", "as-user-extra")):
        raise ConfigError(f"{start} reads as somebody else (as), which is not supported; make a kubeconfig with {_SCRIPT}")
    parts = [bool(user.get(key) or user.get(f"{key}-data")) for key in ("client-certificate", "client-key")]
    if parts[0] != parts[1]:
        raise ConfigError(f"{start} has only one of client-certificate and client-key; make the kubeconfig again")
    plugin = user.get("exec")
    if plugin and not (isinstance(plugin, dict) and plugin.get("command") and plugin.get("apiVersion")):
        raise ConfigError(f"{start} has an exec plugin without command or apiVersion; make the kubeconfig again")
