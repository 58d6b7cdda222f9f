# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the role ``k0s`` needs to make the hosts of a cluster again."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._evidence.redaction import MASK
from .._words import listed
from .lab import Lab, Object
from .rebuild_values import Variables, in_order

# Flags that the role makes from other variables, and those that are only good on the machine and the day that they were made for.
_NOT_KEPT = frozenset(
    (
        *("--config", "-c", "--data-dir", "--disable-components", "--enable-dynamic-config", "--enable-worker", "--single"),
        *("--labels", "--taints", "--token-file"),
    )
)
_DATA_DIR = "/var/lib/k0s"
_FALSE = ("0", "f", "false")
# Flags without a value: a word behind one of them is no value but the join token, which a worker may get that way.
_SWITCHES = frozenset(
    (
        *("--debug", "-d", "--verbose", "-v", "--single", "--no-taints", "--enable-worker", "--enable-dynamic-config"),
        *("--enable-cloud-provider", "--enable-k0s-cloud-provider", "--enable-metrics-scraper", "--ignore-pre-flight-checks"),
        *("--disable-telemetry", "--start", "--force"),
    )
)
# Labels that Kubernetes, k0s or a program that looks at the node sets again by itself.
_OWN_LABEL = re.compile(
    r"(?:beta\.)?kubernetes\.io/(?:arch|os|hostname)|node-role\.kubernetes\.io/.*|node\.k0sproject\.io/.*"
    r"|feature\.node\.kubernetes\.io/.*|(?:beta|node)\.kubernetes\.io/instance-type"
)
_OWN_TAINT = re.compile(r"node\.kubernetes\.io/.*|node\.cloudprovider\.kubernetes\.io/.*")
# k0s sets these on controllers that run workloads, unless it is told not to.
_CONTROLLER_TAINT = re.compile(r"node-role\.kubernetes\.io/(?:master|control-plane)=:NoSchedule")
# Of a configuration with its defaults only the one in use means anything.
_STORAGES = ("etcd", "kine")
# Images of k0s itself follow its version: written down they would stay behind at the next upgrade.
_OWN_IMAGE = "quay.io/k0sproject/"
# By whether the controller also runs pods.
_CONTROLLER_ROLES: t.Mapping[bool | None, str | None] = {True: "controller+worker", False: "controller", None: None}
_FILE_OPTION = re.compile(r".*(?:-file|-config)")
_READ_HOST = "add it to k0s in the lab file while it lives, and audit again; else enter them"


def add_k0s(variables: Variables, lab: Lab, cluster: Object) -> None:
    """Version, configuration and hosts of a cluster."""
    name = cluster["cluster"]
    controllers = [row for row in lab.rows("controllers") if row["cluster"] == name]
    nodes = [row for row in lab.rows("nodes") if row["cluster"] == name]
    _add_version(variables, cluster, controllers)
    _add_config(variables, controllers)
    _add_common_flags(variables, controllers, nodes)
    read = (lab.data["coverage"].get("nodes") or {}).get(f"kubernetes/{name}")
    if controllers or nodes:
        variables.put("k0s_hosts", _hosts(variables, controllers, nodes, read == "read"))
    else:
        variables.unknown("k0s_hosts", "neither nodes nor controllers could be read: name the hosts with address and role")


def _add_version(variables: Variables, cluster: Object, controllers: t.Sequence[Object]) -> None:
    versions = sorted({row["k0s_version"] for row in controllers if "k0s_version" in row})
    if len(versions) == 1:
        variables.put("k0s_version", versions[0])
    elif versions:
        variables.unknown("k0s_version", f"controllers run different versions ({listed(versions)}): choose one of them")
    else:
        told = f": choose a release of k0s for Kubernetes {cluster['version']}" if "version" in cluster else ": choose a release"
        variables.unknown("k0s_version", f"no controller told its version{told}")


def _add_config(variables: Variables, controllers: t.Sequence[Object]) -> None:
    told = [(row["name"], _shared(row["k0s_config"])) for row in controllers if isinstance(row.get("k0s_config"), t.Mapping)]
    if not told:
        variables.unknown(
            "k0s_config",
            "no controller told its configuration: add it to k0s in the lab file and audit again, or take /etc/k0s/k0s.yaml of one",
        )
        return
    first, config = told[0]
    variables.put(
        "k0s_config",
        in_order(_with_names(config, [theirs for name, theirs in told])),
        "Without what belongs to one host (addresses of its API and etcd) and the images that come with k0s itself.",
    )
    for other, theirs in told[1:]:
        if _without_names(theirs) != _without_names(config):
            variables.lack("k0s_config", f"it is that of {first}, and {other} has another: compare /etc/k0s/k0s.yaml of both")
    if any(_is_set(row, "--enable-dynamic-config") for row in controllers):
        variables.lack(
            "k0s_config", "the cluster may change it by itself: compare it with the ClusterConfig in namespace kube-system"
        )
    for path in sorted(_files(config)):
        variables.lack(f"file {path}", "k0s_config names it, and the audit does not read it: take it from a controller or a backup")


def _shared(config: Object) -> Object:
    """A configuration without what belongs to one host, images of k0s itself, and storages that are not in use."""
    spec = dict(_below(config, "spec"))
    storage = _below(spec, "storage")
    if _below(spec, "api"):
        spec["api"] = _without(spec["api"], "address")
    if storage:
        storage = _without(storage, *(kind for kind in _STORAGES if kind != storage.get("type", kind)))
        spec["storage"] = {**storage, "etcd": _without(storage["etcd"], "peerAddress")} if _below(storage, "etcd") else storage
    return {**config, "spec": _without_own_images(spec)}


def _below(tree: Object, key: str) -> Object:
    """The mapping below a key, an empty one when there is none."""
    found = tree.get(key)
    return found if isinstance(found, t.Mapping) else {}


def _without(tree: Object, *keys: str) -> dict[str, t.Any]:
    return {key: value for key, value in tree.items() if key not in keys}


def _without_names(config: Object) -> Object:
    """For comparing: each controller adds its own names to those that its certificate is for."""
    spec = config["spec"]
    return {**config, "spec": {**spec, "api": _without(_below(spec, "api"), "sans")}}


def _with_names(config: Object, configs: t.Iterable[Object]) -> Object:
    """With the names of all controllers, because the list of this variable is for each of them."""
    lists = [_below(one["spec"], "api").get("sans") for one in configs]
    names = dict.fromkeys(name for one in lists if isinstance(one, list) for name in one if isinstance(name, str))
    if not names:
        return config
    return {**config, "spec": {**config["spec"], "api": {**config["spec"]["api"], "sans": list(names)}}}


def _without_own_images(tree: Object) -> dict[str, t.Any]:
    """Mappings that held nothing but such images are left out as well."""
    found: dict[str, t.Any] = {}
    for key, value in tree.items():
        if isinstance(value, t.Mapping) and value:
            kept = {} if str(value.get("image")).startswith(_OWN_IMAGE) else _without_own_images(value)
            if kept:
                found[key] = kept
        else:
            found[key] = value
    return found


def _files(tree: t.Any) -> set[str]:
    """Paths of files of the host that options below any extraArgs name."""
    found: set[str] = set()
    for key, value in tree.items() if isinstance(tree, t.Mapping) else ():
        if key == "extraArgs" and isinstance(value, t.Mapping):
            found |= {
                text
                for option, text in value.items()
                if isinstance(text, str) and text.startswith("/") and _FILE_OPTION.fullmatch(option)
            }
        found |= _files(value)
    return found


def _add_common_flags(variables: Variables, controllers: t.Sequence[Object], nodes: t.Sequence[Object]) -> None:
    """Variables that are flags of every host or controller; none for what k0s does without the flag."""
    folders = {_last(row, "--data-dir", _DATA_DIR) for row in (*controllers, *nodes) if "config_args" in row}
    if len(folders) > 1:
        variables.unknown(
            "k0s_data_dir", f"hosts keep their data in different folders ({listed(sorted(folders))}): set it per host"
        )
    elif folders - {_DATA_DIR}:
        variables.put("k0s_data_dir", folders.pop())
    disabled = {tuple(sorted(_parts(row["config_args"], "--disable-components"))) for row in controllers if "config_args" in row}
    if len(disabled) > 1:
        variables.unknown("k0s_disable_components", "controllers run different parts of k0s: set it per host")
    elif disabled - {()}:
        variables.put("k0s_disable_components", list(disabled.pop()))
    for name, flag in (("k0s_dynamic_config", "--enable-dynamic-config"), ("k0s_single", "--single")):
        if any(_is_set(row, flag) for row in controllers):
            variables.put(name, True)


def _hosts(
    variables: Variables, controllers: t.Sequence[Object], nodes: t.Sequence[Object], nodes_read: bool
) -> list[dict[str, t.Any]]:
    """Controllers first: the role makes them first."""
    by_name = {node["name"].lower(): node for node in nodes}
    hosts = []
    for row in controllers:
        node = by_name.pop(row["name"].lower(), None)
        works = True if node else _runs_workloads(row)
        hosts.append(_host(variables, row, node, _CONTROLLER_ROLES[works]))
        if row.get("alive") is False:
            variables.lack(
                f"k0s_hosts[{row['name']}]", "it no longer tells the cluster that it is there: take it out if it was removed"
            )
        if works is None:
            variables.lack(f"k0s_hosts[{row['name']}].role", "whether it also ran pods is not known: choose the role")
    if not nodes_read:
        variables.lack("k0s_hosts", "nodes could not be read: add the workers")
    return hosts + [_host(variables, node, node, "worker") for node in nodes if node["name"].lower() in by_name]


def _runs_workloads(controller: Object) -> bool | None:
    told = None
    if "config_args" in controller:
        told = _is_set(controller, "--enable-worker") or _is_set(controller, "--single")
    return t.cast("bool | None", controller.get("runs_workloads", told))


def _host(variables: Variables, machine: Object, node: Object | None, role: str | None) -> dict[str, t.Any]:
    """machine: controller or node. node: its node where it has one. role: None when it is not known."""
    place = f"k0s_hosts[{machine['name']}]"
    arguments = machine.get("config_args")
    flags, labels, taints = None, None, None
    if arguments is None:
        variables.lack(f"{place}.install_flags", f"nobody told the flags of k0s on this host: {_READ_HOST}")
    else:
        flags = _flags(variables, place, arguments)
        labels, taints = _pairs(_parts(arguments, "--labels")), sorted(_parts(arguments, "--taints"))
    if node is not None:
        labels, taints = _labels(node), _taints(node, role != "worker")
    elif role == "controller":
        labels, taints = {}, []
    if labels is None:
        for what in ("labels", "taints"):
            variables.lack(f"{place}.{what}", f"its node was not read: enter its {what}")
    return {
        "name": machine["name"],
        "address": _address(variables, place, machine["addresses"]),
        "role": role,
        "install_flags": flags,
        "labels": labels,
        "taints": taints,
    }


def _address(variables: Variables, place: str, addresses: t.Sequence[str]) -> str | None:
    """The only address, or the only IPv4 one."""
    of_version_4 = [text for text in addresses if _version(text) == 4]
    for found in (addresses, of_version_4):
        if len(found) == 1:
            return found[0]
    said = f"it has several ({listed(addresses)}): choose that of SSH" if addresses else "nobody told it: enter that of SSH"
    variables.lack(f"{place}.address", said)
    return None


def _version(text: str) -> int | None:
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return None


def _flags(variables: Variables, place: str, arguments: t.Sequence[str]) -> list[str]:
    """Flags that are good for another start on a new machine; one whose value holds a secret is left out and missing."""
    flags = []
    for name, value in _options(arguments):
        if name in _NOT_KEPT:
            continue
        if value is not None and MASK.search(value):
            variables.lack(f"{place}.install_flags", f"{name} holds a secret, which the audit masks while it reads: add it by hand")
        else:
            flags.append(name if value is None else f"{name}={value}")
    return flags


def _options(arguments: t.Sequence[str]) -> t.Iterator[tuple[str, str | None]]:
    """Flags with their values. The word controller or worker, and a join token, are none."""
    words = list(arguments)
    while words:
        name, equals, value = words.pop(0).partition("=")
        if not name.startswith("-"):
            continue
        if equals:
            yield name, value
        elif words and not words[0].startswith("-") and name not in _SWITCHES:
            yield name, words.pop(0)
        else:
            yield name, None


def _labels(node: Object) -> dict[str, str]:
    return {key: value for key, value in sorted(node.get("labels", {}).items()) if not _OWN_LABEL.fullmatch(key)}


def _taints(node: Object, controls: bool) -> list[str]:
    """As "key=value:effect"."""
    own = [taint for taint in node["taints"] if not _OWN_TAINT.match(taint)]
    return [taint for taint in own if not (controls and _CONTROLLER_TAINT.fullmatch(taint))]


def _pairs(parts: t.Iterable[str]) -> dict[str, str]:
    return {key: value for key, separator, value in sorted(part.partition("=") for part in parts)}


def _is_set(row: Object, flag: str) -> bool:
    return _last(row, flag, "false").lower() not in _FALSE


def _last(row: Object, flag: str, default: str) -> str:
    """The value that counts of a flag that may come several times; "" for a flag without one."""
    values = [value or "" for name, value in _options(row.get("config_args", ())) if name == flag]
    return values[-1] if values else default


def _parts(arguments: t.Sequence[str], flag: str) -> list[str]:
    return [part for name, value in _options(arguments) if name == flag for part in (value or "").split(",") if part]
