# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Usage figures: kwok tells those of demo_lab/usage.yml as a kubelet would, the real metrics-server collects and serves them."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from lab import cluster, inside
from lab.kube_api import KubeApi, Object
from lab.lab_files import DEMO_LAB

# The address of Service metrics-server. No kube-proxy runs here, so metrics-server listens on it itself.
ADDRESS = "10.96.0.77"
_PKI = "/var/lib/k0s/pki"
_KUBELET_PORT = 10247
KWOK_ARGUMENTS = (
    f"--server-address=127.0.0.1:{_KUBELET_PORT}",
    f"--tls-cert-file={_PKI}/server.crt",
    f"--tls-private-key-file={_PKI}/server.key",
)
# What a pod uses of which usage.yml says nothing.
_IDLE = {"cpu": "1m", "memory": "12Mi"}


def node_names() -> list[str]:
    """The nodes of the lab: names under which metrics-server asks for their figures."""
    return [node["metadata"]["name"] for node in cluster.read_manifests(DEMO_LAB / "kubernetes" / "nodes.yml")]


def measured(node: Object) -> Object:
    """A node with the note that says where its figures are."""
    metadata = node["metadata"]
    path = {"metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{metadata['name']}/metrics/resource"}
    return {**node, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), **path}}}


def kwok_configs(folder: Path, shipped: Path) -> list[Path]:
    """Configuration files for kwok: its own description of what a kubelet tells, and one that holds our figures.

    shipped: kustomize/metrics of kwok's module.
    """
    figures = yaml.safe_load((DEMO_LAB / "usage.yml").read_text(encoding="utf-8"))
    usage = {resource: {"expression": _expression(figures, resource)} for resource in _IDLE}
    config = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterResourceUsage",
        "metadata": {"name": "usage"},
        "spec": {"usages": [{"usage": usage}]},
    }
    file = folder / "usage.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return [shipped / "resource" / "metrics-resource.yaml", file]


def _expression(figures: dict[str, dict[str, str]], resource: str) -> str:
    """An expression of CEL: the figure of the pod for its first container, the idle one for all others."""
    idle = f"Quantity({json.dumps(_IDLE[resource])})"
    cases = [
        f"pod.metadata.namespace == {json.dumps(namespace)} && pod.metadata.name.startsWith({json.dumps(prefix + '-')})"
        f" ? Quantity({json.dumps(figure[resource])})"
        for (namespace, _slash, prefix), figure in ((key.partition("/"), figure) for key, figure in figures.items())
    ]
    return f"container.name != pod.spec.containers[0].name ? {idle} : {' : '.join([*cases, idle])}"


def start(folder: Path) -> None:
    """Start metrics-server on the address of its Service."""
    command = [f"{inside.BIN}/metrics-server", f"--bind-address={ADDRESS}", "--secure-port=443", "--metric-resolution=15s"]
    command += [f"--{use}kubeconfig={inside.KUBECONFIG}" for use in ("", "authentication-", "authorization-")]
    command += [f"--tls-cert-file={_PKI}/server.crt", f"--tls-private-key-file={_PKI}/server.key"]
    # The nodes are known by name to /etc/hosts inside; kwok has one port for all of them.
    command += ["--kubelet-insecure-tls", "--kubelet-preferred-address-types=Hostname", f"--kubelet-port={_KUBELET_PORT}"]
    inside.start(folder, "metrics-server", command)


def missing(api: KubeApi) -> str:
    """Which nodes have no figures yet, and whether the pods have none."""
    nodes = {item["metadata"]["name"] for item in api.get("/apis/metrics.k8s.io/v1beta1/nodes")["items"]}
    waiting = [f"usage of node {name}" for name in node_names() if name not in nodes]
    if not api.get("/apis/metrics.k8s.io/v1beta1/pods")["items"]:
        waiting.append("usage of the pods")
    return ", ".join(waiting)
