# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The fixed list of what is run and read on a k0s host. To add a line is to change a promise: keep each a plain read.

Never here: k0s kubeconfig, token, backup, reset, config create and kubectl, sysinfo (it makes a cgroup), private keys,
kubeconfigs and token files.
"""

from __future__ import annotations

import dataclasses
import typing as t

UNITS = ("k0scontroller.service", "k0sworker.service")


@dataclasses.dataclass(frozen=True)
class Command:
    """argv: words, {k0s} is the program. options: words that are added when what they name in braces is known.

    seconds: how long an answer may take; k0s status can wait for minutes, and etcd member-list for ever.
    """

    argv: tuple[str, ...]
    options: tuple[tuple[str, ...], ...] = ()
    seconds: float = 10.0

    @property
    def endpoint(self) -> str:
        """How the ledger and messages call it."""
        return " ".join(self.argv).replace("{k0s}", "k0s")


COMMANDS: t.Mapping[str, Command] = {
    "version": Command(("{k0s}", "version")),
    "status": Command(("{k0s}", "status", "-o", "json"), (("--status-socket", "{status_socket}"),), 20.0),
    "etcd_members": Command(("{k0s}", "etcd", "member-list"), (("--data-dir", "{data_dir}"),)),
    "units": Command(("systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState,ExecStart", *UNITS)),
}

# Folders below the data directory whose *.crt files are read; keys lie beside them and are not.
CERTIFICATE_FOLDERS = ("pki", "pki/etcd")
CERTIFICATE_SUFFIX = ".crt"


def command_line(name: str, values: t.Mapping[str, str | None]) -> list[str]:
    """The words of one command of the list. values: k0s, status_socket and data_dir, None for what is left to its default."""
    command = COMMANDS[name]
    known = {key: value for key, value in values.items() if value}
    words = list(command.argv)
    for option in command.options:
        if option[-1].strip("{}") in known:
            words += option
    return [known[word.strip("{}")] if word.startswith("{") else word for word in words]
