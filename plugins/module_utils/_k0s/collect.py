# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads one k0s host: version, status, configuration, etcd members, units, and when certificates end."""

from __future__ import annotations

import json
import re
import time
import typing as t

from .._errors import SourceError
from .._evidence.gaps import WHOLE_SOURCE, Collected, Gap
from .._evidence.ledger import Ledger, Request
from .._evidence.redaction import Redactor
from .allowed import CERTIFICATE_FOLDERS, COMMANDS
from .certificates import CertificateError, read_certificates
from .hosts import DATA_DIR, NOT_FOUND, TOO_LATE, Host, Output, data_dir_of
from .masks import masked_config, masked_status, masked_words

SOURCE = "k0s"
NOUNS = ("version", "status", "config", "etcd_members", "units", "certificates")
IDENTITY = "root"

_FROM_STATUS = ("status", "config", "etcd_members")
_VERSION = re.compile(r"v\d+\.\d+\.\d+\S*")
_EXEC_START = re.compile(r"argv\[\]=(?P<argv>.*?) ; ignore_errors=")
_NO_SYSTEMD = "not been booted with systemd"
_STDERR_LENGTH = 300
_REMEDIES = {
    "status": "see whether k0s runs: systemctl status k0scontroller k0sworker",
    "etcd_members": "ask another controller whether this one is still a member: k0s etcd member-list",
}

Row = dict[str, t.Any]


def gather(host: Host, name: str, wanted: t.Collection[str], ledger: Ledger, redactor: Redactor) -> Collected:
    """What the host tells, by noun. Never raises for what is wrong with the host: that is in the gaps.

    name: of the host, for the ledger. wanted: nouns, empty for all. A worker has neither config nor etcd_members, nor has a
    controller with another database etcd_members: these are absent then, without a gap.
    """
    problem = host.problem()
    if problem is not None:
        return Collected(gaps=[Gap.of(WHOLE_SOURCE, problem)])
    return _Reader(host, name, set(wanted or NOUNS), ledger, redactor).collect()


class _Reader:
    """One host while it is read."""

    def __init__(self, host: Host, name: str, wanted: set[str], ledger: Ledger, redactor: Redactor) -> None:
        self._host = host
        self._name = name
        self._wanted = wanted
        self._ledger = ledger
        self._redactor = redactor
        self._data_dir = host.data_dir or DATA_DIR
        self._found = Collected(identity=IDENTITY)

    def collect(self) -> Collected:
        """All that is wanted, each noun for itself."""
        self._noun("version", self._version)
        if self._wanted.intersection((*_FROM_STATUS, "certificates")):
            self._add_status()
        self._noun("units", self._units)
        self._noun("certificates", self._certificates)
        return self._found

    def _noun(self, noun: str, read: t.Callable[[], list[Row]]) -> None:
        if noun in self._wanted:
            try:
                self._found.nouns[noun] = read()
            except SourceError as exc:
                self._found.gaps.append(Gap.of(noun, exc))

    def _add_status(self) -> None:
        """Status, what comes with it, and what depends on the role."""
        try:
            status = self._json("status", "the status of k0s")
        except SourceError as exc:
            self._found.gaps += [Gap.of(noun, exc) for noun in _FROM_STATUS if noun in self._wanted]
            return
        self._data_dir = self._host.data_dir or data_dir_of(json.dumps(status))
        self._noun("status", lambda: [masked_status(status, self._redactor)])
        config = status.get("ClusterConfig")
        if not isinstance(config, dict):
            return
        self._noun("config", lambda: [masked_config(config, self._redactor)])
        if _own_etcd(config):
            self._noun("etcd_members", self._etcd_members)

    def _version(self) -> list[Row]:
        output = self._run("version", "the version of k0s")
        match = _VERSION.search(output)
        if match is None:
            raise SourceError("cannot read the version of k0s: the answer of k0s version holds none", "invalid")
        self._found.version = match.group()
        return [{"version": match.group()}]

    def _etcd_members(self) -> list[Row]:
        answer = self._json("etcd_members", "the members of etcd")
        members = answer.get("members")
        if not isinstance(members, dict):
            raise SourceError("cannot read the members of etcd: the answer of k0s etcd member-list has none", "invalid")
        return [{"name": name, "url": self._redactor.text(str(url))} for name, url in sorted(members.items())]

    def _units(self) -> list[Row]:
        """The units that systemd knows; a machine without systemd has none."""
        output = self._asked("units")
        if output.rc == NOT_FOUND or _NO_SYSTEMD in output.stderr:
            return []
        if output.rc:
            raise self._failure("units", "the units of k0s", output.rc, output.stderr)
        blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in output.stdout.split("\n\n")]
        return [self._unit(block) for block in blocks if block.get("Id") and block.get("LoadState") != "not-found"]

    def _unit(self, properties: t.Mapping[str, str]) -> Row:
        match = _EXEC_START.search(properties.get("ExecStart", ""))
        return {
            "name": properties["Id"],
            "active": properties.get("ActiveState") == "active",
            "enabled": properties.get("UnitFileState") == "enabled",
            "exec_start": masked_words(match["argv"].split(" "), self._redactor) if match else [],
        }

    def _certificates(self) -> list[Row]:
        """A file that is no certificate is a gap of its own."""
        rows = []
        try:
            paths = self._host.certificates(self._data_dir)
        except OSError as exc:
            where = f"{self._data_dir}/{CERTIFICATE_FOLDERS[0]}"
            raise SourceError(f"cannot list the certificates in {where}: {exc.strerror or exc}", "forbidden") from exc
        for path in paths:
            try:
                found = read_certificates(self._read(path))
                rows += [{"path": path, "subject": one.subject, "not_after": one.not_after} for one in found]
            except OSError as exc:
                self._found.gaps.append(Gap(f"certificates{path}", "invalid", f"cannot read {path}: {exc.strerror or exc}"))
            except CertificateError as exc:
                self._found.gaps.append(Gap(f"certificates{path}", "invalid", f"cannot read {path}: {exc}"))
        return rows

    def _json(self, name: str, what: str) -> Row:
        output = self._run(name, what)
        try:
            value = json.loads(output)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise SourceError(f"cannot read {what}: the answer of {COMMANDS[name].endpoint} is not JSON", "invalid")
        return value

    def _run(self, name: str, what: str) -> str:
        """The output of a command that must work. what: for messages."""
        output = self._asked(name)
        if output.rc:
            raise self._failure(name, what, output.rc, output.stderr)
        return output.stdout

    def _asked(self, name: str) -> Output:
        started = time.monotonic()
        output = self._host.run(name, self._data_dir if self._data_dir != DATA_DIR else None)
        endpoint = COMMANDS[name].endpoint
        status = None if output.rc in (NOT_FOUND, TOO_LATE) else output.rc
        seconds = round(time.monotonic() - started, 3)
        size = len(output.stdout.encode())
        self._ledger.add(Request(SOURCE, self._name, "EXEC", endpoint, endpoint, status, size, seconds, IDENTITY))
        return output

    def _read(self, path: str) -> bytes:
        started = time.monotonic()
        data: bytes | None = None
        try:
            data = self._host.read(path)
        finally:
            folder = path.rsplit("/", 1)[0][len(self._data_dir) :]
            endpoint, status = f"{{data_dir}}{folder}/*.crt", None if data is None else 0
            seconds = round(time.monotonic() - started, 3)
            self._ledger.add(Request(SOURCE, self._name, "READ", endpoint, path, status, len(data or b""), seconds, IDENTITY))
        return data

    def _failure(self, name: str, what: str, rc: int, stderr: str) -> SourceError:
        endpoint, remedy = COMMANDS[name].endpoint, _REMEDIES.get(name, "")
        if rc == TOO_LATE:
            return SourceError(f"cannot read {what}: {endpoint} did not answer in time", "timeout", remedy)
        if rc == NOT_FOUND:
            return SourceError(f"cannot read {what}: there is no program for {endpoint}", "unsupported")
        last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "it said nothing")
        said = self._redactor.text(last.strip())[:_STDERR_LENGTH]
        return SourceError(f"cannot read {what}: {endpoint} ended with {rc}: {said}", "unreachable", remedy)


def _own_etcd(config: t.Mapping[str, t.Any]) -> bool:
    """Whether k0s runs etcd itself, from the configuration."""
    spec = config.get("spec")
    storage = spec.get("storage") if isinstance(spec, dict) else None
    if not isinstance(storage, dict) or storage.get("type") != "etcd":
        return False
    etcd = storage.get("etcd")
    return not (isinstance(etcd, dict) and etcd.get("externalCluster"))
