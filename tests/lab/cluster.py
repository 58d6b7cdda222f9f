# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the demo lab into a real Kubernetes API and waits until the controllers have made of it what they make of it."""

from __future__ import annotations

import datetime
import time
import typing as t
from pathlib import Path

import yaml
from lab.kube_api import APPLY, MERGE, KubeApi, KubeError, Object

# The order in which kinds have to be created; all others come after these.
_ORDER = (
    "Namespace",
    "CustomResourceDefinition",
    "Node",
    "StorageClass",
    "CSIDriver",
    "IngressClass",
    "ClusterRole",
    "ServiceAccount",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Secret",
    "ConfigMap",
    "Service",
)
# Seconds between two looks, and after which a wait that goes on says what it waits for.
_PAUSE = 0.7
_SILENCE = 20
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


def read_manifests(*paths: Path) -> list[Object]:
    """All objects of YAML files, and of the YAML files below folders, in the order in which they can be created.

    What is no object is left out: a repository has other YAML files, too.
    """
    files = [file for path in paths for file in (sorted(path.rglob("*.y*ml")) if path.is_dir() else [path])]
    found = [item for file in files for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    objects = [
        item
        for one in found
        if isinstance(one, dict) and "kind" in one
        for item in (one["items"] if one["kind"] == "List" else [one])
    ]
    return sorted(objects, key=lambda item: _RANK.get(item["kind"], len(_RANK)))


def apply(api: KubeApi, objects: t.Iterable[Object], manager: str = "lab-owner") -> None:
    """Server-side apply; a status goes to the status subresource, as a controller would write it.

    manager: under the name "kubectl" the server would write the last applied configuration anew.
    """
    for item in objects:
        desired = {key: value for key, value in item.items() if key != "status"}
        api.call("PATCH", f"{api.path_of(item)}?fieldManager={manager}&force=true", desired, APPLY)
        if "status" in item:
            apply_status(api, [item])


def apply_status(api: KubeApi, objects: t.Iterable[Object]) -> None:
    """Only the status of objects that are there."""
    for item in objects:
        api.call("PATCH", f"{api.path_of(item)}/status", {"status": item["status"]}, MERGE)


def happened_now(event: Object) -> Object:
    """An event with the present as its time."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**event, "firstTimestamp": now, "lastTimestamp": now}


class Pending:
    """What has to wait until somebody else has made its kind, its namespace or the object itself."""

    def __init__(self, api: KubeApi, objects: t.Iterable[Object], statuses: t.Iterable[Object]) -> None:
        """statuses: objects of which only the status is written."""
        self._api = api
        self._left = [(apply, item) for item in objects] + [(apply_status, item) for item in statuses]

    def missing(self) -> str:
        """Write what can be written by now; the names of the rest."""
        left = []
        for write, item in self._left:
            try:
                write(self._api, [item])
            except KubeError as exc:
                if exc.status != 404:
                    raise
                left.append((write, item))
        self._left = left
        return ", ".join(f"{item['kind']} {item['metadata']['name']}" for _write, item in left)


def wait(what: str, ready: t.Callable[[], str], seconds: float) -> None:
    """Ask until ready() says nothing is missing, and say what it is now and then; RuntimeError with it when time is up."""
    started = said = time.monotonic()
    while missing := _ask(ready):
        now = time.monotonic()
        if now - started > seconds:
            raise RuntimeError(f"{what} is not there after {seconds:.0f} s: {missing}")
        if now - said > _SILENCE:
            said = now
            print(f"waiting for {what} for {now - started:.0f} s: {missing}", flush=True)
        time.sleep(_PAUSE)


def _ask(ready: t.Callable[[], str]) -> str:
    try:
        return ready()
    except (OSError, KubeError) as exc:
        return str(exc) or type(exc).__name__


def missing_control_plane(api: KubeApi, hostname: str) -> str:
    """What the control plane still lacks before workloads make sense: the controller's own objects, the default account."""
    answer = api.raw("GET", "/readyz")
    if answer.status != 200:
        return f"/readyz answers {answer.status} {answer.text[:80]}"
    for path in (
        f"/apis/autopilot.k0sproject.io/v1beta2/controlnodes/{hostname}",
        f"/apis/etcd.k0sproject.io/v1beta1/etcdmembers/{hostname}",
        "/api/v1/namespaces/default/serviceaccounts/default",
    ):
        api.get(path)
    return ""


def missing_workloads(api: KubeApi) -> str:
    """What has not come to rest: nodes, workloads, jobs, endpoints and claims."""
    waiting = [f"node {n['metadata']['name']}" for n in _items(api, "/api/v1/nodes") if not _condition(n, "Ready")]
    for plural in ("deployments", "statefulsets", "daemonsets"):
        waiting += [
            f"{plural} {item['metadata']['name']}" for item in _items(api, f"/apis/apps/v1/{plural}") if not _rolled_out(item)
        ]
    waiting += [f"job {j['metadata']['name']}" for j in _items(api, "/apis/batch/v1/jobs") if not _condition(j, "Complete")]
    # A claim that nothing mounts may stay Pending; the one of the demo lab does for ever.
    mounted = {
        (pod["metadata"]["namespace"], volume["persistentVolumeClaim"]["claimName"])
        for pod in _items(api, "/api/v1/pods")
        for volume in pod["spec"].get("volumes", [])
        if "persistentVolumeClaim" in volume
    }
    for claim in _items(api, "/api/v1/persistentvolumeclaims"):
        key = (claim["metadata"]["namespace"], claim["metadata"]["name"])
        if key in mounted and claim["status"].get("phase") != "Bound":
            waiting.append(f"claim {key[1]}")
    for item in _items(api, "/apis/discovery.k8s.io/v1/endpointslices"):
        if not all(endpoint.get("conditions", {}).get("ready") for endpoint in item["endpoints"] or []):
            waiting.append(f"endpoints {item['metadata']['name']}")
    return ", ".join(waiting)


def _items(api: KubeApi, path: str) -> list[Object]:
    return t.cast("list[Object]", api.get(path)["items"])


def _condition(item: Object, kind: str) -> bool:
    return any(c["type"] == kind and c["status"] == "True" for c in item.get("status", {}).get("conditions", []))


def _rolled_out(item: Object) -> bool:
    status = item["status"]
    if status.get("observedGeneration") != item["metadata"]["generation"]:
        return False
    if "desiredNumberScheduled" in status:  # a DaemonSet
        return bool(status["desiredNumberScheduled"]) and status.get("numberReady") == status["desiredNumberScheduled"]
    return bool(status.get("readyReplicas", 0) == item["spec"]["replicas"])
