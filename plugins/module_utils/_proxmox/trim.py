# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Answers of Proxmox VE as evidence: without what changes by itself, and without secrets. No I/O.

Names, addresses, disks and network cards stay as they are; notes, scripts, arguments, cloud-init and every key that is not
known to be harmless go through the Redactor.
"""

from __future__ import annotations

import re
import shlex
import typing as t

from .._evidence.redaction import Redactor

Row = dict[str, t.Any]

_CHANGING = re.compile(
    r"cpu|uptime|netin|netout|diskread|diskwrite|memhost|pressure.*|local|digest|loadavg|wait|idle|pid|next-run|ksm|time"
)
_CPU_DETAILS = ("flags", "hvm", "mhz", "user_hz")

# Keys of a guest's configuration that name things or switch them. The rest is text of a person, or not known yet.
_PLAIN_CONFIG = re.compile(
    r"acpi|affinity|agent|arch|autostart|balloon|bios|boot|bootdisk|cmode|console|cores|cpu|cpulimit|cpuunits|ctime|dev\d+|"
    r"efidisk\d+|features|freeze|hostname|hostpci\d+|hotplug|hugepages|ide\d+|ipconfig\d+|keyboard|kvm|localtime|lock|machine|"
    r"memory|meta|migrate_\w+|mp\d+|name|nameserver|net\d+|numa\d*|onboot|ostype|parallel\d+|parent|protection|reboot|rng\d+|"
    r"rootfs|runningcpu|runningmachine|sata\d+|scsi\d+|scsihw|searchdomain|serial\d+|shares|snapstate|snaptime|sockets|"
    r"startdate|startup|swap|tablet|tags|tdf|template|timezone|tpmstate\d+|tty|unprivileged|unused\d+|usb\d+|vcpus|vga|"
    r"virtio\d+|virtiofs\d+|vmgenid|vmid|vmstate|vmstatestorage|watchdog"
)
_PLAIN_STORAGE = re.compile(
    r"storage|type|content|nodes|shared|disable|path|server|export|pool|vgname|thinpool|datastore|fingerprint|format"
)
_PLAIN_BACKUP = re.compile(r"id|type|vmid|exclude|all|pool|node|storage|schedule|enabled|mode")


def resource(row: Row) -> Row:
    """A row of /cluster/resources; of guests also how busy their processors are."""
    busy = {"cpu": row["cpu"]} if row.get("type") in ("qemu", "lxc") and "cpu" in row else {}
    return {**_steady(row), **busy}


def cluster_member(row: Row) -> Row:
    """A row of /cluster/status; which host was asked is left out."""
    return _steady(row)


def host_status(status: Row) -> Row:
    """What /nodes/{node}/status says."""
    kept = _steady(status)
    if isinstance(kept.get("cpuinfo"), dict):
        kept["cpuinfo"] = {key: value for key, value in kept["cpuinfo"].items() if key not in _CPU_DETAILS}
    return kept


def storage(row: Row, redactor: Redactor) -> Row:
    """A row of /storage."""
    return _redacted(_steady(row), redactor, _PLAIN_STORAGE)


def backup_job(row: Row, redactor: Redactor) -> Row:
    """A row of /cluster/backup."""
    return _redacted(_steady(row), redactor, _PLAIN_BACKUP)


def guest_config(config: Row, redactor: Redactor) -> Row:
    """The configuration of a guest."""
    special: dict[str, t.Callable[[t.Any], t.Any]] = {
        "args": lambda value: _qemu_arguments(str(value), redactor),
        "smbios1": lambda value: _uuid_only(str(value)),
        "env": lambda value: [_pair(word, redactor) for word in str(value).split("\0")],
        "lxc": lambda value: _raw_lines(value, redactor),
    }
    steady = {key: value for key, value in config.items() if key != "digest"}
    plain = {key: value for key, value in steady.items() if key not in special}
    out = _redacted(plain, redactor, _PLAIN_CONFIG)
    out.update((key, special[key](value)) for key, value in steady.items() if key in special)
    return out


def interfaces_of_agent(result: t.Any) -> list[Row] | None:
    """Name, MAC address and addresses of each card, from network-get-interfaces; None when it is no such list."""
    return _interfaces(result, ("hardware-address",))


def interfaces_of_container(data: t.Any) -> list[Row] | None:
    """The same from /nodes/{node}/lxc/{vmid}/interfaces, which had other names before Proxmox VE 9."""
    return _interfaces(data, ("hardware-address", "hwaddr"))


def _interfaces(data: t.Any, mac_keys: t.Sequence[str]) -> list[Row] | None:
    if not isinstance(data, list):
        return None
    out = []
    for card in data:
        if not isinstance(card, dict):
            return None
        mac = next((str(card[key]) for key in mac_keys if card.get(key)), None)
        listed = card.get("ip-addresses")
        found = (
            [str(entry.get("ip-address") or "") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        )
        found += [str(card.get(key) or "") for key in ("inet", "inet6")]
        addresses = {address.split("/", 1)[0].split("%", 1)[0] for address in found} - {""}
        out.append({"name": str(card.get("name") or ""), "mac": mac.upper() if mac else None, "addresses": sorted(addresses)})
    return sorted(out, key=lambda card: (card["name"], card["mac"] or ""))


def _steady(row: Row) -> Row:
    return {key: value for key, value in row.items() if not _CHANGING.fullmatch(key)}


def _redacted(row: Row, redactor: Redactor, plain: re.Pattern[str]) -> Row:
    kept = {key: value for key, value in row.items() if plain.fullmatch(key)}
    kept.update(redactor.mapping({key: value for key, value in row.items() if key not in kept}))
    return kept


def _qemu_arguments(line: str, redactor: Redactor) -> str:
    """Options of QEMU keep their names and lose their values: what stands there has no name that tells a secret."""
    try:
        words = shlex.split(line)
    except ValueError:
        return redactor.mask(line)
    return " ".join(word if re.fullmatch(r"--?[A-Za-z][\w-]*", word) else redactor.mask(word) for word in words)


def _uuid_only(smbios: str) -> str:
    """Serial numbers and the like carry cloud-init sources and vouchers; only the UUID identifies the guest."""
    return ",".join(part for part in smbios.split(",") if part.startswith("uuid="))


def _pair(word: str, redactor: Redactor) -> str:
    name, equals, value = word.partition("=")
    return f"{name}={redactor.named(name, value)}" if equals else redactor.text(word)


def _raw_lines(lines: t.Any, redactor: Redactor) -> t.Any:
    """Raw lines of a container's configuration come as pairs."""
    if not isinstance(lines, list):
        return redactor.tree(lines)
    return [
        [line[0], _pair(str(line[1]), redactor)] if isinstance(line, list) and len(line) == 2 else redactor.tree(line)
        for line in lines
    ]
