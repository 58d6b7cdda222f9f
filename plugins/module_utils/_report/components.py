# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Section 4: namespaces, and what the cluster itself is made of, grouped by component."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .lab import Lab, Object, Section, pick
from .structure import workload_rows


@dataclasses.dataclass(frozen=True)
class _Component:
    """Software that clusters are commonly built of, known by its images, else by the names of its workloads or its namespace."""

    name: str
    about: str
    images: str
    names: str = ""
    namespaces: str = ""


_COMPONENTS = (
    _Component("Argo CD", "keeps the cluster in step with Git", r"(^|/)argocd(:|@|$)|argoproj/argo", "argocd-.*", "argocd|argo-cd"),
    _Component("Flux", "keeps the cluster in step with Git", r"fluxcd/|/source-controller:", "", "flux-system"),
    _Component("Ingress NGINX", "leads host names to Services", r"ingress-nginx/", "ingress-nginx-.*", "ingress-nginx"),
    _Component("Traefik", "leads host names to Services", r"(^|/)traefik(:|@|$)", "traefik.*", "traefik"),
    _Component("HAProxy Ingress", "leads host names to Services", r"haproxy", "haproxy-.*", "haproxy-controller"),
    _Component("Contour", "leads host names to Services", r"projectcontour/", "", "projectcontour"),
    _Component("Istio", "service mesh", r"(^|/)istio/", "istio.*", "istio-system"),
    _Component("MetalLB", "gives addresses to Services", r"metallb/", "metallb-.*", "metallb-system|metallb"),
    _Component("kube-vip", "gives addresses to Services", r"kube-vip", "kube-vip.*"),
    _Component("Longhorn", "replicated block storage", r"longhornio/", "longhorn-.*", "longhorn-system|longhorn"),
    _Component("Rook Ceph", "replicated storage", r"rook/ceph|ceph/ceph", "rook-ceph-.*", "rook-ceph"),
    _Component("OpenEBS", "block storage", r"openebs/", "openebs-.*", "openebs"),
    _Component("NFS CSI driver", "mounts NFS shares", r"nfsplugin|csi-driver-nfs|nfs-subdir", "csi-nfs-.*"),
    _Component("SMB CSI driver", "mounts SMB shares", r"smbplugin|csi-driver-smb", "csi-smb-.*"),
    _Component("Local path provisioner", "local folders as volumes", r"local-path-provisioner"),
    _Component(
        "Monitoring",
        "measures and alerts",
        r"prometheus|alertmanager|grafana/|kube-state-metrics|node-exporter|victoria-?metrics|thanos",
        "(kube-)?prometheus-.*|alertmanager.*|grafana.*|loki.*|promtail.*",
    ),
    _Component("metrics-server", "current usage of nodes and pods", r"metrics-server"),
    _Component("cert-manager", "certificates", r"cert-manager", "cert-manager.*", "cert-manager"),
    _Component("Sealed Secrets", "encrypted secrets in Git", r"sealed-secrets"),
    _Component("External Secrets", "secrets from another store", r"external-secrets", "external-secrets.*", "external-secrets"),
    _Component("ExternalDNS", "writes DNS records", r"external-dns"),
    _Component("Velero", "backups", r"velero/", "velero.*", "velero"),
    _Component("Azure Arc agents", "management from outside", r"azurearck8s|azurearc", "", "azure-arc.*"),
    _Component("Rancher agent", "management from outside", r"rancher/rancher-agent", "cattle-.*", "cattle-.*"),
    _Component("Google Cloud agent", "management from outside", r"gkeconnect|gke-connect", "gke-connect.*", "gke-connect"),
    _Component("Amazon EKS Connector", "management from outside", r"eks-connector", "eks-connector.*", "eks-connector"),
    _Component("Portainer agent", "management from outside", r"portainer/agent", "portainer-agent.*"),
    _Component("Calico", "network of the pods", r"calico", "calico-.*", "calico-.*|tigera-operator"),
    _Component("Cilium", "network of the pods", r"cilium", "cilium.*", "cilium.*"),
    _Component("Flannel", "network of the pods", r"flannel"),
    _Component("kube-router", "network of the pods", r"kube-router"),
    _Component("kube-proxy", "leads Service addresses to pods", r"kube-proxy"),
    _Component("CoreDNS", "names inside the cluster", r"coredns", "coredns|kube-dns"),
    _Component("Konnectivity", "way from the API server to the nodes", r"apiserver-network-proxy|konnectivity", "konnectivity-.*"),
)
_IMAGES = tuple((component, re.compile(component.images)) for component in _COMPONENTS)


def namespaces(lab: Lab) -> Section:
    """Section 4."""
    rows = []
    members: dict[tuple[str, _Component], list[tuple[Object, str]]] = {}
    for workload in lab.rows("workloads"):
        component, image = _recognised(workload)
        if component:
            members.setdefault((workload["cluster"], component), []).append((workload, image))
        if component or workload.get("platform"):
            rows.append({**workload_rows([workload])[0], "component": component.name if component else None})
    # What belongs to a component first, by component; the rest after it.
    rows.sort(key=lambda row: (row["cluster"], row["component"] is None, row["component"] or "", row["namespace"], row["name"]))
    spaces = [
        pick(row, "id", "name", "cluster", "platform", "workload_count", "kube_service_count") for row in lab.rows("namespaces")
    ]
    components = [_row(*key, found=members[key]) for key in sorted(members, key=lambda key: (key[0], key[1].name))]
    return Section(
        {
            "namespaces": lab.part("namespaces", "namespaces", spaces),
            "components": lab.part("workloads", "known components", components),
            "platform_workloads": lab.part("workloads", "platform workloads", rows),
        }
    )


def _recognised(workload: Object) -> tuple[_Component | None, str]:
    """The component of a workload and the image that tells its version: by image, else by name, else by namespace."""
    for component, images in _IMAGES:
        for image in workload.get("images", ()):
            if images.search(image):
                return component, image
    names = {workload["name"], *workload.get("labels", {}).values()}
    for component in _COMPONENTS:
        if component.names and any(re.fullmatch(component.names, name) for name in names):
            return component, ""
    for component in _COMPONENTS:
        if component.namespaces and re.fullmatch(component.namespaces, workload["namespace"]):
            return component, ""
    return None, ""


def _row(cluster: str, component: _Component, *, found: t.Sequence[tuple[Object, str]]) -> dict[str, t.Any]:
    """A component with its workloads added up. ready_count is absent when the readiness of one was not read."""
    workloads = [workload for workload, image in found]
    known = all("replicas_wanted_count" in workload and "replicas_ready_count" in workload for workload in workloads)
    ready = {"ready_count": sum(map(_ready, workloads))} if known else {}
    return {
        "name": component.name,
        "about": component.about,
        "cluster": cluster,
        "namespaces": sorted({workload["namespace"] for workload in workloads}),
        **({"versions": _versions(image for workload, image in found)} if all("images" in one for one in workloads) else {}),
        "workload_count": len(workloads),
        **ready,
    }


def _ready(workload: Object) -> bool:
    wanted = workload["replicas_wanted_count"]
    return wanted is None or (workload["replicas_ready_count"] or 0) >= wanted


def _versions(images: t.Iterable[str]) -> list[str]:
    """Tags with the image that has them: "controller v1.14.1"; of several, how many have it: "v1.7.2 (4 images)"."""
    by_tag: dict[str, set[str]] = {}
    for image in images:
        name, separator, tag = image.rsplit("/", 1)[-1].partition("@")[0].partition(":")
        if separator:
            by_tag.setdefault(tag, set()).add(name)
    return sorted(f"{tag} ({len(names)} images)" if len(names) > 1 else f"{min(names)} {tag}" for tag, names in by_tag.items())
