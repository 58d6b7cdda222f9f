# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Proxmox clusters, hosts, guests and storages, from the evidence of one Proxmox source."""

from __future__ import annotations

import re
import typing as t

from .._evidence.folder import SourceEvidence
from .addresses import addresses_of, macs
from .draft import Draft, Entity, entity_id, known
from .units import pve_size_bytes

_DISK_KEY = re.compile(r"(?:scsi|virtio|sata|ide|mp)\d+|rootfs")


def add_proxmox(draft: Draft, source: SourceEvidence) -> None:
    """Add what one source knows; a noun that was not read leaves its collections and fields out."""
    nouns = source.nouns
    name = source.record.name
    resources = nouns.get("resources", [])
    if "resources" in nouns or "hosts" in nouns:
        _add_hosts(draft, name, nouns)
    if "guests" in nouns:
        draft.open("guests")
        rows = {row["vmid"]: row for row in resources if row.get("type") in ("qemu", "lxc") and "vmid" in row}
        for guest in nouns["guests"]:
            draft.add("guests", _guest(name, {**rows.get(guest["vmid"], {}), **guest}, nouns))
        _add_guest_sums(draft, name)
    if "storages" in nouns:
        _add_storages(draft, name, nouns["storages"], nouns.get("resources"))
    if "cluster_status" in nouns:
        draft.add("proxmox_clusters", _cluster(draft, name, nouns["cluster_status"]))


def _add_hosts(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    draft.open("hosts")
    rows = {row["node"]: row for row in nouns.get("resources", []) if row.get("type") == "node"}
    statuses = {row["node"]: row.get("status") or {} for row in nouns.get("hosts", [])}
    members = {row["name"]: row for row in nouns.get("cluster_status", []) if row.get("type") == "node"}
    for node in sorted({*rows, *statuses, *members}):
        row, status, member = rows.get(node, {}), statuses.get(node, {}), members.get(node, {})
        memory = status.get("memory") or {}
        draft.add(
            "hosts",
            {
                "id": entity_id("host", cluster, "", node),
                "name": node,
                "cluster": cluster,
                **known(
                    online=_online(row, member),
                    address=member.get("ip"),
                    version=_manager_version(status.get("pveversion")),
                    kernel=_kernel(status),
                    cpu_count=(status.get("cpuinfo") or {}).get("cpus", row.get("maxcpu")),
                    memory_bytes=memory.get("total", row.get("maxmem")),
                    memory_used_bytes=memory.get("used", row.get("mem")),
                ),
            },
        )


def _online(row: Entity, member: Entity) -> bool | None:
    if "online" in member:
        return bool(member["online"])
    return row["status"] == "online" if row.get("status") in ("online", "offline") else None


def _manager_version(text: str | None) -> str | None:
    """pve-manager/9.1.4/abcdef to 9.1.4."""
    parts = (text or "").split("/")
    return parts[1] if len(parts) > 1 else None


def _kernel(status: Entity) -> str | None:
    release = (status.get("current-kernel") or {}).get("release")
    if release:
        return str(release)
    words = str(status.get("kversion") or "").split()
    return words[1] if len(words) > 1 else None


def _guest(cluster: str, row: Entity, nouns: t.Mapping[str, list[Entity]]) -> Entity:
    kind, vmid = row["type"], row["vmid"]
    guest = {
        "id": entity_id("guest", cluster, "", str(vmid)),
        "name": row.get("name") or f"{'CT' if kind == 'lxc' else 'VM'} {vmid}",
        "cluster": cluster,
        "vmid": vmid,
        "kind": kind,
        "host": row["node"],
        "host_id": entity_id("host", cluster, "", row["node"]),
        "state": row.get("status") or "unknown",
        **known(
            template=bool(row["template"]) if "template" in row else None,
            cpu_count=row.get("maxcpu"),
            memory_bytes=row.get("maxmem"),
            memory_used_bytes=row.get("mem") if row.get("status") == "running" else None,
            cpu_used_ratio=row.get("cpu") if row.get("status") == "running" else None,
            tags=_tags(row["tags"]) if "tags" in row else None,
        ),
    }
    config = row.get("config")
    if config is not None:
        guest.update(_configured(kind, config))
        guest["addresses"] = sorted({told.address for told in addresses_of(config, row.get("interfaces"))})
    if guest.get("agent_enabled") and row.get("agent") in ("answers", "silent"):
        guest["agent_answers"] = row["agent"] == "answers"
    if "not_backed_up" in nouns:
        guest["backed_up"] = vmid not in {left_out["vmid"] for left_out in nouns["not_backed_up"]}
    return guest


def _configured(kind: str, config: Entity) -> Entity:
    disks = [disk for key, value in sorted(config.items()) if _DISK_KEY.fullmatch(key) and (disk := _disk(key, str(value)))]
    fields: Entity = {
        "template": bool(int(config.get("template") or 0)),
        "tags": _tags(config.get("tags")),
        "onboot": bool(int(config.get("onboot") or 0)),
        "disks": disks,
        "disk_bytes": sum(disk["bytes"] or 0 for disk in disks),
        "macs": sorted(macs(config)),
        "uuid": _uuid(config.get("smbios1")),
    }
    if kind == "qemu":
        fields["agent_enabled"] = _agent_enabled(config.get("agent"))
        if "memory" in config:
            # "memory" counts in MiB; newer versions write it as a property string.
            fields["memory_bytes"] = int(str(config["memory"]).split(",", maxsplit=1)[0].replace("current=", "")) * 1024**2
    return fields


def _disk(device: str, value: str) -> Entity | None:
    volume, *options = value.split(",")
    named = dict(option.split("=", 1) for option in options if "=" in option)
    volume = volume[5:] if volume.startswith("file=") else volume
    if named.get("media") == "cdrom" or "cloudinit" in volume or volume in ("none", "cdrom"):
        return None
    storage = volume.split(":", 1)[0] if ":" in volume and not volume.startswith("/") else None
    return {"device": device, "storage": storage, "bytes": pve_size_bytes(named["size"]) if "size" in named else None}


def _uuid(smbios: str | None) -> str | None:
    match = re.search(r"uuid=([0-9A-Fa-f-]{36})", smbios or "")
    return match[1].lower() if match else None


def _agent_enabled(value: t.Any) -> bool:
    first = str(value or "0").split(",", maxsplit=1)[0]
    return first.replace("enabled=", "") in ("1", "yes", "on", "true")


def _tags(value: t.Any) -> list[str]:
    return sorted(tag for tag in re.split(r"[;,\s]+", str(value or "")) if tag)


def _add_guest_sums(draft: Draft, cluster: str) -> None:
    guests = draft.in_cluster("guests", cluster)
    for host in draft.in_cluster("hosts", cluster):
        mine = [guest for guest in guests if guest["host_id"] == host["id"]]
        host["guests"] = [guest["id"] for guest in mine]
        counted = [guest for guest in mine if not guest.get("template") and (guest["state"] == "running" or guest.get("onboot"))]
        if all("memory_bytes" in guest for guest in counted) and all(
            "onboot" in guest for guest in mine if not guest.get("template")
        ):
            host["guest_memory_bytes"] = sum(guest["memory_bytes"] for guest in counted)


def _add_storages(draft: Draft, cluster: str, storages: list[Entity], resources: list[Entity] | None) -> None:
    draft.open("host_storages")
    for storage in storages:
        rows = [row for row in resources or [] if row.get("type") == "storage" and row.get("storage") == storage["storage"]]
        shared = bool(int(storage.get("shared") or 0)) or any(row.get("shared") for row in rows)
        base = {
            "name": storage["storage"],
            "cluster": cluster,
            "type": storage["type"],
            "shared": shared,
            "content": sorted(part for part in str(storage.get("content") or "").split(",") if part),
        }
        # A local storage of one name is a different disk on every host.
        for hosts in [rows] if shared or not rows else [[row] for row in rows]:
            namespace = "" if shared or not hosts else hosts[0]["node"]
            draft.add(
                "host_storages",
                {"id": entity_id("host_storage", cluster, namespace, storage["storage"]), **base, **_storage_use(hosts, resources)},
            )


def _storage_use(rows: list[Entity], resources: list[Entity] | None) -> Entity:
    if resources is None:
        return {}
    sized = [row for row in rows if row.get("maxdisk")]
    return {
        "hosts": sorted({row["node"] for row in rows}),
        "available": bool(rows) and all(row.get("status") == "available" for row in rows),
        **({"capacity_bytes": sized[0]["maxdisk"]} if sized else {}),
        **({"used_bytes": sized[0]["disk"]} if sized and "disk" in sized[0] else {}),
    }


def _cluster(draft: Draft, name: str, rows: list[Entity]) -> Entity:
    members = [row for row in rows if row.get("type") == "node"]
    cluster = next((row for row in rows if row.get("type") == "cluster"), None)
    hosts = draft.in_cluster("hosts", name)
    # A value that one host does not tell would make "all equal" a guess.
    told = {field: [host[field] for host in hosts if field in host] for field in ("version", "kernel")}
    return {
        "id": entity_id("proxmox_cluster", name, "", name),
        "name": cluster["name"] if cluster else members[0]["name"] if members else name,
        "cluster": name,
        "host_count": len(members),
        "hosts_online_count": sum(bool(row.get("online")) for row in members),
        "vote_count": len(members),
        "standalone": cluster is None,
        **known(quorate=bool(cluster["quorate"]) if cluster and "quorate" in cluster else None),
        **known(versions=sorted(set(told["version"])) if len(told["version"]) == len(hosts) else None),
        **known(kernels=sorted(set(told["kernel"])) if len(told["kernel"]) == len(hosts) else None),
    }
