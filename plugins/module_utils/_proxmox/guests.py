# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The guests one by one: configuration, and the addresses that running ones tell."""

from __future__ import annotations

import re
import threading
import typing as t
from functools import partial

from .._errors import SourceError
from .._evidence.gaps import Gap
from .._evidence.redaction import Redactor
from . import trim
from .client import Client, endpoint
from .failures import RefusedError
from .hosts import Hosts
from .lanes import AGENTS_PER_HOST, run
from .rights import AGENT, AGENT_BEFORE_9, Rights, grant_commands, major_version

_KINDS = ("qemu", "lxc")
# One gap for all guests whose agents may not be asked.
AGENTS = "guests/*/agent"

_NOT_CONFIGURED = re.compile(r"No QEMU guest agent configured")
_NOT_RUNNING = re.compile(r"VM \d+ is not running")
_SILENT = re.compile(r"guest agent is not running|got timeout")
_VANISHED = re.compile(r"does not exist|no such VM|not found", re.IGNORECASE)


def guest_rows(resources: t.Iterable[trim.Row]) -> list[trim.Row]:
    """The rows of /cluster/resources that are guests."""
    return [row for row in resources if row.get("type") in _KINDS and str(row.get("vmid", "")).isdigit() and row.get("node")]


class GuestReader:
    """Reads guests into .guests ({vmid, node, type, config, interfaces, agent}) and .gaps.

    A guest of a silent host, or one that vanished, keeps what the list said of it.
    """

    def __init__(self, client: Client, redactor: Redactor, hosts: Hosts, rights: Rights | None, version: str) -> None:
        self._client = client
        self._redactor = redactor
        self._hosts = hosts
        self._rights = rights
        self._version = version
        self._lock = threading.Lock()
        self._agent_refusals: list[SourceError] = []
        self._gaps: list[tuple[str, Gap]] = []
        self.guests: list[trim.Row] = []
        self.gaps: list[Gap] = []

    def read(self, rows: t.Sequence[trim.Row]) -> None:
        """rows: guests as guest_rows() gives them."""
        known = [({"vmid": int(row["vmid"]), "node": str(row["node"]), "type": row["type"]}, row) for row in rows]
        self.guests = sorted((guest for guest, row in known), key=lambda guest: guest["vmid"])
        run((guest["node"], partial(self._read_config, guest)) for guest in self.guests)
        running = [guest for guest, row in known if row.get("status") == "running" and not row.get("template")]
        run(
            ((guest["node"], partial(self._read_interfaces, guest)) for guest in running if self._worth_asking(guest)),
            AGENTS_PER_HOST,
        )
        self._tell_agent_refusals(running)
        # The gap of a silent host covers its guests.
        self.gaps += [gap for host, gap in self._gaps if not self._hosts.silent(host)]

    def _gap(self, guest: trim.Row, error: SourceError, part: str = "") -> None:
        with self._lock:
            self._gaps.append((guest["node"], Gap.of(f"guests/{guest['vmid']}{part}", error)))

    def _read_config(self, guest: trim.Row) -> None:
        if self._hosts.silent(guest["node"]):
            return
        try:
            path = endpoint("/nodes/{}/{}/{}/config", guest["node"], guest["type"], guest["vmid"])
            # Without it Proxmox VE answers with what the next start will bring.
            config = self._client.mapping(path, current="1")
        except SourceError as exc:
            self._hosts.met(guest["node"], exc)
            self._gap(guest, _vanished(guest, exc))
            return
        guest["config"] = trim.guest_config(config, self._redactor)
        if guest["type"] == "qemu" and not agent_enabled(config):
            guest["agent"] = "off"

    def _worth_asking(self, guest: trim.Row) -> bool:
        """Never the agent that is off, or of a guest whose configuration could not be read."""
        if "config" not in guest or self._hosts.silent(guest["node"]):
            return False
        return guest["type"] == "lxc" or (guest.get("agent") != "off" and self._may_ask_agents())

    def _may_ask_agents(self) -> bool:
        return self._rights is None or bool(self._rights.places(AGENT + AGENT_BEFORE_9))

    def _read_interfaces(self, guest: trim.Row) -> None:
        if self._hosts.silent(guest["node"]):
            return
        if guest["type"] == "lxc":
            self._read_container(guest)
            return
        path = endpoint("/nodes/{}/qemu/{}/agent/network-get-interfaces", guest["node"], guest["vmid"])
        try:
            result = self._client.mapping(path).get("result")
        except SourceError as exc:
            self._agent_failed(guest, exc)
            return
        guest["agent"] = "answers"
        interfaces = trim.interfaces_of_agent(result)
        if interfaces is None:
            self._gap(guest, _no_list(guest, result), "/agent")
        else:
            guest["interfaces"] = interfaces

    def _read_container(self, guest: trim.Row) -> None:
        try:
            data = self._client.get(endpoint("/nodes/{}/lxc/{}/interfaces", guest["node"], guest["vmid"]))
        except SourceError as exc:
            self._hosts.met(guest["node"], exc)
            self._gap(guest, _vanished(guest, exc), "/interfaces")
            return
        interfaces = trim.interfaces_of_container(data)
        # A container that stopped in between has none.
        if interfaces is not None:
            guest["interfaces"] = interfaces

    def _agent_failed(self, guest: trim.Row, error: SourceError) -> None:
        words = error.words if isinstance(error, RefusedError) else ""
        if _NOT_RUNNING.search(words):
            return
        if _NOT_CONFIGURED.search(words):
            guest["agent"] = "off"
        elif _SILENT.search(words):
            guest["agent"] = "silent"
        elif error.reason == "forbidden":
            with self._lock:
                self._agent_refusals.append(error)
        else:
            if error.reason == "timeout":
                guest["agent"] = "silent"
            elif error.reason == "unreachable":
                self._hosts.met(guest["node"], error)
            self._gap(guest, _vanished(guest, error), "/agent")

    def _tell_agent_refusals(self, running: t.Sequence[trim.Row]) -> None:
        """One gap for all agents that may not be asked, whether they were refused or not asked at all."""
        asked = [guest for guest in running if guest["type"] == "qemu" and "config" in guest and guest.get("agent") != "off"]
        if not self._agent_refusals and (not asked or self._may_ask_agents()):
            return
        count = len(self._agent_refusals) or len(asked)
        identity = self._client.connection.identity
        before_9 = 0 < major_version(self._version) < 9
        privilege = (AGENT_BEFORE_9 if before_9 else AGENT)[0]
        detail = f"cannot read the addresses of {count} running guests from their agents: {identity} lacks {privilege}"
        remedy = grant_commands(identity)
        if before_9:
            remedy = (
                "before Proxmox VE 9 only VM.Monitor allows it, which also allows to run commands in guests; "
                "leave it, or add VM.Monitor to the role of the audit"
            )
        self.gaps.append(Gap(AGENTS, "forbidden", detail, remedy))


def agent_enabled(config: trim.Row) -> bool:
    """The option agent of a VM: "1", or "enabled=1,type=virtio", or "1,fstrim_cloned_disks=1"; off when it is not there."""
    for part in str(config.get("agent", "")).split(","):
        key, equals, value = part.strip().partition("=")
        if (value if equals and key == "enabled" else key if not equals else "").lower() in ("1", "yes", "true", "on"):
            return True
    return False


def _vanished(guest: trim.Row, error: SourceError) -> SourceError:
    """Proxmox VE answers 500 for a guest that is no longer there; other errors stay what they are."""
    if isinstance(error, RefusedError) and error.status in (404, 500) and _VANISHED.search(error.words):
        detail = f"cannot read guest {guest['vmid']} on {guest['node']}: it vanished between the list and the read ({error.words})"
        return SourceError(detail, "invalid", "run the audit again")
    return error


def _no_list(guest: trim.Row, result: t.Any) -> SourceError:
    start = f"cannot read the addresses of guest {guest['vmid']}: its guest agent"
    failure = result.get("error") if isinstance(result, dict) else None
    if isinstance(failure, dict):
        words = str(failure.get("desc") or failure.get("class") or "")
        return SourceError(
            f"{start} refuses the command ({words[:200]})", "unsupported", "allow guest-network-get-interfaces in the guest"
        )
    return SourceError(f"{start} gives no list of network cards", "invalid", "update qemu-guest-agent in the guest")
