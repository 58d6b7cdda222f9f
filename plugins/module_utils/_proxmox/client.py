# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads one Proxmox VE cluster or host, whichever of its addresses answers."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
import typing as t
from urllib.parse import quote

from .._errors import ConfigError, MissingPackagesError, SourceError
from .._evidence.ledger import Ledger
from .connection import Address, Connection
from .failures import UnansweredError
from .transport import CONNECT_SECONDS, PACKAGES_ERROR, Transport

PACKAGES = ("proxmoxer>=2.3.0", "requests>=2.28.0")
# After that many requests in a row that no address answered, the rest of a run does not wait for more of them.
_GIVE_UP_AFTER = 3


def missing_packages() -> list[str]:
    """Those of PACKAGES that the Python which runs cannot import."""
    return [package for package in PACKAGES if importlib.util.find_spec(re.split(r"[<>=]", package)[0]) is None]


def endpoint(template: str, *parts: str | int) -> str:
    """A path with names of the lab in it, quoted, so that a name is always one part of the path."""
    return template.format(*(quote(str(part), safe="") for part in parts))


class Client:
    """Several threads may read at once. Errors of every method: SourceError. Close it, or use it in a with statement."""

    def __init__(self, connection: Connection, ledger: Ledger, connect_seconds: float = CONNECT_SECONDS) -> None:
        """Talks to nothing yet. Errors: MissingPackagesError, and ConfigError when ca_path cannot be used."""
        if PACKAGES_ERROR is not None:
            command = f"{sys.executable} -m pip install " + " ".join(f"'{name}'" for name in missing_packages() or PACKAGES)
            raise MissingPackagesError(f"cannot read {connection.label}: {PACKAGES_ERROR}; install what is missing: {command}")
        self.connection = connection
        self._transport = Transport(connection, ledger, connect_seconds)
        self._lock = threading.Lock()
        self._first = 0
        self._silent = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *unused: object) -> None:
        self._transport.close()

    @property
    def address(self) -> Address:
        """The address that answered last."""
        return self.connection.addresses[self._first]

    def connect(self) -> dict[str, t.Any]:
        """Log in to the first address that answers; gives what /version says.

        Errors: SourceError, and ConfigError for a user with a second factor, who cannot log in without a person.
        """
        if not self.connection.token_id:
            self._log_in()
        version = self._in_turn("get", "/version", {}, slow_is_gone=True)
        if not isinstance(version, dict) or not isinstance(version.get("version"), str):
            raise self._odd("/version")
        return version

    def get(self, path: str, **query: str) -> t.Any:
        """The data of one answer. path: below the API root, made with endpoint()."""
        return self._in_turn("get", path, query)

    def rows(self, path: str, **query: str) -> list[dict[str, t.Any]]:
        """The data of an answer that is a list of objects."""
        data = self.get(path, **query)
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise self._odd(path)
        return data

    def mapping(self, path: str, **query: str) -> dict[str, t.Any]:
        """The data of an answer that is one object."""
        data = self.get(path, **query)
        if not isinstance(data, dict):
            raise self._odd(path)
        return data

    def _log_in(self) -> None:
        who = {"username": self.connection.user, "password": self.connection.secret}
        data = self._in_turn("post", "/access/ticket", who, slow_is_gone=True)
        if not isinstance(data, dict) or not isinstance(data.get("ticket"), str):
            raise self._odd("/access/ticket")
        if data.get("NeedTFA"):
            raise ConfigError(
                f"cannot log in to {self.connection.label} as {self.connection.user}: the user has a second factor; "
                "use an API token: api_token_id and api_token_secret"
            )
        self._transport.use_ticket(data["ticket"])

    def _in_turn(self, verb: t.Literal["get", "post"], path: str, fields: t.Mapping[str, str], slow_is_gone: bool = False) -> t.Any:
        """Ask the address that answered last, and the others while none answers.

        slow_is_gone: an answer that takes too long counts as none. The first error is the one that is told, with the names of
        the addresses that did not answer either.
        """
        if self._silent >= _GIVE_UP_AFTER:
            raise UnansweredError(f"cannot read {path}: {self.connection.label} stopped answering", "unreachable", "")
        errors: list[SourceError] = []
        count = len(self.connection.addresses)
        first = self._first
        for turn in range(count):
            place = (first + turn) % count
            try:
                data = self._transport.call(self.connection.addresses[place], verb, path, **fields)
            except SourceError as exc:
                if not isinstance(exc, UnansweredError) and not (slow_is_gone and exc.reason == "timeout"):
                    self._answered(place)
                    raise
                errors.append(exc)
            else:
                self._answered(place)
                return data
        with self._lock:
            self._silent += 1
        raise _all_of(errors)

    def _answered(self, place: int) -> None:
        with self._lock:
            self._first = place
            self._silent = 0

    def _odd(self, path: str) -> SourceError:
        return SourceError(f"cannot read {path}: the answer of {self.connection.label} has another form than expected", "invalid")


def _all_of(errors: t.Sequence[SourceError]) -> SourceError:
    """One error for all addresses: that of the first, which the others follow."""
    first = errors[0]
    if len(errors) == 1:
        return first
    in_tls = any(isinstance(error, UnansweredError) and error.step == "tls" for error in errors)
    # Each text once: several addresses often fail alike, but each is named in its own.
    return UnansweredError(
        "; ".join(dict.fromkeys(str(error) for error in errors)), first.reason, first.remedy, "tls" if in_tls else "reachable"
    )
