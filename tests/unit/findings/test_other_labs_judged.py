# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules over whole labs that are built from evidence: what they must say, and above all what they must not."""

from __future__ import annotations

import pytest
from unit.findings.builders import DATA_DIR, Item, results, shipped_rules
from unit.model.builders import application, kubernetes, lab, node, proxmox, qemu, repository, resource, workload
from unit.model.test_other_labs import pod, roled
from unit.model.test_other_repositories import host, manifest, repo

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import load_facts

GIB = 1024**3
FACTS = load_facts([DATA_DIR])


def told(rule: str, model: Item) -> list[tuple[str, str]]:
    """Outcome, and message or reason, of each subject."""
    found = results(shipped_rules()[rule], model, facts=FACTS)
    return [(one["outcome"], one["message"] or one["reason"]) for one in found]


def metrics(*uses: tuple[str, str]) -> list[Item]:
    """What nodes use."""
    return [{"metadata": {"name": name}, "usage": {"cpu": "1", "memory": memory}} for name, memory in uses]


def test_the_file_cache_of_a_controller_that_is_a_node_is_no_shortage() -> None:
    home = proxmox(qemu(1, "n1", mem=9.9 * GIB, maxmem=10 * GIB))
    parts = [{"name": "metrics.k8s.io"}]
    for memory, outcome in (("4Gi", "pass"), ("9Gi", "fail")):
        nodes, used = [roled("n1", "control-plane")], metrics(("n1", memory))
        ((found, message),) = told("CP-004", lab(home, kubernetes(nodes=nodes, api_groups=parts, node_metrics=used)))
        assert found == outcome
    assert message == "controller n1 uses 9.0 GiB of 10.0 GiB (90 %), 1.0 GiB are left; it also runs pods: yes"
    assert told("CP-004", lab(home, kubernetes(nodes=nodes))) == [("not_applicable", "the cluster has no Metrics API")]


def test_a_pod_is_measured_by_its_own_node() -> None:
    large = node("large", "192.0.2.22")
    large["status"]["allocatable"]["memory"] = "60Gi"
    use = [
        {
            "metadata": {"name": name, "namespace": "default"},
            "containers": [{"name": "app", "usage": {"cpu": "1m", "memory": memory}}],
        }
        for name, memory in (("a-1", "5Gi"), ("a-2", "100Mi"))
    ]
    pods = [pod("a-1", "large", ("DaemonSet", "a")), pod("a-2", "small", ("DaemonSet", "a"))]
    cluster = kubernetes(
        nodes=[node("small"), large],
        api_groups=[{"name": "metrics.k8s.io"}],
        daemonsets=[workload("a")],
        pods=pods,
        pod_metrics=use,
    )
    assert told("CAP-004", lab(cluster)) == [("pass", "")]


def test_a_commit_that_waits_for_a_person_is_no_unknown_drift() -> None:
    apps = "apps"
    waiting = application(
        "web",
        spec={"syncPolicy": {}},
        sync={"status": "OutOfSync", "revision": "b2"},
        resources=[resource("Deployment", "w", "web", apps, status="OutOfSync")],
        operationState={"phase": "Succeeded", "syncResult": {"revision": "a1"}},
    )
    reason = "another revision of Git than the applied one waits for a sync"
    assert told("ARGO-002", lab(kubernetes(applications=[waiting]))) == [("not_applicable", reason)]
    waiting["status"]["operationState"]["syncResult"]["revision"] = "b2"
    assert told("ARGO-002", lab(kubernetes(applications=[waiting])))[0][0] == "unknown"


def test_a_machine_that_is_only_called_localhost_stands_for_one_member() -> None:
    cluster = kubernetes(nodes=[node("n1")], controlnodes=[{"metadata": {"name": "c1"}}])
    files = [{"path": "k0sctl.yaml", "k0s_version": None, "cluster_name": "a"}]
    hosts = [host("k0sctl.yaml", "localhost"), host("k0sctl.yaml", "n1")]
    assert told("REPO-003", lab(cluster, repository("k0sctl.yaml", k0sctl_hosts=hosts, k0sctl_files=files))) == [("pass", "")]
    ((outcome, message),) = told("REPO-003", lab(cluster, repository("k0sctl.yaml", k0sctl_hosts=hosts[1:], k0sctl_files=files)))
    assert (outcome, message.endswith("in the cluster and not declared: c1")) == ("fail", True)


def test_a_file_of_a_cluster_that_is_not_read_is_not_compared() -> None:
    cluster = kubernetes(nodes=[node("n1")])
    hosts = [host("a.yaml", "n1.lan"), host("b.yaml", "10.0.0.5")]
    model = lab(cluster, repository("a.yaml", "b.yaml", k0sctl_hosts=hosts))
    assert told("REPO-003", model) == [("pass", "")]
    assert sorted(outcome for outcome, message in told("NODE-005", model)) == ["pass", "unknown"]


@pytest.mark.parametrize(
    ("path", "kind", "version", "outcome"),
    [
        ("old/a.yaml", "Deployment", "apps/v1", "fail"),
        ("chart/crds/a.yaml", "CustomResourceDefinition", "apiextensions.k8s.io/v1", "not_applicable"),
        ("boot/a.yaml", "AppProject", "argoproj.io/v1alpha1", "pass"),
    ],
)
def test_folders_that_need_no_application(path: str, kind: str, version: str, outcome: str) -> None:
    projects = [{"metadata": {"name": "a", "namespace": "argocd"}}]
    model = lab(
        kubernetes(applications=[application("web")], appprojects=projects),
        repo(manifest(path, kind, version), paths=("chart/Chart.yaml",)),
    )
    assert [found for found, _message in told("ARGO-009", model)] == [outcome]


def test_a_name_is_not_contradicted_by_other_without_words() -> None:
    found = told("NODE-007", lab(kubernetes(version=[{"gitVersion": "v1.30.2+rke2r1"}], nodes=[node("k3s-a")])))
    assert found == [("fail", "the name of node k3s-a says k3s, and it runs neither k0s nor k3s")]


def test_hosts_only_here_are_told_even_if_the_other_side_is_unknown() -> None:
    data = {"id": "repository///git", "name": "git", "route_hosts_only_here": ["old.test"]}
    ((outcome, message),) = told("REPO-014", {**lab(kubernetes()), "repositories": [data]})
    assert (outcome, message) == ("fail", "host names only in git: old.test; only live: (not read)")


def test_a_stateless_deployment_on_two_hosts_survives_one_and_names_the_cluster_that_stops() -> None:
    rows = [{"type": "node", "node": name, "status": "online"} for name in ("pve1", "pve2")]
    home = proxmox(qemu(1, "n1"), qemu(2, "n2", node="pve2"), resources=rows)
    sets = [{"metadata": {"name": "web-1", "namespace": "default", "ownerReferences": [{"kind": "Deployment", "name": "web"}]}}]
    cluster = kubernetes(
        nodes=[roled("n1", "control-plane"), node("n2", "192.0.2.22", uuid="")],
        deployments=[workload("web")],
        replicasets=sets,
        pods=[pod(f"web-1-{name}", name, ("ReplicaSet", "web-1")) for name in ("n1", "n2")],
    )
    assert told("XL-001", lab(home, cluster)) == [
        ("fail", "without pve1 (n1) these services stop: none; also affected: the control plane"),
        ("pass", ""),
    ]
    both = told("XL-001", lab(home, cluster, kubernetes("other")))
    assert both[0][1].endswith("also affected: the control plane (lab)")


@pytest.mark.parametrize("rule", ["ARGO-009", "DNS-006", "NODE-005", "REPO-001", "REPO-003", "REPO-014"])
def test_a_repository_alone_is_compared_with_nothing(rule: str) -> None:
    assert {outcome for outcome, message in told(rule, lab(repository("k0sctl.yaml")))} == {"not_applicable"}
