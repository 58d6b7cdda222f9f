# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to the model names every field, and only fields that exist."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from unit.model.builders import Item, application, event, kubernetes, lab, node, proxmox, qemu, repository, source, workload

GUIDE = Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "model.rst"


def documented() -> dict[str, set[str]]:
    """Section title to the fields of its table."""
    found: dict[str, set[str]] = {}
    title, lines = "", GUIDE.read_text(encoding="utf-8").split("\n")
    for before, line in zip(lines, lines[1:], strict=False):
        if line and set(line) == {"-"}:
            title = before
        if title and re.match(r"   [a-z0-9_]+, ", line):
            (row,) = csv.reader([line.strip()], skipinitialspace=True)
            assert len(row) == 3, line
            found.setdefault(title, set()).add(row[0])
    return found


def longhorn() -> dict[str, list[Item]]:
    """One volume with one replica."""
    named = {"metadata": {"name": "v", "namespace": "longhorn-system"}}
    volume = {"spec": {"numberOfReplicas": 1}, "status": {"robustness": "healthy", "state": "attached", "actualSize": 1}}
    sizes = {"storageMaximum": 3, "storageAvailable": 2, "storageScheduled": 1}
    disks = {"spec": {"disks": {"d": {"storageReserved": 1}}}, "status": {"diskStatus": {"d": sizes}}}
    return {
        "longhorn_volumes": [{**named, **volume}],
        "longhorn_replicas": [{**named, "spec": {"volumeName": "v", "nodeID": "w1"}}],
        "longhorn_nodes": [{"metadata": {"name": "w1", "namespace": "longhorn-system"}, **disks}],
    }


def terraform_guest() -> Item:
    """A guest that says everything."""
    sizes = {"cpu_count": 2, "memory_bytes": 1, "disk_bytes": 1}
    return {"path": "main.tf", "line": 1, "address": "vm.w1", "type": "vm", "name": "w1", "vmid": 1, "host": "pve1", **sizes}


def everything() -> Item:
    """A lab in which every collection has an object with every field."""
    status = {
        "pveversion": "pve-manager/9.1.4/abc",
        "kversion": "Linux 6.17.2-1-pve #1",
        "cpuinfo": {"cpus": 8},
        "memory": {"total": 1, "used": 1},
    }
    members = [{"type": "cluster", "name": "c", "quorate": 1}, {"type": "node", "name": "pve1", "online": 1, "ip": "192.0.2.11"}]
    storage_row = {"type": "storage", "storage": "local", "node": "pve1", "status": "available", "maxdisk": 1, "disk": 1}
    host_row = {"type": "node", "node": "pve1", "status": "online"}
    volume = {
        "metadata": {"name": "v"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "persistentVolumeReclaimPolicy": "Retain",
            "csi": {"driver": "driver.longhorn.io", "volumeHandle": "v"},
        },
        "status": {"phase": "Bound"},
    }
    claim = {
        "metadata": {"name": "c", "namespace": "default"},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}, "volumeName": "v"},
        "status": {"phase": "Bound"},
    }
    full_node = node("w1")
    full_node["status"]["nodeInfo"].update(kernelVersion="6.1", osImage="Debian", containerRuntimeVersion="containerd://2")
    ingress = {"metadata": {"name": "i", "namespace": "default"}, "spec": {"defaultBackend": {"service": {"name": "web"}}}}
    request = {"source": "proxmox", "name": "home", "identity": None, "verb": "GET", "endpoint": "/version", "status": 200}
    return lab(
        proxmox(
            qemu(1, "w1", mem=1, cpu=0.5, interfaces=[], agent="answers", config={"agent": "1", "smbios1": "uuid=0"}),
            permissions=[{"/": {"VM.Audit": 1}}],
            resources=[host_row, storage_row],
            hosts=[{"node": "pve1", "status": status}],
            cluster_status=members,
            storages=[{"storage": "local", "type": "dir", "content": "iso"}],
            not_backed_up=[],
        ),
        kubernetes(
            nodes=[full_node],
            namespaces=[{"metadata": {"name": "default"}}],
            deployments=[workload("app")],
            services=[{"metadata": {"name": "web", "namespace": "default"}, "spec": {"selector": {"app": "app"}}}],
            ingresses=[ingress],
            persistentvolumes=[volume],
            persistentvolumeclaims=[claim],
            storageclasses=[{"metadata": {"name": "s"}, "provisioner": "p"}],
            controlnodes=[{"metadata": {"name": "c1"}}],
            leases=[{"metadata": {"name": "k0s-ctrl-c1"}, "spec": {"renewTime": "2026-02-27T18:00:00.000000Z"}}],
            applications=[application("app", operationState={"phase": "Running"})],
            events=[event("Sync operation to a1 succeeded", "2026-01-02T02:00:00Z")],
            ipaddresspools=[{"metadata": {"name": "p", "namespace": "metallb"}, "spec": {"addresses": ["192.0.2.1/32"]}}],
            node_metrics=[{"metadata": {"name": "w1"}, "usage": {"cpu": "1", "memory": "1Gi"}}],
            pod_metrics=[{"metadata": {"name": "p", "namespace": "default"}}],
            **longhorn(),
        ),
        source("k0s", "w1", {"status": [{"Role": "worker", "Version": "v1.30.2+k0s.0", "Args": ["k0s", "worker"]}]}),
        source(
            "k0s",
            "c1",
            {
                "config": [{"spec": {}}],
                "status": [{"Role": "controller", "Version": "v1.30.2+k0s.0", "Workloads": False, "Args": ["k0s", "controller"]}],
                "certificates": [{"path": "ca.crt", "not_after": "2030-01-01T00:00:00Z"}],
            },
        ),
        repository(
            "a.yaml",
            manifests=[{"path": "a.yaml", "index": 0, "apiVersion": "v1", "kind": "Service", "namespace": None, "name": "a"}],
            k0sctl_hosts=[{"path": "k0sctl.yaml", "role": "worker", "address": "192.0.2.21", "hostname": None}],
            declared_applications=[{"path": "a.yaml", "namespace": None, "name": "app", "sources": []}],
            declared_routes=[{"path": "a.yaml", "namespace": None, "name": "a", "host": "a.test", "route_path": "/"}],
            terraform_guests=[terraform_guest()],
            documented_machines=[{"path": "README.md", "line": 1, "name": "w1", "address": None, "role": None}],
        ),
        requests=[{**request, "bytes": 1, "seconds": 0.1, "allowed": True}],
    )


def test_every_field_is_in_the_guide_and_every_field_of_the_guide_exists() -> None:
    guide, model = documented(), everything()
    top = guide.pop("Top level")
    assert top | set(guide) == set(model) | {"sources", "edges", "requests"}
    for collection, fields in guide.items():
        found = {field for entity in model[collection] for field in entity}
        assert found == fields, collection


def test_collections_are_sorted_by_id() -> None:
    for name, entities in everything().items():
        if isinstance(entities, list) and entities and "id" in entities[0]:
            assert [entity["id"] for entity in entities] == sorted(entity["id"] for entity in entities), name
