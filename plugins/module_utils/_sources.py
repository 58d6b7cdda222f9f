# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The sources that the control node reads itself. A new source is a folder beside this file and one line in the table."""

from __future__ import annotations

import dataclasses
import typing as t

from ._evidence.checks import Check
from ._evidence.gaps import Collected
from ._evidence.ledger import Ledger
from ._evidence.redaction import Redactor
from ._kubernetes.client import missing_packages as kubernetes_packages
from ._kubernetes.collect import collect as collect_kubernetes
from ._kubernetes.preflight import preflight as preflight_kubernetes
from ._proxmox.client import missing_packages as proxmox_packages
from ._proxmox.collect import collect as collect_proxmox
from ._proxmox.preflight import preflight as preflight_proxmox
from ._repository.collect import collect as collect_repository
from ._repository.preflight import preflight as preflight_repository

Options = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Source:
    """How one kind of source is read, checked before that, and which Python packages it lacks here."""

    collect: t.Callable[[Options, Ledger, Redactor], Collected]
    preflight: t.Callable[[Options, Ledger], list[Check]]
    missing_packages: t.Callable[[], list[str]]


def _nothing_missing() -> list[str]:
    return []


SOURCES: t.Mapping[str, Source] = {
    "proxmox": Source(collect_proxmox, preflight_proxmox, proxmox_packages),
    "kubernetes": Source(collect_kubernetes, preflight_kubernetes, kubernetes_packages),
    "repository": Source(collect_repository, preflight_repository, _nothing_missing),
}


def missing_packages(kinds: t.Iterable[str]) -> list[str]:
    """Everything that sources of these kinds lack here, as pip requirements."""
    return sorted({package for kind in kinds for package in SOURCES[kind].missing_packages()})
