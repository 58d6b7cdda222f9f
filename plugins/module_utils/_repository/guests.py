# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What a resource of Terraform says of the guest that it declares, for the providers bpg/proxmox and Telmate/proxmox.

Each reader takes {attribute: value, block: [{…}]} and gives fields: None where nothing is set and the provider has no default,
Unknown where something is set that cannot be told. Defaults are left out for clones: there the template decides.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._evidence.redaction import Redactor
from . import expressions as node
from .values import Unknown, Value

Config = t.Mapping[str, Value]
Fields = dict[str, Value]

FIELDS = ("name", "vmid", "host", "cpu_count", "memory_bytes", "disk_bytes", "ip", "onboot", "template")
# Declare guests too, in forms of their own.
OTHER_GUESTS = (
    *("proxmox_virtual_environment_vm2", "proxmox_virtual_environment_cloned_vm", "proxmox_vm", "proxmox_cloned_vm"),
    "proxmox_lxc_guest",
)

_MIB = 1024**2
_UNITS = {"K": 1024, "M": _MIB, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"(?P<number>\d{1,12}(?:\.\d{1,6})?)\s*(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE)
_STATIC = re.compile(r"(?:^|,)\s*ip=(?P<address>[^,]+)")
# An address that the guest gets elsewhere.
_ELSEWHERE = ("dhcp", "manual", "auto")
_BUSES = ("ide", "sata", "scsi", "virtio")

# Attributes that Terraform may be told to leave alone, and the field each is shown in.
_SHOWN_IN = {
    **dict.fromkeys(("node_name", "target_node", "target_nodes"), "host"),
    **dict.fromkeys(("vm_id", "vmid"), "vmid"),
    **dict.fromkeys(("cpu", "cores", "sockets"), "cpu_count"),
    **dict.fromkeys(("disk", "disks", "rootfs", "mountpoint", "mount_point"), "disk_bytes"),
    **dict.fromkeys(("initialization", "network", "ipconfig0"), "ip"),
    **dict.fromkeys(("on_boot", "start_on_boot", "onboot", "start_at_node_boot"), "onboot"),
    **{name: name for name in ("name", "template")},
    "memory": "memory_bytes",
    "hostname": "name",
}
_LEAVES = ("size", "cores", "sockets", "dedicated", "address", "ip")


def guest_row(type_: str, config: Config, body: node.Body, redactor: Redactor) -> dict[str, t.Any]:
    """The fields of a guest that are known, `unresolved`: those that are set and cannot be told, `ignored`: those that Terraform
    leaves as they are. ip is null for a guest that is given its address elsewhere."""
    fields = GUESTS[type_](config)
    row: dict[str, t.Any] = {}
    for field in FIELDS:
        value = fields.get(field)
        if value is not None and not isinstance(value, Unknown):
            row[field] = redactor.text(value) if field in ("name", "host") else value
    if row.get("ip") in _ELSEWHERE:
        row["ip"] = None
    row["unresolved"] = [field for field in FIELDS if isinstance(fields.get(field), Unknown)]
    row["ignored"] = _ignored(body)
    return row


def _ignored(body: node.Body) -> list[str]:
    """Fields under lifecycle.ignore_changes. An entry below a block counts when the field is made of it."""
    bodies = [block.body for block in body.blocks if block.type == "lifecycle"]
    found: set[str] = set()
    for lifecycle in bodies:
        listed = lifecycle.attributes.get("ignore_changes")
        if listed == node.Name("all"):
            return list(FIELDS)
        for entry in listed.items if isinstance(listed, node.Items) else ():
            root, leaf = _path(entry)
            if root in _SHOWN_IN and (leaf is None or leaf in _LEAVES):
                found.add(_SHOWN_IN[root])
    return [field for field in FIELDS if field in found]


def _path(entry: node.Expression) -> tuple[str, str | None]:
    """First and last name of disk[0].size; the last is None when there is one only."""
    leaf = None
    while isinstance(entry, (node.Attribute, node.Index)):
        if isinstance(entry, node.Attribute):
            leaf = leaf or entry.name
        entry = entry.target
    return entry.name if isinstance(entry, node.Name) else "", leaf


def _blocks(config: Config, name: str) -> list[Config] | Unknown:
    """The blocks of one name; JSON writes a single one as an object."""
    value = config.get(name)
    if isinstance(value, Unknown):
        return value
    found = value if isinstance(value, list) else [value]
    for entry in found:
        if isinstance(entry, Unknown):
            return entry
    return [entry for entry in found if isinstance(entry, dict)]


def _inside(config: Config, block: str, name: str, default: Value = None) -> Value:
    """An attribute of the first block of a name."""
    blocks = _blocks(config, block)
    if isinstance(blocks, Unknown):
        return blocks
    value = blocks[0].get(name) if blocks else None
    return default if value is None else value


def _text(value: Value) -> Value:
    if value is None or isinstance(value, Unknown):
        return value
    return value if isinstance(value, str) and value else Unknown("it is no text")


def _count(value: Value) -> Value:
    """A whole number above 0; 0 means that it is not set."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,11}", value):
        value = int(value)
    if value is None or isinstance(value, Unknown) or value == 0:
        return value or None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else Unknown("it is no whole number")


def _truth(value: Value) -> Value:
    if value in ("true", "false") and isinstance(value, str):
        return value == "true"
    return value if value is None or isinstance(value, (bool, Unknown)) else Unknown("it is neither true nor false")


def _times(value: Value, factor: Value) -> Value:
    """A product of two counts, None when either is not set."""
    first, second = _count(value), _count(factor)
    for part in (first, second):
        if isinstance(part, Unknown):
            return part
    return None if first is None or second is None else first * second


def _bytes(value: Value) -> Value:
    """A size such as 20, "20", "20G" or "512M"; GiB without a unit."""
    if value is None or isinstance(value, Unknown):
        return value
    match = _SIZE.fullmatch(str(value).strip())
    return int(float(match["number"]) * _UNITS[match["unit"].upper() or "G"]) if match else Unknown("it is no size")


def _sum(sizes: t.Sequence[Value]) -> Value:
    """All sizes together, None when there is none or one is not set."""
    found = [_bytes(size) for size in sizes]
    for size in found:
        if isinstance(size, Unknown):
            return size
    return sum(found) if found and None not in found else None


def _address(value: Value) -> Value:
    """An address without the length of its network, or a word for one that the guest gets elsewhere."""
    if value is None or isinstance(value, Unknown) or value in _ELSEWHERE:
        return value
    try:
        return str(ipaddress.ip_interface(str(value)).ip)
    except ValueError:
        return Unknown("it is no address")


def _unless_cloned(config: Config, default: int) -> int | None:
    """A default of the provider; a clone has what its template has."""
    return default if config.get("clone") is None else None


def _initial_address(config: Config) -> Value:
    """The first address of initialization { ip_config { ipv4 { address } } }."""
    inner: Value = config
    for name in ("initialization", "ip_config", "ipv4"):
        blocks = _blocks(inner, name)
        if isinstance(blocks, Unknown) or not blocks:
            return blocks or None
        inner = blocks[0]
    return _address(inner.get("address"))


def _bpg_vm(config: Config) -> Fields:
    disks = _blocks(config, "disk")
    sizes = disks if isinstance(disks, Unknown) else _sum([_or(disk.get("size"), 8) for disk in disks])
    return {
        "name": _text(config.get("name")),
        "vmid": _count(config.get("vm_id")),
        "host": _text(config.get("node_name")),
        "cpu_count": _times(_inside(config, "cpu", "cores", _unless_cloned(config, 1)), _inside(config, "cpu", "sockets", 1)),
        "memory_bytes": _times(_inside(config, "memory", "dedicated", _unless_cloned(config, 512)), _MIB),
        "disk_bytes": sizes,
        "ip": _initial_address(config),
        "onboot": _truth(_or(config.get("on_boot"), True)),
        "template": _truth(_or(config.get("template"), False)),
    }


def _bpg_container(config: Config) -> Fields:
    mounts = _blocks(config, "mount_point")
    root = _inside(config, "disk", "size", _unless_cloned(config, 4) if config.get("disk") else None)
    return {
        "name": _text(_inside(config, "initialization", "hostname")),
        "vmid": _count(config.get("vm_id")),
        "host": _text(config.get("node_name")),
        "cpu_count": _count(_inside(config, "cpu", "cores", _unless_cloned(config, 1))),
        "memory_bytes": _times(_inside(config, "memory", "dedicated", _unless_cloned(config, 512)), _MIB),
        "disk_bytes": mounts if isinstance(mounts, Unknown) else _sum([root, *_volumes(mounts, "volume")]),
        "ip": _initial_address(config),
        "onboot": _truth(_or(config.get("start_on_boot"), True)),
        "template": _truth(_or(config.get("template"), False)),
    }


def _volumes(mounts: t.Iterable[Config], where: str) -> list[Value]:
    """Sizes of the mounts that are volumes; folders and devices of the host have a path."""
    return [mount.get("size") for mount in mounts if not str(mount.get(where)).startswith("/")]


def _or(value: Value, default: Value) -> Value:
    return default if value is None else value


def _telmate_vm(config: Config) -> Fields:
    """2.x has cores, sockets and disk; 3.x has cpu { cores sockets } and disks { scsi { scsi0 { disk } } } too."""
    older = isinstance(config.get("cpu"), str) or config.get("cores") is not None
    one = _unless_cloned(config, 1)
    cores = _or(config.get("cores"), one if older else _inside(config, "cpu", "cores", one))
    sockets = _or(config.get("sockets"), 1 if older else _inside(config, "cpu", "sockets", 1))
    return {
        "name": _text(config.get("name")),
        "vmid": _count(config.get("vmid")),
        "host": _text(config.get("target_node")) if config.get("target_node") is not None else _only(config.get("target_nodes")),
        "cpu_count": _times(cores, sockets),
        "memory_bytes": _times(_or(config.get("memory"), _unless_cloned(config, 512)), _MIB),
        "disk_bytes": _telmate_disks(config),
        "ip": _telmate_address(config),
        "onboot": _truth(_or(config.get("start_at_node_boot"), config.get("onboot"))),
    }


def _only(hosts: Value) -> Value:
    """The host of a list of hosts that a guest may run on, when it is one."""
    if isinstance(hosts, Unknown):
        return hosts
    return _text(hosts[0]) if isinstance(hosts, list) and len(hosts) == 1 else None


def _telmate_disks(config: Config) -> Value:
    listed, nested = _blocks(config, "disk"), _blocks(config, "disks")
    if isinstance(listed, Unknown) or isinstance(nested, Unknown):
        return listed if isinstance(listed, Unknown) else nested
    sizes = [
        disk.get("size")
        for disk in listed
        if disk.get("type") not in ("cdrom", "cloudinit", "ignore") and disk.get("media") != "cdrom"
    ]
    for disks in nested:
        for bus in _BUSES:
            sizes += _slots(disks, bus)
    return _sum(sizes)


def _slots(disks: Config, bus: str) -> list[Value]:
    """Sizes of disks { scsi { scsi0 { disk { size } } } } of one bus; an Unknown stands for what cannot be told."""
    found: list[Value] = []
    buses = _blocks(disks, bus)
    for slots in [] if isinstance(buses, Unknown) else buses:
        for slot in sorted(slots):
            inner = _blocks(slots, slot)
            for device in [] if isinstance(inner, Unknown) else inner:
                if device.get("disk") is not None:
                    found.append(_inside(device, "disk", "size"))
            found += [inner] if isinstance(inner, Unknown) else []
    return [*found, buses] if isinstance(buses, Unknown) else found


def _telmate_address(config: Config) -> Value:
    """The first ip= of ipconfig0 to ipconfig15."""
    for number in range(16):
        value = config.get(f"ipconfig{number}")
        if isinstance(value, Unknown):
            return value
        match = _STATIC.search(str(value)) if value is not None else None
        if match:
            return _address(match["address"])
    return None


def _telmate_container(config: Config) -> Fields:
    mounts = _blocks(config, "mountpoint")
    return {
        "name": _text(config.get("hostname")),
        "vmid": _count(config.get("vmid")),
        "host": _text(config.get("target_node")),
        "cpu_count": _count(config.get("cores")),
        "memory_bytes": _times(config.get("memory"), _MIB),
        "disk_bytes": mounts
        if isinstance(mounts, Unknown)
        else _sum([_inside(config, "rootfs", "size"), *_volumes(mounts, "storage")]),
        "ip": _address(_inside(config, "network", "ip")),
        "onboot": _truth(_or(config.get("onboot"), False)),
        "template": _truth(_or(config.get("template"), False)),
    }


GUESTS: t.Mapping[str, t.Callable[[Config], Fields]] = {
    "proxmox_virtual_environment_vm": _bpg_vm,
    "proxmox_virtual_environment_container": _bpg_container,
    "proxmox_vm_qemu": _telmate_vm,
    "proxmox_lxc": _telmate_container,
}
