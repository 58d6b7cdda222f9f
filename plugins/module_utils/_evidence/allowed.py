# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The fixed list of reads, per source. To add an endpoint is to change a promise: keep each line a plain read.

Never here: Secrets, pod exec, attach, portforward and proxy, nodes/*/proxy, PVE scan, vncwebsocket, migrate, query-*,
agent/file-read and agent/exec-status, and the API of Argo CD.
"""

from __future__ import annotations

import typing as t

_PROXMOX = (
    ("POST", "/access/ticket"),  # a login with a password; tokens need none
    ("GET", "/version"),
    ("GET", "/access/permissions"),
    ("GET", "/cluster/status"),
    ("GET", "/cluster/resources"),
    ("GET", "/cluster/backup"),
    ("GET", "/cluster/backup-info/not-backed-up"),
    ("GET", "/nodes"),
    ("GET", "/nodes/{node}/status"),
    ("GET", "/nodes/{node}/version"),
    ("GET", "/nodes/{node}/qemu/{vmid}/config"),
    ("GET", "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces"),
    ("GET", "/nodes/{node}/lxc/{vmid}/config"),
    ("GET", "/nodes/{node}/lxc/{vmid}/interfaces"),
    ("GET", "/storage"),
)

_KUBERNETES_CORE = (
    "configmaps",
    "endpoints",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "services",
)

_KUBERNETES_GROUPS = (
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/replicasets",
    "/apis/apps/v1/statefulsets",
    "/apis/autopilot.k0sproject.io/v1beta2/controlnodes",
    "/apis/batch/v1/cronjobs",
    "/apis/batch/v1/jobs",
    "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/etcd.k0sproject.io/v1beta1/etcdmembers",
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/storage.k8s.io/v1/storageclasses",
)

_KUBERNETES = (
    ("GET", "/version"),
    ("GET", "/apis"),
    *(("GET", f"/api/v1/{plural}") for plural in _KUBERNETES_CORE),
    *(("GET", path) for path in _KUBERNETES_GROUPS),
)

ALLOWED: t.Mapping[str, t.Sequence[tuple[str, str]]] = {"proxmox": _PROXMOX, "kubernetes": _KUBERNETES}
