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
    "events",
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
    "/apis/argoproj.io/v1alpha1/applications",
    "/apis/argoproj.io/v1alpha1/applicationsets",
    "/apis/argoproj.io/v1alpha1/appprojects",
    "/apis/autopilot.k0sproject.io/v1beta2/controlnodes",
    "/apis/batch/v1/cronjobs",
    "/apis/batch/v1/jobs",
    "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases",
    "/apis/discovery.k8s.io/v1/endpointslices",
    "/apis/etcd.k0sproject.io/v1beta1/etcdmembers",
    "/apis/longhorn.io/v1beta2/backuptargets",
    "/apis/longhorn.io/v1beta2/nodes",
    "/apis/longhorn.io/v1beta2/recurringjobs",
    "/apis/longhorn.io/v1beta2/replicas",
    "/apis/longhorn.io/v1beta2/settings",
    "/apis/longhorn.io/v1beta2/volumes",
    "/apis/metallb.io/v1beta1/bgpadvertisements",
    "/apis/metallb.io/v1beta1/ipaddresspools",
    "/apis/metallb.io/v1beta1/l2advertisements",
    "/apis/metrics.k8s.io/v1beta1/nodes",
    "/apis/metrics.k8s.io/v1beta1/pods",
    "/apis/networking.k8s.io/v1/ingresses",
    "/apis/storage.k8s.io/v1/storageclasses",
)

# Objects that an Application of Argo CD lists as out of sync, one by one; see _kubernetes/drifted.py. Never Secrets or ConfigMaps.
_KUBERNETES_OBJECTS = (
    "/api/v1/namespaces/{name}",
    "/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}",
    "/api/v1/namespaces/{namespace}/services/{name}",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{name}",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{name}",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}",
    "/apis/apiregistration.k8s.io/v1/apiservices/{name}",
    "/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}",
    "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
    "/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}",
    "/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications/{name}",
    "/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}",
    "/apis/batch/v1/namespaces/{namespace}/jobs/{name}",
    "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}",
    "/apis/storage.k8s.io/v1/storageclasses/{name}",
)

_KUBERNETES = (
    ("GET", "/version"),
    ("GET", "/apis"),
    *(("GET", f"/api/v1/{plural}") for plural in _KUBERNETES_CORE),
    *(("GET", path) for path in (*_KUBERNETES_GROUPS, *_KUBERNETES_OBJECTS)),
)

ALLOWED: t.Mapping[str, t.Sequence[tuple[str, str]]] = {"proxmox": _PROXMOX, "kubernetes": _KUBERNETES}
