# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The options of one Kubernetes connection: spec, twin of the documentation fragment "kubernetes", and what they mean."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible.module_utils.basic import env_fallback

from .._errors import ConfigError
from .._http import read_seconds
from .kinds import DRIFTED, KINDS

READ_SECONDS = 30
_DEFAULT_KUBECONFIG = "~/.kube/config"
_ALWAYS = ("version",)

# What can be asked for with ``gather``; the version is read in any case.
NOUNS: tuple[str, ...] = (*_ALWAYS, "api_groups", *(kind.noun for kind in KINDS), DRIFTED)


@dataclasses.dataclass(frozen=True)
class Connection:
    """One entry of the lab file, or the options of one module call.

    kubeconfig: path of the file. context: None for the current one. read_seconds: how long the server may be silent.
    nouns: what to read.
    """

    name: str
    kubeconfig: str
    context: str | None
    read_seconds: float
    nouns: frozenset[str]

    @property
    def label(self) -> str:
        """How messages call this connection."""
        return f"kubernetes '{self.name}'"

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Connection:
        """Checks the options; ConfigError for what cannot be used, naming the option."""
        kubeconfig = _path(str(options.get("kubeconfig") or _DEFAULT_KUBECONFIG))
        name = str(options.get("name") or os.path.basename(kubeconfig))
        label = f"kubernetes '{name}'"
        return cls(
            name=name,
            kubeconfig=kubeconfig,
            context=options.get("context") or None,
            read_seconds=read_seconds(options.get("timeout"), label, READ_SECONDS),
            nouns=_nouns(options.get("gather"), label),
        )


def connection_spec() -> dict[str, dict[str, t.Any]]:
    """Argument spec of a connection, in the names of kubernetes.core."""
    return {
        "kubeconfig": {"type": "path", "fallback": (env_fallback, ["K8S_AUTH_KUBECONFIG", "KUBECONFIG"])},
        "context": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_CONTEXT"])},
        "timeout": {"type": "float", "default": READ_SECONDS},
        "gather": {"type": "list", "elements": "str", "choices": list(NOUNS)},
    }


def _path(text: str) -> str:
    """The file itself; of several, as KUBECONFIG may list them, the first that exists."""
    paths = [os.path.expanduser(path) for path in text.split(os.pathsep) if path]
    whole = os.path.expanduser(text)
    if os.path.exists(whole) or not paths:
        return whole
    return next((path for path in paths if os.path.exists(path)), paths[0])


def _nouns(gather: t.Any, label: str) -> frozenset[str]:
    if gather is None:
        return frozenset(NOUNS)
    for noun in gather:
        if noun not in NOUNS:
            raise ConfigError(f"cannot gather '{noun}' from {label}: there is no such thing; choose from {', '.join(NOUNS)}")
    return frozenset((*_ALWAYS, *gather))
