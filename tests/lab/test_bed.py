# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real bed itself: servers answer, witnesses see, nothing is open to others, and the recordings are what it says."""

from __future__ import annotations

import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
from lab import argo, bed, record, replay
from lab.conftest import Bed, Row
from lab.inside import enter_command
from lab.kube_api import KubeApi
from lab.processes import Processes

AUDITOR = "system:serviceaccount:homelab-audit:homelab-audit"
# What a new cluster makes anew: ids, moments, addresses, keys, where the scheduler puts a pod, what the controller notes on a
# claim when it sees it before its volume, what Argo CD did last, and usage.
_CHURN = re.compile(
    r"uid|.*-uid|resourceVersion|managedFields|.*generation|nodeName|host\w+|pod\w*IPs?|podCIDRs?|clusterIPs?|nodePort|.*hash|holderIdentity"
    r"|targetRef|addresses|memberID|.*ID|continue|.*time|.*timestamp|.*At|.*ca\.crt|.*ca-file|.*storage-provisioner|caBundle|recorded"
    r"|operationState|operation|history|usage|window|remainingItemCount",
    re.IGNORECASE,
)
# Its content is a matter of when one looks.
_EVENTS = "kubernetes/api/v1/events.json"
PARTS = ["k0s", "forwarder", "fakepve", "kwok", "git", "charts", "metrics-server", "redis"]
PARTS += ["argocd-repo-server", "argocd-application-controller", "ca-rotator"]
APPLICATIONS = "/apis/argoproj.io/v1alpha1/applications"
_SUFFIX = re.compile(r"(-[bcdf-hj-np-tv-z2-9]{8,10})?-[bcdf-hj-np-tv-z2-9]{5}$|-[bcdf-hj-np-tv-z2-9]{8,10}$")


def lasting(value: t.Any) -> t.Any:
    """A body without what churns; lists in an order of their content, because random names decide theirs."""
    if isinstance(value, dict):
        kept = {key: lasting(item) for key, item in value.items() if not _CHURN.fullmatch(key)}
        return {key: item for key, item in kept.items() if item not in ({}, [])}  # what held only such things
    if isinstance(value, list):
        return sorted((lasting(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str) and value.startswith("{"):  # what k0s printed
        return lasting(json.loads(value))
    return _SUFFIX.sub("", value) if isinstance(value, str) else value


def recorded_files(folder: Path) -> dict[str, Path]:
    return {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def fresh(real_bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The running bed, recorded anew."""
    folder = tmp_path_factory.mktemp("recordings")
    record.record_kubernetes(real_bed.folder, folder / "kubernetes")
    record.record_k0s(real_bed.folder, folder / "k0s")
    return folder


@pytest.fixture
def auditor(real_bed: Bed) -> t.Iterator[KubeApi]:
    """The shipped identity."""
    with KubeApi(real_bed.folder / "audit.conf") as api:
        yield api


def test_everything_runs(real_bed: Bed) -> None:
    assert [process.name for process in Processes(real_bed.folder).all()] == PARTS
    assert bed.status(real_bed.folder) is True


def test_the_same_files_are_recorded(fresh: Path) -> None:
    assert recorded_files(fresh).keys() == recorded_files(replay.RECORDINGS.parent).keys()


def test_the_recordings_are_what_the_real_servers_say(fresh: Path) -> None:
    old = recorded_files(replay.RECORDINGS.parent)
    for name, file in recorded_files(fresh).items():
        if file.suffix == ".json" and "units" not in name and name != _EVENTS:
            new = json.loads(file.read_text(encoding="utf-8"))
            assert lasting(new) == lasting(json.loads(old[name].read_text(encoding="utf-8"))), name


def test_the_comparison_would_see_a_difference(fresh: Path) -> None:
    pods = json.loads((fresh / "kubernetes" / "api" / "v1" / "pods.json").read_text(encoding="utf-8"))
    other = json.loads(json.dumps(pods))
    other["items"][0]["spec"]["containers"][0]["image"] += "x"
    assert lasting(pods) != lasting(other)


def test_the_shipped_identity_reads_lists_and_no_secrets(auditor: KubeApi) -> None:
    assert auditor.raw("GET", "/api/v1/pods").status == 200
    for path in ("/api/v1/secrets", "/api/v1/namespaces/default/secrets/protonvpn-secret", "/api/v1/serviceaccounts"):
        assert auditor.raw("GET", path).status == 403, path
    assert auditor.raw("PUT", "/api/v1/pods", {}).status == 403
    assert auditor.raw("DELETE", "/api/v1/namespaces/glance").status == 403


def test_the_api_server_writes_down_who_asked_for_what(real_bed: Bed, auditor: KubeApi) -> None:
    before = len(real_bed.kubernetes_requests())
    auditor.get("/api/v1/nodes?limit=1")
    auditor.raw("GET", "/api/v1/secrets")
    seen = [row for row in real_bed.kubernetes_requests()[before:] if row["user"]["username"] == AUDITOR]
    asked = [(row["verb"], row["requestURI"], row["responseStatus"]["code"]) for row in seen]
    assert asked == [("list", "/api/v1/nodes?limit=1", 200), ("list", "/api/v1/secrets", 403)]
    assert {row["level"] for row in seen} == {"Metadata"}
    assert not any("responseObject" in row for row in seen)


def test_the_lab_came_to_rest(auditor: KubeApi) -> None:
    def items(path: str) -> list[Row]:
        return t.cast("list[Row]", auditor.get(path)["items"])

    pods = items("/api/v1/pods")
    assert {pod["status"]["phase"] for pod in pods} == {"Running", "Succeeded"}
    assert {pod["spec"]["nodeName"] for pod in pods} == {"k3s-worker-1", "k3s-worker-aether-0"}
    assert {claim["status"]["phase"] for claim in items("/api/v1/persistentvolumeclaims")} == {"Bound"}
    slices = items("/apis/discovery.k8s.io/v1/endpointslices")
    empty = {one["metadata"]["labels"]["kubernetes.io/service-name"] for one in slices if not one["endpoints"]}
    assert empty == set()
    controllers = items("/apis/autopilot.k0sproject.io/v1beta2/controlnodes")
    assert [one["metadata"]["name"] for one in controllers] == ["k3s-master-1"]
    assert controllers[0]["status"]["addresses"][0] == {"address": "192.168.1.201", "type": "InternalIP"}


def test_the_nodes_run_in_the_guests(auditor: KubeApi) -> None:
    uuids = {node["metadata"]["name"]: node["status"]["nodeInfo"]["systemUUID"] for node in auditor.get("/api/v1/nodes")["items"]}
    assert uuids == {
        "k3s-worker-1": "0d2c3a7e-5b1f-4c06-9a52-3f7d20100211",
        "k3s-worker-aether-0": "0d2c3a7e-5b1f-4c06-9a52-3f7d20100112",
    }


def test_the_nodes_stay_ready(auditor: KubeApi) -> None:
    """Each keeps a lease of its own, without which the controllers give it up after 50 seconds."""
    leases = auditor.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")["items"]
    durations = {lease["metadata"]["name"]: lease["spec"]["leaseDurationSeconds"] for lease in leases}
    assert durations["k3s-worker-1"] == durations["k3s-worker-aether-0"] == 40


def states(api: KubeApi) -> dict[str, tuple[str, str]]:
    found = {item["metadata"]["name"]: item["status"] for item in api.get(APPLICATIONS)["items"]}
    return {name: (status["sync"]["status"], status["health"]["status"]) for name, status in found.items()}


def test_argo_cd_made_the_lab_and_two_applications_drift(auditor: KubeApi) -> None:
    found = states(auditor)
    drifting = {name for name, (sync, _health) in found.items() if sync == "OutOfSync"}
    assert len(found) == 15
    # Right after it was healed, metallb is in sync for a moment.
    assert {"longhorn"} <= drifting <= set(argo.DRIFTING)
    assert {health for _sync, health in found.values()} == {"Healthy"}
    items = {item["metadata"]["name"]: item["status"]["resources"] for item in auditor.get(APPLICATIONS)["items"]}
    dropped = [resource["name"] for resource in items["longhorn"] if resource.get("status") == "OutOfSync"]
    assert len(dropped) == 7


def test_the_two_drift_for_the_known_reasons(auditor: KubeApi) -> None:
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    def applied_and_live(name: str) -> tuple[Row, Row]:
        live = auditor.get(f"{definitions}/{name}")
        annotations = live["metadata"]["annotations"]
        return json.loads(annotations["kubectl.kubernetes.io/last-applied-configuration"])["spec"], live["spec"]

    applied, live = applied_and_live("volumes.longhorn.io")
    assert applied["preserveUnknownFields"] is False
    assert "preserveUnknownFields" not in live
    applied, live = applied_and_live("bgppeers.metallb.io")
    wanted, found = (spec["conversion"]["webhook"]["clientConfig"]["caBundle"] for spec in (applied, live))
    assert wanted != found
    owners = [entry["manager"] for entry in auditor.get(f"{definitions}/bgppeers.metallb.io")["metadata"]["managedFields"]]
    assert {"MetalLB", "argocd-controller"} <= set(owners)


def test_argo_cd_heals_in_vain(auditor: KubeApi) -> None:
    events = [event for event in auditor.get("/api/v1/events")["items"] if event["involvedObject"]["kind"] == "Application"]
    for name in argo.DRIFTING:
        own = [event["message"] for event in events if event["involvedObject"]["name"] == name]
        assert len([message for message in own if message.startswith("Partial sync operation")]) >= 3, name


def test_usage_is_measured(auditor: KubeApi) -> None:
    shares = {}
    for node in auditor.get("/api/v1/nodes")["items"]:
        name = node["metadata"]["name"]
        usage = next(one for one in auditor.get("/apis/metrics.k8s.io/v1beta1/nodes")["items"] if one["metadata"]["name"] == name)
        shares[name] = mebibytes(usage["usage"]["memory"]) / mebibytes(node["status"]["allocatable"]["memory"])
    # The scheduler decides where the small ones run.
    assert shares == pytest.approx({"k3s-worker-1": 0.63, "k3s-worker-aether-0": 0.55}, abs=0.05)
    pods = auditor.get("/apis/metrics.k8s.io/v1beta1/pods")["items"]
    figures = {pod["metadata"]["name"].partition("-")[0]: pod["containers"][0]["usage"]["memory"] for pod in pods}
    assert (figures["jellyfin"], figures["prometheus"]) == ("2867Mi", "441Mi")


def mebibytes(quantity: str) -> float:
    number, unit = (int(quantity[:-2]), quantity[-2:])
    return number / {"Ki": 1024, "Mi": 1}[unit]


def inside(real_bed: Bed, *command: str) -> str:
    return subprocess.run([*enter_command(real_bed.folder), *command], check=True, capture_output=True, text=True).stdout


def test_the_cluster_cannot_reach_anything(real_bed: Bed) -> None:
    assert inside(real_bed, "ip", "route", "show") == ""
    assert inside(real_bed, "ip", "-brief", "link").split()[0] == "lo"
    assert len(inside(real_bed, "ip", "-brief", "link").splitlines()) == 1


def test_only_loopback_reaches_it() -> None:
    """/proc/net/tcp: local address in hexadecimal, state 0A is listening; tcp6 would list listeners on all addresses."""
    listeners = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    ports = {f"{port:04X}" for port in (bed.API_PORT, bed.PROXMOX_PORT)}
    found = [fields[1] for fields in listeners if fields[3] == "0A" and fields[1].rpartition(":")[2] in ports]
    assert sorted(found) == sorted(f"0100007F:{port}" for port in ports)


def test_k0s_answers_under_its_usual_names(real_bed: Bed) -> None:
    assert inside(real_bed, "k0s", "version").strip() == "v1.34.4+k0s.0"
    assert inside(real_bed, "hostname").strip() == "k3s-master-1"
    assert "kine" in inside(real_bed, "cat", "/etc/k0s/k0s.yaml")
    for folder in ("/etc/k0s", "/run/k0s", "/var/lib/k0s"):
        assert not Path(folder).exists()  # nothing of it on this machine
