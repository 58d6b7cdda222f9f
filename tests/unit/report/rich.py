# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the small lab has beside machines and services: GitOps, pools, Longhorn, figures, and what a repository tells."""

from __future__ import annotations

import typing as t

Item = dict[str, t.Any]
GIB = 1024**3
MIB = 1024**2
PATCH = "spec:\n  ignoreDifferences:\n    - kind: CustomResourceDefinition\n      jsonPointers: [/spec/preserveUnknownFields]"

CLUSTER: Item = {
    "parts": ["argocd", "longhorn", "metallb", "metrics"],
    "pod_count": 40,
    "argocd_version": "v3.0.1",
    "longhorn_version": "v1.7.2",
    "metallb_version": "v0.14.8",
    "longhorn_settings": {"backup-target": "", "default-replica-count": "2"},
    "backup_target": None,
    "event_count": 60,
    "warning_event_count": 3,
    "argocd_event_count": 48,
    "event_window_seconds": 3540,
}
NODE: Item = {"cpu_used_cores": 0.12, "memory_used_bytes": int(5.67 * GIB), "pod_count": 30, "zone": "house"}
WORKLOAD: Item = {
    "cpu_used_cores": 0.05,
    "memory_used_bytes": 441 * MIB,
    "memory_used_max_bytes": 284 * MIB,
    "memory_request_bytes": None,
    "memory_limit_bytes": 512 * MIB,
    "strategy": "Recreate",
    "config_maps": ["settings"],
}
SERVICE: Item = {
    "applications": ["application/lab/argocd/player"],
    "cpu_used_cores": 0.05,
    "memory_used_bytes": 441 * MIB,
    "replicas_wanted_count": 1,
    "replicas_ready_count": 1,
}
KUBE_SERVICE: Item = {"requested_address": None, "external_traffic_policy": None, "pool_id": None, "external_name": None}


def application(name: str, **fields: t.Any) -> Item:
    """An Application that is in step and reads one folder."""
    return {
        "id": f"application/lab/argocd/{name}",
        "name": name,
        "cluster": "lab",
        "namespace": "argocd",
        "project": "default",
        "sources": [
            {"repo_url": "https://git.example.org/homelab.git", "path": f"apps/{name}", "chart": None, "target_revision": "main"}
        ],
        "source_kinds": ["Directory"],
        "destination_namespace": "media",
        "destination_server": "https://kubernetes.default.svc",
        "automated": True,
        "self_heal": True,
        "prune": False,
        "sync_options": ["CreateNamespace=true"],
        "sync_status": "Synced",
        "health_status": "Healthy",
        "revision": "abc",
        "resource_count": 4,
        "out_of_sync": [],
        "children": [],
        "parent_id": "application/lab/argocd/root",
        "workloads": ["deployment/lab/media/player", "deployment/lab/kube-system/coredns"],
        "images": [],
        "external_urls": [],
        "conditions": [],
        "last_sync": None,
        "churn": churn(),
        "loop": False,
        "drift": [],
        "declared_in": f"root/{name}.yaml",
        **fields,
    }


def churn(**fields: t.Any) -> Item:
    """Nothing happened within an hour."""
    return {
        **{"window_seconds": 3540, "started_count": 0, "completed_count": 0, "partial_count": 0, "failed_count": 0},
        **{"revision_count": 0, "flap_count": 0, "median_gap_seconds": None, "syncs_per_hour": 0.0, **fields},
    }


def difference(name: str, path: str, cause: str, **fields: t.Any) -> Item:
    """One difference of a CustomResourceDefinition."""
    base = {"kind": "CustomResourceDefinition", "namespace": "", "name": name, "path": path, "cause": cause}
    return {**base, "owner": None, "applied": "false", "live": None, **fields}


def blocks_application() -> Item:
    """A Helm chart whose objects drift, which Argo CD syncs again and again."""
    return application(
        "blocks",
        sources=[{"repo_url": "https://charts.example.org", "path": None, "chart": "blocks", "target_revision": "1.7.2"}],
        source_kinds=["Helm"],
        sync_status="OutOfSync",
        out_of_sync=[
            {
                "group": "apiextensions.k8s.io",
                "kind": "CustomResourceDefinition",
                "namespace": "",
                "name": name,
                "requires_pruning": False,
            }
            for name in ("peers.example.org", "volumes.example.org")
        ],
        drift=[
            difference("peers.example.org", "/spec/caBundle", "overwritten", owner="rotator", applied='"LS0"', live='"MII"'),
            difference("volumes.example.org", "/spec/preserveUnknownFields", "dropped"),
        ],
        churn=churn(
            started_count=12, completed_count=12, partial_count=12, revision_count=1, median_gap_seconds=302, syncs_per_hour=12.2
        ),
        loop=True,
        conditions=[{"type": "SyncError", "message": "one object failed"}],
        last_sync={
            **{"phase": "Succeeded", "message": "done", "started": "2026-03-01T17:58:00Z", "finished": "2026-03-01T17:58:02Z"},
            **{"automated": True, "partial": True, "heal_attempts": 6},
        },
    )


def gitops_lab() -> Item:
    """A root that manages two applications, one of which drifts."""
    children = ["application/lab/argocd/blocks", "application/lab/argocd/player"]
    root = application("root", children=children, parent_id=None, destination_namespace="argocd", workloads=[])
    return {"applications": [blocks_application(), application("player"), root]}


def network_lab() -> Item:
    """A pool of three addresses, and Services that have two of them."""
    return {
        "ip_pools": [
            {
                **{"id": "ip_pool/lab/metallb-system/home", "name": "home", "cluster": "lab", "namespace": "metallb-system"},
                **{"ranges": ["192.0.2.50-192.0.2.52"], "auto_assign": True, "address_count": 3, "used_count": 2, "free_count": 1},
                **{"used": ["192.0.2.50", "192.0.2.51"], "advertised_by": ["L2Advertisement default"]},
            }
        ],
    }


def kube_service(name: str, address: str, *ports: tuple[int, str, str]) -> Item:
    """A Service of type LoadBalancer. ports: port, target, protocol."""
    return {
        **{"id": f"kube_service/lab/media/{name}", "name": name, "cluster": "lab", "namespace": "media", "platform": False},
        **{"type": "LoadBalancer", "addresses": [address], "selects": True, "ready_endpoint_count": 1, "routed": False},
        "ports": [
            {"name": f"p{number}", "port": number, "target_port": target, "protocol": protocol}
            for number, target, protocol in ports
        ],
        **{"workloads": [], **KUBE_SERVICE, "requested_address": address, "external_traffic_policy": "Cluster"},
        "pool_id": "ip_pool/lab/metallb-system/home",
    }


def storage_lab() -> Item:
    """Two classes, one of Longhorn and one of an NFS server, with replicas and disks of the first."""
    common = {
        "cluster": "lab",
        "parameters": {},
        "binding_mode": "Immediate",
        "expandable": True,
        "mount_options": [],
        "claim_count": 1,
    }
    return {
        "storage_classes": [
            {
                **{"id": "storage_class/lab//longhorn", "name": "longhorn", "provisioner": "driver.longhorn.io", "default": True},
                **{"reclaim_policy": "Delete", "server": None, "export": None, "replica_wanted_count": 2, **common},
            },
            {
                **{"id": "storage_class/lab//nas-nfs", "name": "nas-nfs", "provisioner": "nfs.csi.k8s.io", "default": False},
                **{
                    "reclaim_policy": "Retain",
                    "server": "192.0.2.100",
                    "export": "/pool/media",
                    "replica_wanted_count": None,
                    **common,
                },
            },
        ],
        "replicas": [
            {
                **{"id": "replica/lab/longhorn-system/r1", "name": "r1", "cluster": "lab", "volume_id": "volume/lab//pv-1"},
                **{"node_id": "node/lab//worker-1", "healthy": True, "disk_path": "/var/lib/longhorn/"},
                **{"host_id": "host/home//pve1", "guest_id": "guest/home//111"},
            }
        ],
        "storage_disks": [
            {
                **{"id": "storage_disk/lab/worker-1/disk-1", "name": "disk-1", "cluster": "lab", "node_id": "node/lab//worker-1"},
                **{"path": "/var/lib/longhorn/", "schedulable": True, "capacity_bytes": 40 * GIB, "available_bytes": 20 * GIB},
                **{"scheduled_bytes": 10 * GIB, "reserved_bytes": 12 * GIB},
            }
        ],
    }


LONGHORN_VOLUME: Item = {
    **{"access_modes": ["ReadWriteOnce"], "replica_wanted_count": 2, "replica_healthy_count": 1, "robustness": "degraded"},
    **{"attachment": "attached", "actual_bytes": 2 * GIB, "backed_up_by": [], "mount_options": []},
}


def declared_lab() -> Item:
    """What a repository tells beside its k0sctl file: a machine in a document, guests of Terraform, routes, folders."""
    here = {"repository": "homelab"}
    return {
        "repository_files": [
            {
                **{"id": "file//homelab/apps/x.yaml.yaml", "path": "apps/x.yaml.yaml", **here, "double_extension": True},
                **{"kinds": ["Deployment"], "manifest_count": 1, "read_by": ["application/lab/argocd/player"]},
            }
        ],
        "repository_folders": [
            {
                **{"id": "repository_folder//homelab/old", "path": "old", **here, "manifest_count": 2, "read_by": []},
                "route_hosts": ["old.example.org"],
            }
        ],
        "declared_applications": [
            {
                **{
                    "id": "declared_application//homelab/argocd/root",
                    "name": "root",
                    "namespace": "argocd",
                    "path": "root.yaml",
                    **here,
                },
                **{"destination_namespace": "argocd", "sources": [], "application_id": "application/lab/argocd/root"},
                "child_namespaces": ["media"],
            },
            {
                **{
                    "id": "declared_application//homelab/argocd/gone",
                    "name": "gone",
                    "namespace": "argocd",
                    "path": "gone.yaml",
                    **here,
                },
                **{"destination_namespace": "media", "sources": [], "application_id": None, "child_namespaces": []},
            },
        ],
        "declared_routes": [
            {
                **{"id": "declared_route//homelab/old/i.yaml:old.example.org/", "host": "old.example.org", "route_path": "/"},
                **{"path": "old/i.yaml", **here, "live": False, "read_by": []},
            }
        ],
        "declared_guests": [
            {
                **{"id": "declared_guest//homelab/vm.worker[0]", "name": "worker-1", "vmid": 111, "host": "pve1", "cpu_count": 4},
                **{"memory_bytes": 8 * GIB, "disk_bytes": 40 * GIB, "path": "terraform/main.tf", "line": 12, **here},
                **{"unresolved": ["ip"], "guest_id": "guest/home//111", "present": True},
                "differences": [{"field": "memory_bytes", "declared": 8 * GIB, "live": 10 * GIB}],
            }
        ],
        "documented_machines": [
            {
                **{"id": "documented_machine//homelab/README.md:pi", "name": "pi", "address": "192.0.2.9", "role": "worker"},
                **{"path": "README.md", "line": 7, **here, "present": False},
            }
        ],
    }


REPOSITORY: Item = {
    **{"route_hosts_only_here": ["old.example.org"], "route_hosts_only_live": [], "k0sctl_paths": ["k0sctl.yaml"]},
    "k0s_versions": ["v1.30.2+k0s.0"],
}
