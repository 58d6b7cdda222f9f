# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argo CD in the bed: its two working parts as real processes, and the demo lab as the Applications that it makes of it."""

from __future__ import annotations

import base64
import secrets
import time
import typing as t
from pathlib import Path

from lab import build_servers, cluster, inside
from lab.kube_api import MERGE, KubeApi, Object
from lab.lab_files import DEMO_LAB

NAMESPACE = "argocd"
# The repository of the lab names what starts everything; it is applied once, by hand, in a lab, too.
BOOTSTRAP = DEMO_LAB / "repository" / "kubernetes" / "infrastructure" / "project-bootstrap.yaml"
# What Argo CD never brings into sync: the reasons are those of the real charts.
DRIFTING = ("longhorn", "metallb")
# Partial syncs of each of them that have to be on record before the bed counts as up.
_HEALS = 3
_REFRESH = "argocd.argoproj.io/refresh"
_PATIENCE = 15  # seconds
# The names by which its one program is called.
PARTS = ("argocd-application-controller", "argocd-repo-server")
_MODULE = ("argo", "github.com/argoproj/argo-cd/v3")
_APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"


def set_up(api: KubeApi) -> None:
    """What `kubectl apply` of Argo CD's manifests leaves, without its workloads."""
    manifests = build_servers.module_source(*_MODULE) / "manifests"
    cluster.apply(api, cluster.read_manifests(*sorted((manifests / "crds").glob("*-crd.yaml"))))
    settings = cluster.read_manifests(*sorted((manifests / "base" / "config").glob("argocd-*.yaml")))
    for item in settings:
        item["metadata"]["namespace"] = NAMESPACE
        if item["kind"] == "Secret":
            item["data"] = {"server.secretkey": base64.b64encode(secrets.token_bytes(32)).decode()}
    cluster.apply(api, [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])
    # Under another name than what the owner of the lab sets in the same objects, which would take its place.
    cluster.apply(api, settings, "argocd-install")
    everything: Object = {
        "sourceRepos": ["*"],
        "destinations": [{"namespace": "*", "server": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    metadata = {"name": "default", "namespace": NAMESPACE}
    project = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": everything}

    def missing() -> str:
        cluster.apply(api, [project])
        return ""

    cluster.wait("the kinds of Argo CD", missing, 20)


def start(folder: Path) -> None:
    """Start the cache, the repository server and the application controller, all on loopback inside."""
    inside.start(folder, "redis", ["redis-server", "--bind", "127.0.0.1", "--port", "6379", "--save", "", "--appendonly", "no"])
    work = folder / "argocd"
    places = ("tls", "ssh", "plugins", "gpg", "home", "tmp")
    for place in places:
        (work / place).mkdir(parents=True)
    environment = {
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_CONTROLLER_SHARD": "0",
        "ARGOCD_CONTROLLER_REPLICAS": "1",
        "ARGOCD_TLS_DATA_PATH": str(work / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(work / "ssh"),
        "ARGOCD_GNUPGHOME": str(work / "gpg"),
        "ARGOCD_PLUGINSOCKFILEPATH": str(work / "plugins"),
        "ARGOCD_ASK_PASS_SOCK": str(work / "ask-pass.sock"),
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        **{f"HELM_{kind}_HOME": str(work / "home" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")},
    }
    server = ["--address=127.0.0.1", "--port=8081", "--metrics-address=127.0.0.1", "--metrics-port=8084", "--disable-tls"]
    # How often it looks and heals is left as it is, so that the events have the rhythm of a real lab.
    controller = [f"--kubeconfig={inside.KUBECONFIG}", f"--namespace={NAMESPACE}", "--metrics-port=8082"]
    controller += ["--repo-server=127.0.0.1:8081", "--repo-server-plaintext"]
    for part, arguments in (("argocd-repo-server", server), ("argocd-application-controller", controller)):
        inside.start(folder, part, [f"{inside.BIN}/{part}", *arguments, "--redis=127.0.0.1:6379"], **environment)


class Applications:
    """What Argo CD says of its Applications, against what the repository declares."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        declared = cluster.read_manifests(DEMO_LAB / "repository")
        self._expected = {item["metadata"]["name"] for item in declared if item["kind"] == "Application"}
        self._asked = time.monotonic()

    def unhealthy(self) -> str:
        """Which Applications are not there or have not come to rest."""
        found = self._found()
        late = {name: item for name, item in found.items() if _word(item, "health") != "Healthy"}
        self._ask(late)
        missing = [f"{name} not there" for name in sorted(self._expected - found.keys())]
        return ", ".join([*missing, *map(_state, late.values())])

    def missing(self) -> str:
        """Which are not yet in the state the lab is about: two drift for ever, the others are in sync, all are healthy."""
        wanted = {True: "OutOfSync", False: "Synced"}
        late = {name: item for name, item in self._found().items() if _word(item, "sync") != wanted[name in DRIFTING]}
        self._ask(late)
        few = [f"{name} healed {heals} times" for name, heals in _heals(self._api).items() if heals < _HEALS]
        return ", ".join(filter(None, [self.unhealthy(), *map(_state, late.values()), *few]))

    def _found(self) -> dict[str, Object]:
        return {item["metadata"]["name"]: item for item in self._api.get(_APPLICATIONS)["items"]}

    def _ask(self, names: t.Iterable[str]) -> None:
        """Now and then ask Argo CD to look again, as its button "Refresh" does.

        While many CustomResourceDefinitions come at once it misses changes, and would look again after minutes.
        """
        if time.monotonic() - self._asked < _PATIENCE:
            return
        self._asked = time.monotonic()
        for name in names:
            self._api.call("PATCH", f"{_APPLICATIONS}/{name}", {"metadata": {"annotations": {_REFRESH: "normal"}}}, MERGE)


def _word(application: Object, field: str) -> str:
    return str(application.get("status", {}).get(field, {}).get("status", "Unknown"))


def _state(application: Object) -> str:
    messages = [condition["message"][:200] for condition in application.get("status", {}).get("conditions", [])]
    reasons = f" ({'; '.join(messages)})" if messages else ""
    return f"{application['metadata']['name']} {_word(application, 'sync')} {_word(application, 'health')}{reasons}"


def _heals(api: KubeApi) -> dict[str, int]:
    heals = dict.fromkeys(DRIFTING, 0)
    for event in t.cast("list[Object]", api.get(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]):
        name = event["involvedObject"]["name"]
        if name in heals and event["message"].startswith("Partial sync operation"):
            heals[name] += 1
    return heals
