# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The sections of the lab file as module options: spec, twin of the documentation fragment "sources"."""

from __future__ import annotations

import typing as t

from ._kubernetes.options import connection_spec as kubernetes_spec
from ._proxmox.options import connection_spec as proxmox_spec

Spec = dict[str, dict[str, t.Any]]

_NAME = {"type": "str", "required": True}


def sources_spec() -> Spec:
    """Spec of proxmox, kubernetes, repository and k0s."""
    return {
        "proxmox": {"type": "list", "elements": "dict", "default": [], "options": _entry(proxmox_spec())},
        "kubernetes": {"type": "list", "elements": "dict", "default": [], "options": _entry(kubernetes_spec())},
        "repository": {
            "type": "dict",
            "options": {
                "name": _NAME,
                "path": {"type": "path", "required": True},
                "url_aliases": {"type": "list", "elements": "str"},
                "gather": {"type": "list", "elements": "str"},
            },
        },
        "k0s": {"type": "dict", "default": {}},
    }


def sections(params: t.Mapping[str, t.Any]) -> dict[str, list[t.Mapping[str, t.Any]]]:
    """Source kind to its entries, from the parameters of a module."""
    repository = params["repository"]
    return {"proxmox": params["proxmox"], "kubernetes": params["kubernetes"], "repository": [repository] if repository else []}


def _entry(connection: Spec) -> Spec:
    """One entry of a list: the environment, defaults and choices were settled when the lab file was read."""
    settled = ("fallback", "default", "choices")
    options = {option: {key: value for key, value in spec.items() if key not in settled} for option, spec in connection.items()}
    return {"name": _NAME, **options}
