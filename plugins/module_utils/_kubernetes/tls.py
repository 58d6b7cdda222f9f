# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The SSLContext of a connection.

The official client would write the certificates and keys that stand inside a kubeconfig into files of the temporary folder, and
remove them only when Python ends. Here the CA never becomes a file, and a client certificate with its key, which Python takes
from files only, is in a private folder for the moment in which it is loaded.
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
import typing as t

from .._errors import ConfigError
from .kubeconfig import Context

_PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.DOTALL)


class _EncryptedKeyError(Exception):
    """A key asks for a password, which a kubeconfig cannot hold."""


def ssl_context(context: Context, certificate: bytes | None, key: bytes | None) -> ssl.SSLContext:
    """How the API server is checked, and the client certificate that is shown to it.

    The CA of the kubeconfig alone counts, or those of the system when it names none. Errors: ConfigError when CA, certificate
    or key cannot be used.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Python 3.13 rejects CAs without key usage, which many clusters have; chain and name stay checked.
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # As kubectl does: an intermediate CA, or the certificate of the server itself, may stand in the kubeconfig.
    tls.verify_flags |= getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
    if context.cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    else:
        _trust(tls, context)
    if certificate and key:
        _show(tls, context, certificate, key)
    return tls


def _trust(tls: ssl.SSLContext, context: Context) -> None:
    bundle = context.content("cluster", "certificate-authority")
    if bundle is None:
        tls.load_default_certs()
        return
    blocks = b"\n".join(_PEM.findall(bundle)).decode("ascii", "replace")
    try:
        tls.load_verify_locations(cadata=blocks)
    except (ssl.SSLError, ValueError) as exc:
        raise ConfigError(
            f"cannot use the CA of cluster '{context.cluster_name}' in kubeconfig {context.kubeconfig}: "
            "it holds no PEM certificate; copy certificate-authority-data again from where the kubeconfig was made"
        ) from exc


def _show(tls: ssl.SSLContext, context: Context, certificate: bytes, key: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="homelab-deepdive-") as folder:
        paths = [_write(os.path.join(folder, name), content) for name, content in (("certificate", certificate), ("key", key))]
        try:
            tls.load_cert_chain(paths[0], paths[1], password=_no_password)
        except (ssl.SSLError, _EncryptedKeyError) as exc:
            cause = "the key is encrypted" if isinstance(exc, _EncryptedKeyError) else "they are no PEM, or do not belong together"
            raise ConfigError(
                f"cannot use the client certificate and key of user '{context.user_name}' in kubeconfig {context.kubeconfig}: "
                f"{cause}; make the kubeconfig again"
            ) from exc


def _write(path: str, content: bytes) -> str:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path


def _no_password() -> t.NoReturn:
    raise _EncryptedKeyError
