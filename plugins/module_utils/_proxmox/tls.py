# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The one SSLContext of a connection. It is made once, because making one per connection costs 30 to 40 ms of processor time."""

from __future__ import annotations

import os
import ssl

from .._errors import ConfigError
from .connection import Connection

PVE_ROOT_CA = "/etc/pve/pve-root-ca.pem"
_REMEDY = f"ca_path must be a copy of {PVE_ROOT_CA} of the host"


def ssl_context(connection: Connection) -> ssl.SSLContext:
    """How certificates are checked: by fingerprint or not at all, by ca_path alone, or by the CAs of the system.

    Where the CAs of the system count, those of REQUESTS_CA_BUNDLE do, too. Errors: ConfigError when ca_path cannot be used.
    """
    if connection.fingerprint or not connection.validate_certs:
        # A fingerprint is compared after the handshake, by the connection pool.
        unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        return unchecked
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Python 3.13 rejects CAs without key usage, which older Proxmox VE made; chain and name stay checked.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # The certificate of the host itself may stand in ca_path instead of its CA.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if connection.ca_path:
        _load(context, connection.ca_path, f"ca_path {connection.ca_path} of {connection.label}")
        return context
    context.load_default_certs()
    bundle = os.environ.get("REQUESTS_CA_BUNDLE")
    if bundle:
        _load(context, bundle, f"REQUESTS_CA_BUNDLE {bundle}")
    return context


def _load(context: ssl.SSLContext, path: str, what: str) -> None:
    try:
        if os.path.isdir(path):
            context.load_verify_locations(capath=path)
            return
        with open(path, "rb"):
            context.load_verify_locations(cafile=path)
    except ssl.SSLError as exc:
        raise ConfigError(f"cannot use {what}: it holds no PEM certificate; {_REMEDY}") from exc
    except OSError as exc:
        raise ConfigError(f"cannot read {what}: {exc.strerror or exc}; {_REMEDY}") from exc
