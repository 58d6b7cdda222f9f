# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Workloads of one Kubernetes source: folded from their pods up to what a person declared."""

from __future__ import annotations

import collections
import re
import typing as t

from .._evidence.folder import SourceEvidence
from .cluster import platform_namespace
from .draft import Draft, Entity, entity_id
from .units import whole_quantity

KINDS = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "cronjobs": "CronJob",
    "jobs": "Job",
    "pods": "Pod",
}
_MOVING_TAGS = frozenset(("latest", "main", "master", "nightly", "edge", "dev", "stable"))
# More file names than that would hide what a mount is.
_MOST_FILES = 4
# Kind of what owns the pod that a kubelet makes from a file; it is of the node, not of a person.
_MIRROR = "node"
_KEPT_LABELS = "app.kubernetes.io/"


def add_workloads(draft: Draft, source: SourceEvidence) -> None:
    """Add the workloads of one source, and on which nodes their pods run when the pods were read."""
    nouns, cluster = source.nouns, source.record.name
    for noun, kind in KINDS.items():
        if noun in nouns:
            draft.open("workloads")
            for item in nouns[noun]:
                if not (kind in ("Job", "Pod") and (_owners(item) or _ended(item))):
                    draft.add("workloads", _workload(cluster, kind, item))
    owners = owners_of_pods(cluster, nouns)
    if owners is not None:
        _add_owned_by_others(draft, cluster, nouns, owners)
        _place(draft, cluster, nouns, owners)
    _name_claims_of_templates(draft, cluster, nouns)
    _name_files_of_config_maps(draft, cluster, nouns)


def _ended(item: Entity) -> bool:
    """Whether a pod came to its end; what is left of it is only its log."""
    return (item.get("status") or {}).get("phase") in ("Succeeded", "Failed")


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
        "servers": sorted({server for volume in volumes.values() if (server := (volume.get("nfs") or {}).get("server"))}),
        "claims": sorted(
            entity_id("claim", cluster, namespace, volume["persistentVolumeClaim"]["claimName"])
            for volume in volumes.values()
            if volume.get("persistentVolumeClaim")
        ),
        "strategy": _strategy(kind, item),
        **_wants(spec),
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


def _wants(spec: Entity) -> Entity:
    """What a pod needs of its namespace and its node."""
    # An init container that is always restarted runs beside the others.
    sidecars = [one for one in spec.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    containers = [*(spec.get("containers") or []), *sidecars]
    return {
        "secrets": _secrets(spec),
        "config_maps": _references(spec, "configMapKeyRef", "configMapRef", "configMap", "name"),
        # Kubernetes takes a limit for the request where only a limit is given.
        "memory_request_bytes": _memory(containers, "requests", "limits"),
        "memory_limit_bytes": _memory(containers, "limits"),
    }


def _references(spec: Entity, env: str, env_from: str, volume: str, name: str) -> list[str]:
    """Names of the Secrets or ConfigMaps that a pod refers to; env, env_from, volume and name: how the kind is called there."""
    names: set[str | None] = set()
    for container in (spec.get("containers") or []) + (spec.get("initContainers") or []):
        names |= {((entry.get("valueFrom") or {}).get(env) or {}).get("name") for entry in container.get("env") or []}
        names |= {(entry.get(env_from) or {}).get("name") for entry in container.get("envFrom") or []}
    for one in spec.get("volumes") or []:
        names.add((one.get(volume) or {}).get(name))
        for projected in (one.get("projected") or {}).get("sources") or []:
            names.add((projected.get(volume) or {}).get("name"))
    return sorted(found for found in names if found)


def _secrets(spec: Entity) -> list[str]:
    pulls = {entry.get("name") for entry in spec.get("imagePullSecrets") or []}
    return sorted({*_references(spec, "secretKeyRef", "secretRef", "secret", "secretName"), *filter(None, pulls)})


def _memory(containers: t.Sequence[Entity], *kinds: str) -> int | None:
    """Sum over the containers of the first of these kinds of resources that each has; None when one has none of them."""
    resources = [container.get("resources") or {} for container in containers]
    told = [
        next((found for kind in kinds if (found := whole_quantity((one.get(kind) or {}).get("memory"))) is not None), None)
        for one in resources
    ]
    return None if None in told or not told else sum(filter(None, told))


def _strategy(kind: str, item: Entity) -> str | None:
    """How new pods replace old ones; RollingUpdate is what the API server fills in."""
    field = {"Deployment": "strategy", "StatefulSet": "updateStrategy", "DaemonSet": "updateStrategy"}.get(kind)
    return str(((item.get("spec") or {}).get(field) or {}).get("type") or "RollingUpdate") if field else None


def runs(pod: Entity) -> bool:
    """Whether a pod is there to run: those that came to their end are kept for a while."""
    return (pod.get("status") or {}).get("phase") in ("Running", "Pending")


def owners_of_pods(cluster: str, nouns: t.Mapping[str, list[Entity]]) -> dict[tuple[str, str], str] | None:
    """Namespace and name of each pod to the id of its workload; None when a kind of owner was not read.

    Pods belong to a replica set and that to a deployment, or to a job and that to a cron job.
    """
    if "pods" not in nouns or "replicasets" not in nouns or "jobs" not in nouns:
        return None
    parents = {
        (kind, item["metadata"]["namespace"], item["metadata"]["name"]): _owners(item)
        for kind, noun in (("ReplicaSet", "replicasets"), ("Job", "jobs"))
        for item in nouns[noun]
    }
    found = {}
    for pod in nouns["pods"]:
        namespace = pod["metadata"]["namespace"]
        kind, name = "Pod", pod["metadata"]["name"]
        owners = _owners(pod)
        while owners:
            kind, name = owners[0]["kind"], owners[0]["name"]
            owners = parents.get((kind, namespace, name), [])
        found[namespace, pod["metadata"]["name"]] = workload_id(cluster, kind, namespace, name)
    return found


def _add_owned_by_others(
    draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]], owners: t.Mapping[tuple[str, str], str]
) -> None:
    """Pods that an operator makes itself, as those of databases do: one workload of what owns them, seen through its first pod."""
    known = {kind.lower() for kind in KINDS.values()} | {_MIRROR}
    pods: dict[str, Entity] = {}
    for pod in sorted(nouns["pods"], key=lambda pod: str(pod["metadata"]["name"])):
        owner = owners[pod["metadata"]["namespace"], pod["metadata"]["name"]]
        if owner.partition("/")[0] not in known and runs(pod):
            pods.setdefault(owner, pod)
    kinds = {
        owner["kind"].lower(): owner["kind"] for noun in ("pods", "replicasets") for item in nouns[noun] for owner in _owners(item)
    }
    for owner, pod in pods.items():
        kind, _cluster, namespace, name = owner.split("/", 3)
        item = {**pod, "metadata": {"name": name, "namespace": namespace, "labels": pod["metadata"].get("labels") or {}}}
        draft.add("workloads", _workload(cluster, kinds[kind], item))


def _place(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]], owners: t.Mapping[tuple[str, str], str]) -> None:
    """Nodes of each workload, through its pods; and limits that a LimitRange of the namespace gave them."""
    nodes: dict[str, set[str]] = {}
    specs: dict[str, list[Entity]] = {}
    for pod in nouns["pods"]:
        spec = pod.get("spec") or {}
        if spec.get("nodeName") and runs(pod):
            owner = owners[pod["metadata"]["namespace"], pod["metadata"]["name"]]
            nodes.setdefault(owner, set()).add(entity_id("node", cluster, "", spec["nodeName"]))
            specs.setdefault(owner, []).append(spec)
    for workload in draft.in_cluster("workloads", cluster):
        workload["nodes"] = sorted(nodes.get(workload["id"], ()))
        for field in ("memory_request_bytes", "memory_limit_bytes") if workload["id"] in specs else ():
            given = [_wants(spec)[field] for spec in specs[workload["id"]]]
            if workload[field] is None and None not in given:
                workload[field] = max(given)


def _name_claims_of_templates(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """A StatefulSet names its claims <template>-<set>-<ordinal>; only those that exist are listed."""
    names: dict[str, list[str]] = {}
    for item in nouns.get("persistentvolumeclaims", []):
        names.setdefault(item["metadata"]["namespace"], []).append(item["metadata"]["name"])
    for item in nouns.get("statefulsets", []):
        namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
        workload = draft.collections["workloads"][workload_id(cluster, "StatefulSet", namespace, name)]
        for template in (item.get("spec") or {}).get("volumeClaimTemplates") or []:
            pattern = re.compile(rf"{re.escape(template['metadata']['name'])}-{re.escape(name)}-\d+")
            mine = [entity_id("claim", cluster, namespace, claim) for claim in names.get(namespace, ()) if pattern.fullmatch(claim)]
            workload["claims"] = sorted({*workload["claims"], *mine})


def _name_files_of_config_maps(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """The keys of a mounted config map are the files that the container sees; a few of them tell a person what it is."""
    keys = {(one["metadata"]["namespace"], one["metadata"]["name"]): one.get("keys") or [] for one in nouns.get("configmaps", [])}
    for workload in draft.in_cluster("workloads", cluster):
        for mount in (mount for container in workload["containers"] for mount in container["mounts"]):
            name = mount["source"].partition("config map ")[2]
            files = keys.get((workload["namespace"], name), [])
            if 0 < len(files) <= _MOST_FILES:
                mount["source"] += f" ({', '.join(files)})"


def count_workloads(draft: Draft, source: SourceEvidence) -> None:
    """Fill the counts of the namespaces of one source."""
    cluster = source.record.name
    complete = {"workloads": all(noun in source.nouns for noun in KINDS), "kube_services": "services" in source.nouns}
    for collection, field in (("workloads", "workload_count"), ("kube_services", "kube_service_count")):
        if complete[collection]:
            counts = collections.Counter(one["namespace"] for one in draft.in_cluster(collection, cluster))
            for namespace in draft.in_cluster("namespaces", cluster):
                namespace[field] = counts[namespace["name"]]
