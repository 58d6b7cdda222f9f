# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The one place that imports third-party packages, so that everything else can be imported where they are missing."""

from __future__ import annotations

import importlib.metadata
import re
import typing as t

try:
    import urllib3
    import yaml
    from kubernetes import config
    from kubernetes.client import Configuration
    from kubernetes.client.rest import RESTClientObject
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

# Brings PyYAML and urllib3 with it.
PACKAGES = ("kubernetes>=31.0.0",)

__all__ = [
    "IMPORT_ERROR",
    "PACKAGES",
    "Configuration",
    "RESTClientObject",
    "load_into",
    "missing_packages",
    "urllib3",
    "yaml",
]


def missing_packages() -> list[str]:
    """Those of PACKAGES that cannot be imported here or are too old."""
    if IMPORT_ERROR is not None:
        return list(PACKAGES)
    return [package for package in PACKAGES if not _satisfied(package)]


def load_into(configuration: Configuration, kubeconfig: t.Mapping[str, t.Any]) -> None:
    """Let the official client fill its configuration with the current context of a kubeconfig. It writes nothing back."""
    load: t.Callable[..., None] = config.load_kube_config_from_dict
    load(dict(kubeconfig), client_configuration=configuration, persist_config=False)


def _satisfied(requirement: str) -> bool:
    name, wanted = requirement.split(">=")
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return _numbers(found) >= _numbers(wanted)


def _numbers(version: str) -> list[int]:
    """The leading numbers of a version: "31.0.0b1" gives 31, 0, 0."""
    return [int(number) for number in re.findall(r"(?:^|\.)(\d+)", version)]
