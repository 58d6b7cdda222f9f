# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Workloads of one Kubernetes source: folded from their pods up to what a person declared."""

from __future__ import annotations

import re
import typing as t

from .._evidence.folder import SourceEvidence
from .cluster import platform_namespace
from .draft import Draft, Entity, entity_id, known

KINDS = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "cronjobs": "CronJob",
    "jobs": "Job",
    "pods": "Pod",
}
_MOVING_TAGS = frozenset(("latest", "main", "master", "nightly", "edge", "dev", "stable"))
_KEPT_LABELS = "app.kubernetes.io/"


def add_workloads(draft: Draft, source: SourceEvidence) -> None:
    """Add the workloads of one source, and on which nodes their pods run when the pods were read."""
    nouns, cluster = source.nouns, source.record.name
    for noun, kind in KINDS.items():
        if noun in nouns:
            draft.open("workloads")
            for item in nouns[noun]:
                if not (kind in ("Job", "Pod") and _owners(item)):
                    draft.add("workloads", _workload(cluster, kind, item))
    _place(draft, cluster, nouns)
    _name_claims_of_templates(draft, cluster, nouns)


def workload_id(cluster: str, kind: str, namespace: str, name: str) -> str:
    """Id of a workload; its kind stands first, in lower case."""
    return entity_id(kind.lower(), cluster, namespace, name)


def pod_template(item: Entity) -> Entity:
    """Metadata and spec of the pods of a workload: the pod itself, its template, or the template of its jobs."""
    spec = item.get("spec") or {}
    if "jobTemplate" in spec:
        spec = (spec["jobTemplate"].get("spec")) or {}
    template = spec.get("template", item)
    return {"metadata": template.get("metadata") or {}, "spec": template.get("spec") or {}}


def mutable_image(image: str) -> bool:
    """Whether the next pull of an image may give another one: no digest, and no tag or one that moves."""
    if "@" in image:
        return False
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return not tag or tag.split("-", 1)[0].lower() in _MOVING_TAGS


def _owners(item: Entity) -> list[Entity]:
    return item["metadata"].get("ownerReferences") or []


def _workload(cluster: str, kind: str, item: Entity) -> Entity:
    metadata = item["metadata"]
    namespace = metadata["namespace"]
    template = pod_template(item)
    spec = template["spec"]
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
    containers = [_container(container, cluster, namespace, volumes, init=False) for container in spec.get("containers") or []]
    containers += [_container(container, cluster, namespace, volumes, init=True) for container in spec.get("initContainers") or []]
    images = sorted({container["image"] for container in containers})
    shared = any(spec.get(field) for field in ("hostNetwork", "hostPID", "hostIPC"))
    return {
        "id": workload_id(cluster, kind, namespace, metadata["name"]),
        "name": metadata["name"],
        "kind": kind,
        "cluster": cluster,
        "namespace": namespace,
        "platform": platform_namespace(namespace),
        **_replicas(kind, item),
        "containers": sorted(containers, key=lambda container: (container["init"], container["name"])),
        "images": images,
        "mutable_images": [image for image in images if mutable_image(image)],
        "added_capabilities": sorted({added for container in containers for added in container["added_capabilities"]}),
        "privileged": shared or any(container["privileged"] for container in containers),
        "host_paths": sorted({volume["hostPath"]["path"] for volume in volumes.values() if volume.get("hostPath")}),
        "claims": sorted(
            entity_id("claim", cluster, namespace, volume["persistentVolumeClaim"]["claimName"])
            for volume in volumes.values()
            if volume.get("persistentVolumeClaim")
        ),
        "secrets": _secrets(spec),
        "labels": {
            key: value
            for key, value in sorted((metadata.get("labels") or {}).items())
            if key.startswith(_KEPT_LABELS) or key == "app"
        },
    }


def _replicas(kind: str, item: Entity) -> Entity:
    spec, status = item.get("spec") or {}, item.get("status") or {}
    if kind in ("Deployment", "StatefulSet"):
        return {"replicas_wanted_count": spec.get("replicas", 1), "replicas_ready_count": status.get("readyReplicas") or 0}
    if kind == "DaemonSet":
        return {
            "replicas_wanted_count": status.get("desiredNumberScheduled") or 0,
            "replicas_ready_count": status.get("numberReady") or 0,
        }
    return {"replicas_wanted_count": None, "replicas_ready_count": None}


def _container(container: Entity, cluster: str, namespace: str, volumes: t.Mapping[str, Entity], *, init: bool) -> Entity:
    security = container.get("securityContext") or {}
    return {
        "name": container["name"],
        "image": container.get("image") or "",
        "init": init,
        "ports": sorted(f"{port['containerPort']}/{port.get('protocol', 'TCP')}" for port in container.get("ports") or []),
        "added_capabilities": sorted((security.get("capabilities") or {}).get("add") or []),
        "privileged": bool(security.get("privileged")),
        "mounts": [
            _mount(mount, cluster, namespace, volumes.get(mount["name"], {}))
            for mount in sorted(container.get("volumeMounts") or [], key=lambda mount: str(mount["mountPath"]))
        ],
    }


def _mount(mount: Entity, cluster: str, namespace: str, volume: Entity) -> Entity:
    claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    return {
        "path": mount["mountPath"],
        "claim_id": entity_id("claim", cluster, namespace, claim) if claim else None,
        "source": _mount_source(mount["name"], volume),
    }


def _mount_source(name: str, volume: Entity) -> str:
    """What a mount shows, in a few words; a volume that the pod does not list comes from a claim template."""
    sources = {
        "persistentVolumeClaim": ("claim", "claimName"),
        "configMap": ("config map", "name"),
        "secret": ("secret", "secretName"),
        "hostPath": ("host path", "path"),
        "nfs": ("nfs", "path"),
        "csi": ("csi", "driver"),
    }
    for field, (words, key) in sources.items():
        if volume.get(field):
            return f"{words} {volume[field].get(key) or ''}".strip()
    kinds = [field for field in volume if field != "name"]
    return kinds[0] if kinds else f"claim template {name}"


def _secrets(spec: Entity) -> list[str]:
    """Names of the Secrets that a pod refers to."""
    names = {entry.get("name") for entry in spec.get("imagePullSecrets") or []}
    for container in (spec.get("containers") or []) + (spec.get("initContainers") or []):
        names |= {((entry.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name") for entry in container.get("env") or []}
        names |= {(entry.get("secretRef") or {}).get("name") for entry in container.get("envFrom") or []}
    for volume in spec.get("volumes") or []:
        names.add((volume.get("secret") or {}).get("secretName"))
        for projected in (volume.get("projected") or {}).get("sources") or []:
            names.add((projected.get("secret") or {}).get("name"))
    return sorted(name for name in names if name)


def _place(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """Nodes of each workload, through the owners of its pods: pod, replica set, deployment; or pod, job, cron job."""
    if "pods" not in nouns or "replicasets" not in nouns or "jobs" not in nouns:
        return
    parents = {
        (kind, item["metadata"]["namespace"], item["metadata"]["name"]): _owners(item)
        for kind, noun in (("ReplicaSet", "replicasets"), ("Job", "jobs"))
        for item in nouns[noun]
    }
    nodes: dict[str, set[str]] = {}
    for pod in nouns["pods"]:
        node = (pod.get("spec") or {}).get("nodeName")
        if not node or (pod.get("status") or {}).get("phase") not in ("Running", "Pending"):
            continue
        namespace = pod["metadata"]["namespace"]
        kind, name = "Pod", pod["metadata"]["name"]
        owners = _owners(pod)
        while owners:
            kind, name = owners[0]["kind"], owners[0]["name"]
            owners = parents.get((kind, namespace, name), [])
        nodes.setdefault(workload_id(cluster, kind, namespace, name), set()).add(entity_id("node", cluster, "", node))
    for workload in draft.in_cluster("workloads", cluster):
        workload["nodes"] = sorted(nodes.get(workload["id"], ()))


def _name_claims_of_templates(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """A StatefulSet names its claims <template>-<set>-<ordinal>; only those that exist are listed."""
    names = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in nouns.get("persistentvolumeclaims", [])]
    for item in nouns.get("statefulsets", []):
        namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
        workload = draft.collections["workloads"][workload_id(cluster, "StatefulSet", namespace, name)]
        for template in (item.get("spec") or {}).get("volumeClaimTemplates") or []:
            pattern = re.compile(rf"{re.escape(template['metadata']['name'])}-{re.escape(name)}-\d+")
            mine = [
                entity_id("claim", cluster, namespace, claim)
                for space, claim in names
                if space == namespace and pattern.fullmatch(claim)
            ]
            workload["claims"] = sorted({*workload["claims"], *mine})


def count_workloads(draft: Draft, source: SourceEvidence) -> None:
    """Fill the counts of the namespaces of one source."""
    cluster = source.record.name
    for namespace in draft.in_cluster("namespaces", cluster):
        inside = {
            "workload_count": [one for one in draft.in_cluster("workloads", cluster) if one["namespace"] == namespace["name"]],
            "kube_service_count": [
                one for one in draft.in_cluster("kube_services", cluster) if one["namespace"] == namespace["name"]
            ],
        }
        complete = {"workload_count": all(noun in source.nouns for noun in KINDS), "kube_service_count": "services" in source.nouns}
        namespace.update(known(**{field: len(items) if complete[field] else None for field, items in inside.items()}))
