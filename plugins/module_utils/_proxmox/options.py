# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The options of one connection, written once for every module that takes one. Their documentation is the fragment proxmox."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

from .collect import NOUNS

_ENVIRONMENT = {
    "api_host": "PROXMOX_HOST",
    "api_user": "PROXMOX_USER",
    "api_password": "PROXMOX_PASSWORD",
    "api_token_id": "PROXMOX_TOKEN_ID",
    "api_token_secret": "PROXMOX_TOKEN_SECRET",
    "ca_path": "PROXMOX_CA_PATH",
    "validate_certs": "PROXMOX_VALIDATE_CERTS",
}


def connection_spec() -> dict[str, dict[str, t.Any]]:
    """The argument_spec of one connection, with PROXMOX_* of the environment for what is not given."""
    spec: dict[str, dict[str, t.Any]] = {
        "api_host": {"type": "list", "elements": "str", "required": True},
        "api_user": {"type": "str"},
        "api_password": {"type": "str", "no_log": True},
        "api_token_id": {"type": "str", "no_log": False},
        "api_token_secret": {"type": "str", "no_log": True},
        "ca_path": {"type": "path"},
        "fingerprint": {"type": "str"},
        "validate_certs": {"type": "bool", "default": True},
        "timeout": {"type": "float"},
        "gather": {"type": "list", "elements": "str", "choices": list(NOUNS)},
    }
    for option, variable in _ENVIRONMENT.items():
        spec[option]["fallback"] = (env_fallback, [variable])
    return spec
