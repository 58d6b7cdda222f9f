# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster with ten thousand pods takes seconds, however it is cut into namespaces."""

from __future__ import annotations

import time

import pytest
from unit.model.builders import (
    Item,
    application,
    event,
    kubernetes,
    lab,
    named,
    node,
    proxmox,
    qemu,
    repository,
    resource,
    workload,
)

WORKLOADS = 3400
PODS_EACH = 3
# It takes three on a small machine; what grows with the square of the workloads takes minutes.
SECONDS = 30


def owned(name: str, namespace: str, kind: str, owner: str, **fields: object) -> Item:
    """An object with an owner."""
    return {"metadata": {"name": name, "namespace": namespace, "ownerReferences": [{"kind": kind, "name": owner}]}, **fields}


def objects_of(name: str, namespace: str, number: int) -> dict[str, list[Item]]:
    """A Deployment with everything around it."""
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
    placed = {"spec": {"nodeName": f"n{number % 50}", "containers": []}, "status": {"phase": "Running"}}
    pods = [f"{name}-1-{part}" for part in range(PODS_EACH)]
    backend = {"path": "/", "backend": {"service": {"name": name, "port": {"number": 80}}}}
    csi = {"driver": "driver.longhorn.io", "volumeHandle": name}
    metadata = {"name": name, "namespace": namespace}
    address = f"10.{number // 256}.{number % 256}.1"
    balancer = {"loadBalancer": {"ingress": [{"ip": address}]}}
    return {
        "deployments": [workload(name, namespace, spec={"volumes": [claim]})],
        "replicasets": [owned(f"{name}-1", namespace, "Deployment", name)],
        "pods": [owned(pod, namespace, "ReplicaSet", f"{name}-1", **placed) for pod in pods],
        "pod_metrics": [named(pod, namespace, containers=[{"usage": {"cpu": "1m", "memory": "1Mi"}}]) for pod in pods],
        "services": [{"metadata": metadata, "spec": {"type": "LoadBalancer", "selector": {"app": name}}, "status": balancer}],
        "ingresses": [{"metadata": metadata, "spec": {"rules": [{"host": f"{name}.test", "http": {"paths": [backend]}}]}}],
        "persistentvolumeclaims": [{"metadata": metadata, "spec": {"volumeName": name, "storageClassName": "longhorn"}}],
        "persistentvolumes": [{"metadata": {"name": name}, "spec": {"csi": csi}}],
        "longhorn_replicas": [named(f"{name}-r", spec={"volumeName": name, "nodeID": f"n{number % 50}"})],
        "applications": [application(name, resources=[resource("Deployment", name, namespace, "apps", status="OutOfSync")])],
        "events": [
            event("Partial sync operation to a1 succeeded", f"2026-01-02T02:{minute}:00Z", about=name) for minute in (10, 20)
        ],
        "namespaces": [{"metadata": {"name": namespace}}],
    }


@pytest.mark.parametrize("namespaces", [1, WORKLOADS])
def test_ten_thousand_pods(namespaces: int) -> None:
    nouns: dict[str, list[Item]] = {}
    for number in range(WORKLOADS):
        for noun, items in objects_of(f"a{number}", f"s{number % namespaces}", number).items():
            nouns.setdefault(noun, []).extend(items)
    nouns["nodes"] = [node(f"n{number}", f"192.0.2.{number}", uuid="") for number in range(50)]
    pools = [named("p", spec={"addresses": ["10.0.0.0/8"]})]
    files = repository(*[f"apps/a{number}/{part}.yaml" for number in range(WORKLOADS) for part in range(5)])
    sources = (proxmox(*[qemu(number, f"n{number}") for number in range(50)]), kubernetes(ipaddresspools=pools, **nouns), files)
    before = time.process_time()
    model = lab(*sources)
    assert time.process_time() - before < SECONDS
    assert (len(model["services"]), model["kube_clusters"][0]["pod_count"]) == (WORKLOADS, WORKLOADS * PODS_EACH)
