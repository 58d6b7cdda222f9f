# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Configurations of k0s: put together from parts, and compared without what k0s adds to them itself."""

from __future__ import annotations

import ipaddress
import typing as t

from .._errors import ConfigError
from .durations import duration_ns

Tree = dict[str, t.Any]
Path = tuple[str, ...]

# What every supported version of k0s fills in, with the same value on every host.
_DEFAULTS: t.Mapping[Path, t.Any] = {
    ("apiVersion",): "k0s.k0sproject.io/v1beta1",
    ("kind",): "ClusterConfig",
    ("metadata", "name"): "k0s",
    ("spec", "api", "k0sApiPort"): 9443,
    ("spec", "api", "port"): 6443,
    ("spec", "api", "ca", "certificatesExpireAfter"): "8760h",
    ("spec", "api", "ca", "expiresAfter"): "87600h",
    ("spec", "extensions", "helm", "concurrencyLevel"): 5,
    ("spec", "extensions", "storage", "create_default_storage_class"): False,
    ("spec", "extensions", "storage", "type"): "external_storage",
    ("spec", "konnectivity", "adminPort"): 8133,
    ("spec", "konnectivity", "agentPort"): 8132,
    ("spec", "network", "clusterDomain"): "cluster.local",
    ("spec", "network", "controlPlaneLoadBalancing", "enabled"): False,
    ("spec", "network", "dualStack", "enabled"): False,
    ("spec", "network", "kubeProxy", "disabled"): False,
    ("spec", "network", "kubeProxy", "metricsBindAddress"): "0.0.0.0:10249",
    ("spec", "network", "kubeProxy", "mode"): "iptables",
    ("spec", "network", "kuberouter", "autoMTU"): True,
    ("spec", "network", "kuberouter", "hairpin"): "Enabled",
    ("spec", "network", "kuberouter", "metricsPort"): 8080,
    ("spec", "network", "nodeLocalLoadBalancing", "enabled"): False,
    ("spec", "network", "nodeLocalLoadBalancing", "type"): "EnvoyProxy",
    ("spec", "network", "podCIDR"): "10.244.0.0/16",
    ("spec", "network", "provider"): "kuberouter",
    ("spec", "network", "serviceCIDR"): "10.96.0.0/12",
    ("spec", "storage", "etcd", "ca", "certificatesExpireAfter"): "8760h",
    ("spec", "storage", "etcd", "ca", "expiresAfter"): "87600h",
    ("spec", "storage", "type"): "etcd",
    **{
        ("spec", "network", "kubeProxy", mode, period): "0s"
        for mode in ("iptables", "ipvs", "nftables")
        for period in ("minSyncPeriod", "syncPeriod", "tcpFinTimeout", "tcpTimeout", "udpTimeout")
    },
}
# What k0s fills in by version or by host: below these paths only what is wanted is compared.
_DECIDED_BY_K0S: tuple[Path, ...] = (
    ("metadata",),
    ("status",),
    ("spec", "api", "address"),
    ("spec", "images"),
    ("spec", "installConfig"),
    ("spec", "network", "nodeLocalLoadBalancing", "envoyProxy"),
    ("spec", "storage", "etcd", "peerAddress"),
    ("spec", "storage", "kine", "dataSource"),
    ("spec", "telemetry"),
)
_SANS = ("spec", "api", "sans")
# Values below these paths may hold passwords: a difference is told without them.
_SECRET: tuple[Path, ...] = (("spec", "storage", "kine"), ("spec", "extensions", "helm"))


class Comparison(t.TypedDict):
    """changed: the configurations do not mean the same. differences: what differs, a sentence each, by path."""

    changed: bool
    differences: list[str]


def merged(base: t.Any, *parts: t.Any) -> Tree:
    """The base with each part laid over it: mappings are merged, lists and values replaced, and null takes a key away.

    A null of the base itself takes its key away too, so that parts and base may be swapped for a single part. ConfigError for
    something that is no mapping.
    """
    found: Tree = {}
    for part in (base, *parts):
        if not isinstance(part, t.Mapping):
            raise ConfigError(f"cannot merge the configuration of k0s: '{part!s:.40}' is no mapping; write keys and values")
        found = _laid_over(found, part)
    return found


def _laid_over(base: t.Mapping[str, t.Any], part: t.Mapping[str, t.Any]) -> Tree:
    found = dict(base)
    for key, value in part.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, t.Mapping):
            below = found.get(key)
            found[key] = _laid_over(below if isinstance(below, t.Mapping) else {}, value)
        else:
            found[key] = value
    return found


def compare_configs(wanted: t.Any, actual: t.Any) -> Comparison:
    """Compare two ClusterConfigs; actual may be a file, the one that k0s status shows, or the object of the cluster.

    ConfigError when one of them is no mapping.
    """
    for config, name in ((wanted, "the wanted one"), (actual, "the actual one")):
        if not isinstance(config, t.Mapping):
            raise ConfigError(f"cannot compare configurations of k0s: {name} is no mapping; give a ClusterConfig")
    wished, found = dict(_leaves(wanted)), dict(_leaves(actual))
    differences = [
        _told(path, wished.get(path), found.get(path))
        for path in sorted({*wished, *found})
        if _normal(path, wished.get(path)) != _normal(path, found.get(path)) and not _added_by_k0s(path, wished, found)
    ]
    return {"changed": bool(differences), "differences": differences}


def _leaves(tree: t.Mapping[str, t.Any], path: Path = ()) -> t.Iterator[tuple[Path, t.Any]]:
    """What is not a mapping; nothing for null, empty mappings, lists and texts, which k0s reads as "not given"."""
    for key, value in tree.items():
        if isinstance(value, t.Mapping):
            yield from _leaves(value, (*path, str(key)))
        elif value is not None and value not in ("", []):
            yield (*path, str(key)), value


def _normal(path: Path, value: t.Any) -> t.Any:
    """The value in one form: defaults filled in, and durations as numbers."""
    if value is None:
        value = _DEFAULTS.get(path)
    if isinstance(value, str):
        nanoseconds = duration_ns(value)
        return value if nanoseconds is None else nanoseconds
    if value is False and path not in _DEFAULTS and not _below(path, _DECIDED_BY_K0S):
        # k0s leaves out what is false.
        return None
    # In YAML true is not 1, in Python it is.
    return (value,) if isinstance(value, bool) else value


def _added_by_k0s(path: Path, wished: t.Mapping[Path, t.Any], found: t.Mapping[Path, t.Any]) -> bool:
    if path == _SANS:
        # Names in no order; k0s adds the addresses of its host.
        wanted, actual = ({str(name) for name in tree.get(path, [])} for tree in (wished, found))
        return wanted <= actual and all(map(_is_address, actual - wanted))
    return path not in wished and _below(path, _DECIDED_BY_K0S)


def _below(path: Path, starts: t.Iterable[Path]) -> bool:
    return any(path[: len(start)] == start for start in starts)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _told(path: Path, wanted: t.Any, actual: t.Any) -> str:
    name = ".".join(path)
    if _below(path, _SECRET) or "extraArgs" in path:
        return f"{name} differs"
    return f"{name} is {_shown(path, actual)}, and {_shown(path, wanted)} is wanted"


def _shown(path: Path, value: t.Any) -> str:
    if value is None and path in _DEFAULTS:
        value = _DEFAULTS[path]
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else f"{value!s:.200}"
