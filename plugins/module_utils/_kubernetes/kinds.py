# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The kinds that are read, one line each: under which noun, where, and what is kept of them."""

from __future__ import annotations

import dataclasses
import typing as t

from . import part_shapes, shapes
from .shapes import Shape

Object = dict[str, t.Any]

# ConfigMaps whose values are kept, redacted; of all others only the names of the keys are.
KEPT_CONFIGMAPS = frozenset(("argocd-cm", "argocd-cmd-params-cm", "argocd-notifications-cm", "coredns", "kube-proxy"))
# Noun of the objects that Applications list as out of sync, which are read one by one; see drifted.py.
DRIFTED = "drifted_objects"
_CONTROLLER_LEASE = "k0s-ctrl-"


@dataclasses.dataclass(frozen=True)
class Kind:
    """One list of the API.

    group: empty for the core group. prepare: turns an object into what its shape describes, or into None to leave it out.
    namespace: the only one that is read; None for all. builtin: False for kinds that a cluster may well not have.
    resource_name: as paths and roles call it, where the noun is another one. namespaced: whether its objects are in namespaces.
    """

    noun: str
    group: str
    version: str
    shape: Shape
    prepare: t.Callable[[Object], Object | None] | None = None
    namespace: str | None = None
    builtin: bool = True
    resource_name: str = ""
    namespaced: bool = True

    @property
    def plural(self) -> str:
        """The last part of its path."""
        return self.resource_name or self.noun

    @property
    def path(self) -> str:
        """Path of the list below the URL of the server."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{self.namespace}/{self.plural}" if self.namespace else f"{root}/{self.plural}"

    @property
    def resource(self) -> str:
        """As kubectl and role rules name it: "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _without_values(configmap: Object) -> Object:
    """Names of the keys for all, values for the few whose configuration the audit reads."""
    data = configmap.get("data") if isinstance(configmap.get("data"), dict) else {}
    binary = configmap.get("binaryData") if isinstance(configmap.get("binaryData"), dict) else {}
    kept = {"metadata": configmap["metadata"], "keys": sorted((*(data or {}), *(binary or {})))}
    return {**kept, "data": data} if configmap["metadata"]["name"] in KEPT_CONFIGMAPS else kept


def _only_of_controllers(lease: Object) -> Object | None:
    return lease if lease["metadata"]["name"].startswith(_CONTROLLER_LEASE) else None


def _optional(noun: str, version: str, shape: Shape, plural: str = "", *, namespaced: bool = True) -> Kind:
    """A kind of a part that not every cluster has. version: with its group."""
    group, number = version.split("/")
    return Kind(noun, group, number, shape, builtin=False, resource_name=plural, namespaced=namespaced)


_ARGOCD, _METALLB, _LONGHORN, _METRICS = (
    "argoproj.io/v1alpha1",
    "metallb.io/v1beta1",
    "longhorn.io/v1beta2",
    "metrics.k8s.io/v1beta1",
)

# The big ones first, so that they do not come last when several are read at a time.
KINDS: tuple[Kind, ...] = (
    Kind("pods", "", "v1", shapes.POD),
    Kind("events", "", "v1", part_shapes.EVENT),
    _optional("applications", _ARGOCD, part_shapes.APPLICATION),
    Kind("replicasets", "apps", "v1", shapes.BARE),
    Kind("configmaps", "", "v1", shapes.CONFIGMAP, prepare=_without_values),
    Kind("endpointslices", "discovery.k8s.io", "v1", shapes.ENDPOINT_SLICE),
    Kind("services", "", "v1", shapes.SERVICE),
    Kind("nodes", "", "v1", shapes.NODE, namespaced=False),
    Kind("namespaces", "", "v1", shapes.NAMESPACE, namespaced=False),
    Kind("deployments", "apps", "v1", shapes.DEPLOYMENT),
    Kind("statefulsets", "apps", "v1", shapes.STATEFUL_SET),
    Kind("daemonsets", "apps", "v1", shapes.DAEMON_SET),
    Kind("cronjobs", "batch", "v1", shapes.CRON_JOB),
    Kind("jobs", "batch", "v1", shapes.JOB),
    Kind("ingresses", "networking.k8s.io", "v1", shapes.INGRESS),
    Kind("persistentvolumeclaims", "", "v1", shapes.CLAIM),
    Kind("persistentvolumes", "", "v1", shapes.VOLUME, namespaced=False),
    Kind("storageclasses", "storage.k8s.io", "v1", shapes.STORAGE_CLASS, namespaced=False),
    Kind("leases", "coordination.k8s.io", "v1", shapes.LEASE, prepare=_only_of_controllers, namespace="kube-node-lease"),
    _optional("controlnodes", "autopilot.k0sproject.io/v1beta2", shapes.CONTROL_NODE, namespaced=False),
    _optional("etcdmembers", "etcd.k0sproject.io/v1beta1", shapes.ETCD_MEMBER, namespaced=False),
    _optional("appprojects", _ARGOCD, part_shapes.APP_PROJECT),
    _optional("applicationsets", _ARGOCD, part_shapes.APPLICATION_SET),
    _optional("ipaddresspools", _METALLB, part_shapes.IP_POOL),
    _optional("l2advertisements", _METALLB, part_shapes.L2_ADVERTISEMENT),
    _optional("bgpadvertisements", _METALLB, part_shapes.BGP_ADVERTISEMENT),
    _optional("longhorn_volumes", _LONGHORN, part_shapes.LONGHORN_VOLUME, "volumes"),
    _optional("longhorn_replicas", _LONGHORN, part_shapes.LONGHORN_REPLICA, "replicas"),
    _optional("longhorn_nodes", _LONGHORN, part_shapes.LONGHORN_NODE, "nodes"),
    _optional("longhorn_settings", _LONGHORN, part_shapes.LONGHORN_SETTING, "settings"),
    _optional("longhorn_backup_targets", _LONGHORN, part_shapes.LONGHORN_BACKUP_TARGET, "backuptargets"),
    _optional("longhorn_recurring_jobs", _LONGHORN, part_shapes.LONGHORN_RECURRING_JOB, "recurringjobs"),
    _optional("node_metrics", _METRICS, part_shapes.NODE_METRICS, "nodes", namespaced=False),
    _optional("pod_metrics", _METRICS, part_shapes.POD_METRICS, "pods"),
)


def wanted_kinds(nouns: t.Collection[str]) -> list[Kind]:
    """The kinds to list for some nouns: what has drifted is told by the Applications."""
    return [kind for kind in KINDS if kind.noun in nouns or (kind.noun == "applications" and DRIFTED in nouns)]
