# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What an identity may see, from /access/permissions, and the commands that grant the rest.

Lists of Proxmox VE answer 200 and leave out what the identity may not see, so an empty list means nothing without this.
"""

from __future__ import annotations

import dataclasses
import shlex
import typing as t

GUESTS = ("VM.Audit",)
STORAGES = ("Datastore.Audit", "Datastore.AllocateSpace")
SYSTEM = ("Sys.Audit",)
AGENT = ("VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted")
# Before Proxmox VE 9 the only privilege for the guest agent; it also allows to run commands in guests.
AGENT_BEFORE_9 = ("VM.Monitor",)

_TOLD = 5

Extent = t.Literal["all", "some", "none"]


@dataclasses.dataclass(frozen=True)
class Need:
    """One right that the audit uses: any one of the privileges, on the path and everything below."""

    path: str
    privileges: tuple[str, ...]
    purpose: str


NEEDS = (
    Need("/", SYSTEM, "the state of the cluster and of its hosts, and the backup jobs"),
    Need("/vms", GUESTS, "guests"),
    Need("/vms", AGENT, "the addresses of guests"),
    Need("/storage", STORAGES, "storages"),
)


class Rights:
    """permissions: path to privileges, where a true value means that the privilege also holds below the path.

    Proxmox VE lists each path that an access rule or a pool names, with all that holds there; so the nearest listed path
    decides for a path that is not listed.
    """

    def __init__(self, permissions: t.Mapping[str, t.Any]) -> None:
        self._permissions = {path: privileges for path, privileges in permissions.items() if isinstance(privileges, dict)}

    def on(self, path: str, privileges: t.Iterable[str]) -> bool:
        """Whether any of the privileges holds on the path and everything below."""
        place = path
        while place not in self._permissions and place != "/":
            place = place.rsplit("/", 1)[0] or "/"
        held = self._permissions.get(place, {})
        return any(held.get(privilege) for privilege in privileges)

    def places(self, privileges: t.Iterable[str]) -> list[str]:
        """The paths on which any of the privileges holds, sorted."""
        wanted = set(privileges)
        return sorted(path for path, held in self._permissions.items() if wanted & set(held))

    def extent(self, path: str, privileges: t.Sequence[str]) -> Extent:
        """How much of what lies below the path any of the privileges opens."""
        if self.on(path, privileges):
            return "all"
        return "some" if self.places(privileges) else "none"


def listed(places: t.Sequence[str]) -> str:
    """Paths for a sentence, not more than a few."""
    more = len(places) - _TOLD
    return ", ".join(places[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def major_version(version: str) -> int:
    """The major number of a Proxmox VE version ("9.1.4"); 0 when there is none."""
    head = version.split(".", 1)[0]
    return int(head) if head.isdigit() else 0


def grant_commands(identity: str, role: str = "PVEAuditor", path: str = "/") -> str:
    """The commands, for a root shell on a host, that give the identity a role.

    A token has at most the rights of its user, so both get it.
    """
    where, user = shlex.quote(path), identity.split("!", 1)[0]
    commands = [f"pveum acl modify {where} --users {shlex.quote(user)} --roles {role}"]
    if "!" in identity:
        # Always quoted: interactive shells would expand the exclamation mark.
        commands.append(f"pveum acl modify {where} --tokens '{identity}' --roles {role}")
    return " && ".join(commands)
