# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The sections of the lab file, checked and normalised one by one.

A section that is absent, or has exactly one entry, is completed from the environment. A section that is an empty list is not
configured, whatever the environment says.
"""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ..module_utils._errors import ConfigError
from ._lab_entry import Entry, check_keys, kind_of

SECTION_KEYS: t.Mapping[str, tuple[str, ...]] = {
    "proxmox": (
        "name",
        "api_host",
        "api_user",
        "api_token_id",
        "api_token_secret",
        "api_password",
        "ca_path",
        "fingerprint",
        "validate_certs",
        "timeout",
        "gather",
    ),
    "kubernetes": ("name", "kubeconfig", "context", "timeout", "gather"),
    "k0s": ("ssh", "hosts", "user", "port", "private_key_file", "become", "timeout", "gather"),
    "repository": ("name", "path", "url_aliases", "gather"),
}
_HOST_KEYS = (
    "name",
    "address",
    "connection",
    "user",
    "port",
    "private_key_file",
    "become",
    "timeout",
    "gather",
    "data_dir",
    "k0s_binary",
    "status_socket",
    "recording",
)
_PROXMOX_ENVIRONMENT = {
    "api_host": "PROXMOX_HOST",
    "api_user": "PROXMOX_USER",
    "api_token_id": "PROXMOX_TOKEN_ID",
    "api_token_secret": "PROXMOX_TOKEN_SECRET",
    "api_password": "PROXMOX_PASSWORD",
    "ca_path": "PROXMOX_CA_PATH",
    "validate_certs": "PROXMOX_VALIDATE_CERTS",
}
_TOKEN = ("api_token_id", "api_token_secret")
_TRUST = ("ca_path", "fingerprint", "validate_certs")
_HOST = re.compile(r"[^\s/@?#]+")
_FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{64}")

Values = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Section:
    """The file as the functions below need it. resolve(where, key, value): the plain value of a key."""

    file: str
    folder: str
    content: t.Mapping[t.Any, t.Any]
    resolve: t.Callable[[str, str, t.Any], t.Any]
    environ: t.Mapping[str, str]

    def mapping(self, where: str, section: str, raw: t.Any, keys: t.Collection[str]) -> Entry:
        """One mapping with its keys checked and its values resolved. where: how messages call it."""
        raw = {} if raw is None else self.resolve(where, section, raw) if isinstance(raw, str) else raw
        if not isinstance(raw, t.Mapping):
            raise ConfigError(f"{self.file}: {where}: must be a mapping, is {kind_of(raw)}")
        check_keys(self.file, f"in {where}", raw, keys)
        values = {str(key): self.resolve(where, str(key), value) for key, value in raw.items() if value is not None}
        return Entry(self.file, where, self.folder, values, raw)

    def entries(self, section: str, raw: t.Any, noun: str, keys: t.Collection[str]) -> list[Entry]:
        """A list of mappings. noun: "proxmox entry"; the name of an entry follows it in messages."""
        raw = self.resolve(section, section, raw) if isinstance(raw, str) else raw
        if not isinstance(raw, list):
            help_ = "; put '- ' before its first key" if isinstance(raw, t.Mapping) else ""
            raise ConfigError(f"{self.file}: {section}: must be a list of entries, is {kind_of(raw)}{help_}")
        found = []
        for number, item in enumerate(raw, start=1):
            name = item.get("name") if isinstance(item, t.Mapping) else None
            where = f"{noun} '{name}'" if isinstance(name, str) else f"{noun} {number}"
            found.append(self.mapping(where, section, item, keys))
        return found

    def completed(self, entry: Entry, fallbacks: t.Mapping[str, str]) -> Entry:
        """An entry with what it lacks taken from the environment. fallbacks: key to value, empty for none."""
        values = {key: value for key, value in fallbacks.items() if value and key not in entry.values}
        return dataclasses.replace(entry, values={**entry.values, **values})


def proxmox_section(section: Section) -> list[Values]:
    """One entry per Proxmox cluster or standalone host."""
    raw = section.content.get("proxmox")
    fallbacks = {key: section.environ.get(variable, "") for key, variable in _PROXMOX_ENVIRONMENT.items()}
    if raw is None:
        raw = [{"name": "proxmox"}] if fallbacks["api_host"] else []
    entries = section.entries("proxmox", raw, "proxmox entry", SECTION_KEYS["proxmox"])
    if len(entries) == 1:
        entries = [section.completed(entries[0], _proxmox_fallbacks(entries[0].values, fallbacks))]
    return _unique([_proxmox_entry(entry) for entry in entries], section.file, "proxmox")


def _proxmox_fallbacks(values: t.Mapping[str, t.Any], fallbacks: dict[str, str]) -> dict[str, str]:
    """What the environment may add without contradicting the file: no second way to log in, no second way to trust."""
    without: set[str] = set()
    token_ready = "api_password" not in values and all(fallbacks[key] for key in _TOKEN)
    if token_ready or any(key in values for key in _TOKEN):
        without.add("api_password")
    elif fallbacks["api_password"] or "api_password" in values:
        without.update(_TOKEN)
    if any(key in values for key in _TRUST):
        without.update(_TRUST)
    if fallbacks["ca_path"]:
        fallbacks = {**fallbacks, "ca_path": os.path.abspath(os.path.expanduser(fallbacks["ca_path"]))}
    return {key: value for key, value in fallbacks.items() if key not in without}


def _proxmox_entry(entry: Entry) -> Values:
    name = entry.name("give each entry a name of its own")
    hosts = entry.texts("api_host", one_allowed=True)
    if not hosts:
        raise entry.missing("api_host is missing; write the address of a Proxmox host, or a list of them")
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise entry.wrong("api_host", "must be host or host:port, without https:// and path")
    entry = _with_short_token(entry)
    user = entry.needed("api_user", "write the user with its realm, such as audit@pve")
    if "@" not in user:
        raise entry.wrong("api_user", "lacks the realm; write it with its realm, such as audit@pve")
    return {
        "name": name,
        "api_host": hosts,
        "api_user": user,
        **_proxmox_login(entry),
        **_proxmox_trust(entry),
        "timeout": entry.seconds("timeout"),
        "gather": entry.texts("gather"),
    }


def _with_short_token(entry: Entry) -> Entry:
    """The entry with a token id like audit@pve!deepdive, as Proxmox shows it, split into user and id."""
    user, mark, short = (entry.text("api_token_id") or "").partition("!")
    if not mark:
        return entry
    if entry.text("api_user") not in (None, user):
        raise entry.wrong("api_token_id", "is a token of another user than api_user; write only the part after the '!'")
    return dataclasses.replace(entry, values={**entry.values, "api_user": user, "api_token_id": short})


def _proxmox_login(entry: Entry) -> Values:
    token_id, secret, password = (entry.text(key) for key in (*_TOKEN, "api_password"))
    if password and (token_id or secret):
        raise entry.missing("has both a token and api_password; keep one of them, the token if you can")
    if not (password or token_id or secret):
        raise entry.missing("has no way to log in; write api_token_id and api_token_secret, or api_password")
    if not password and not (token_id and secret):
        lacking, given = _TOKEN if secret else _TOKEN[::-1]
        raise entry.missing(f"{lacking} is missing; {given} needs it")
    return {"api_token_id": token_id, "api_token_secret": secret, "api_password": password}


def _proxmox_trust(entry: Entry) -> Values:
    ca_path, fingerprint, validate = entry.path("ca_path"), entry.text("fingerprint"), entry.flag("validate_certs", True)
    if ca_path and fingerprint:
        raise entry.missing("has both ca_path and fingerprint; keep one of them")
    if not validate and (ca_path or fingerprint):
        key = "ca_path" if ca_path else "fingerprint"
        raise entry.missing(f"has {key} and switches validate_certs off; keep {key} and remove validate_certs")
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        raise entry.wrong("fingerprint", "must be a SHA-256 fingerprint, 32 pairs of hexadecimal digits with colons between")
    return {"ca_path": ca_path, "fingerprint": fingerprint, "validate_certs": validate}


def kubernetes_section(section: Section) -> list[Values]:
    """One entry per Kubernetes cluster."""
    raw = section.content.get("kubernetes")
    fallbacks = {"kubeconfig": _kubeconfig_of(section.environ), "context": section.environ.get("K8S_AUTH_CONTEXT", "")}
    if raw is None:
        raw = [{"name": "kubernetes"}] if fallbacks["kubeconfig"] else []
    entries = section.entries("kubernetes", raw, "kubernetes entry", SECTION_KEYS["kubernetes"])
    if len(entries) == 1:
        entries = [section.completed(entries[0], fallbacks)]
    return _unique([_kubernetes_entry(entry) for entry in entries], section.file, "kubernetes")


def _kubeconfig_of(environ: t.Mapping[str, str]) -> str:
    """The kubeconfig that the environment names; of several in KUBECONFIG the first that exists."""
    named = environ.get("K8S_AUTH_KUBECONFIG")
    paths = [named] if named else environ.get("KUBECONFIG", "").split(os.pathsep)
    absolute = [os.path.abspath(os.path.expanduser(path)) for path in paths if path]
    return next((path for path in absolute if os.path.exists(path)), absolute[0] if absolute else "")


def _kubernetes_entry(entry: Entry) -> Values:
    name = entry.name("give each entry a name of its own")
    entry.needed("kubeconfig", "write the path of a kubeconfig file")
    return {
        "name": name,
        "kubeconfig": entry.path("kubeconfig"),
        "context": entry.text("context"),
        "timeout": entry.seconds("timeout"),
        "gather": entry.texts("gather"),
    }


def k0s_section(section: Section) -> Values:
    """Hosts of k0s, read over SSH when ssh is true; hosts with a local connection are read in any case."""
    entry = section.mapping("k0s", "k0s", section.content.get("k0s"), SECTION_KEYS["k0s"])
    shared: Values = {
        "user": entry.text("user"),
        "port": entry.port("port"),
        "private_key_file": entry.path("private_key_file"),
        "become": entry.flag("become", True),
        "timeout": entry.seconds("timeout"),
        "gather": entry.texts("gather"),
    }
    hosts = entry.values.get("hosts", "auto")
    if hosts != "auto":
        if not isinstance(hosts, list):
            raise entry.wrong("hosts", f"must be auto or a list of hosts, is {kind_of(hosts)}")
        named = [{"name": host} if isinstance(host, str) else host for host in hosts]
        found = section.entries("k0s", named, "k0s host", _HOST_KEYS)
        hosts = _unique([_k0s_host(host, shared) for host in found], section.file, "k0s hosts")
    return {"ssh": entry.flag("ssh", False), "hosts": hosts, **shared}


def _k0s_host(entry: Entry, shared: Values) -> Values:
    name = entry.name("give each host a name of its own")
    on_host = {key: entry.text(key) for key in ("data_dir", "k0s_binary", "status_socket")}
    for key, value in on_host.items():
        if value and not value.startswith("/"):
            raise entry.wrong(key, "must be an absolute path on the host")
    port, seconds, gather = entry.port("port"), entry.seconds("timeout"), entry.texts("gather")
    return {
        "name": name,
        "address": entry.text("address") or name,
        "connection": entry.choice("connection", ("ssh", "local"), "ssh"),
        "user": entry.text("user") or shared["user"],
        "port": port or shared["port"],
        "private_key_file": entry.path("private_key_file") or shared["private_key_file"],
        "become": entry.flag("become", shared["become"]),
        "timeout": seconds or shared["timeout"],
        "gather": shared["gather"] if gather is None else gather,
        **on_host,
        "recording": entry.path("recording"),
    }


def repository_section(section: Section) -> Values | None:
    """The checkout that Argo CD follows; its name is that of the folder unless the file gives another."""
    raw = section.content.get("repository")
    if raw is None:
        return None
    entry = section.mapping("repository", "repository", raw, SECTION_KEYS["repository"])
    entry.needed("path", "write the path of the checkout that Argo CD follows")
    path = t.cast("str", entry.path("path"))
    folder_name = re.sub(r"[^A-Za-z0-9._-]+", "-", os.path.basename(path)).lstrip("._-") or "repository"
    return {
        "name": entry.name("") if "name" in entry.values else folder_name,
        "path": path,
        "url_aliases": entry.texts("url_aliases") or [],
        "gather": entry.texts("gather"),
    }


def _unique(entries: list[Values], file: str, section: str) -> list[Values]:
    names = [entry["name"] for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{file}: {section}: the name '{name}' is there twice; give each entry a name of its own")
    return entries
