# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that a lab may lack, and parts that fail: the one is a sentence, the other a gap, and no rule takes either for good."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lab.demo_tier import Faults, demo_lab
from unit.audit.harness import Audit, audit, judged
from unit.audit.test_faults import assert_nothing_turned_good, outcomes, plain, whole_lab

__all__ = ["whole_lab"]
MAY_NOT = "system:serviceaccount:homelab-audit:homelab-audit may not"


def audited(faults: Faults, folder: Path) -> Audit:
    (folder / "lab").mkdir()
    with demo_lab(folder / "lab", faults=faults) as lab:
        return audit(lab, folder / "audit")


@dataclasses.dataclass(frozen=True)
class Absent:
    """A part that is not there: the sentence of its section, and the rules that do not apply any more."""

    faults: Faults
    section: int
    sentence: str
    rules: t.Sequence[str]


ABSENT = {
    "Argo CD": Absent(Faults(absent=["argocd"]), 5, "Argo CD is not installed.", ["ARGO-001", "ARGO-002", "ARGO-003", "ARGO-009"]),
    "Longhorn": Absent(Faults(absent=["longhorn"]), 7, "Longhorn is not installed.", []),
    "MetalLB": Absent(Faults(absent=["metallb"]), 6, "MetalLB is not installed.", []),
    "metrics": Absent(
        Faults(absent=["metrics"]),
        9,
        "The cluster has no metrics API, so nothing tells how much its nodes and pods use.",
        ["CAP-004", "CAP-011"],
    ),
}


@pytest.mark.parametrize("case", ABSENT.values(), ids=ABSENT.keys())
def test_a_part_that_a_lab_lacks_is_one_sentence(case: Absent, whole_lab: Audit, tmp_path: Path) -> None:
    result = audited(case.faults, tmp_path)
    assert case.sentence in result.section(case.section)
    assert case.sentence not in whole_lab.section(case.section)
    assert "Everything that was asked for could be read." in result.gaps()
    assert result.findings["counts"]["outcome"]["unknown"] == 0
    for rule in case.rules:
        assert set(result.outcomes(rule).values()) == {"not_applicable"}, rule
        assert set(whole_lab.outcomes(rule).values()) != {"not_applicable"}, rule
    failed = {key for key, outcome in outcomes(whole_lab).items() if outcome == "fail"}
    assert not failed & {key for key, outcome in outcomes(result).items() if outcome == "pass"}


def test_a_cluster_of_another_distribution_is_a_cluster(tmp_path: Path) -> None:
    result = audited(Faults(kubernetes="k3s"), tmp_path)
    [cluster] = result.lab["kube_clusters"]
    assert (cluster["distribution"], cluster["controller_count"]) == ("k3s", 1)
    assert "| k3s |" in result.section(3)
    assert result.findings["counts"]["outcome"]["unknown"] == 0
    # Names of nodes and distribution agree now.
    assert "fail" not in result.outcomes("NODE-007").values()


@dataclasses.dataclass(frozen=True)
class Failed:
    """A part that is there and does not answer: the gap, what helps, and what must be undecided. sections: say so, too."""

    faults: Faults
    gap: str
    detail: str
    remedy: str
    undecided: t.Mapping[str, str]
    section: int


FAILED = {
    "metrics API": Failed(
        Faults(kubernetes="metrics_broken"),
        "kubernetes/lab: pod_metrics",
        "cannot list pods.metrics.k8s.io: what serves metrics.k8s.io/v1beta1 does not answer (status 503)",
        "see why: kubectl describe apiservice v1beta1.metrics.k8s.io",
        {"CAP-004": "deployment/lab/default/qbittorrent", "CAP-011": "kube_cluster/lab//lab"},
        9,
    ),
    "applications": Failed(
        Faults(forbidden=["applications"]),
        "kubernetes/lab: applications",
        f"cannot list applications.argoproj.io: {MAY_NOT}",
        'apiGroups: ["argoproj.io"], resources: ["applications"], verbs: ["get", "list"]',
        {"ARGO-001": "kubernetes/lab", "ARGO-003": "kubernetes/lab", "ARGO-009": "folder//celestia/kubernetes/apps/argocd"},
        5,
    ),
    "events": Failed(
        Faults(forbidden=["events"]),
        "kubernetes/lab: events",
        f"cannot list events: {MAY_NOT}",
        'apiGroups: [""], resources: ["events"], verbs: ["get", "list"]',
        {"MON-009": "kube_cluster/lab//lab"},
        5,
    ),
    "pools": Failed(
        Faults(forbidden=["ipaddresspools"]),
        "kubernetes/lab: ipaddresspools",
        f"cannot list ipaddresspools.metallb.io: {MAY_NOT}",
        'apiGroups: ["metallb.io"], resources: ["ipaddresspools"], verbs: ["get", "list"]',
        {},
        6,
    ),
    "replicas": Failed(
        Faults(forbidden=["replicas"]),
        "kubernetes/lab: longhorn_replicas",
        f"cannot list replicas.longhorn.io: {MAY_NOT}",
        'apiGroups: ["longhorn.io"], resources: ["replicas"], verbs: ["get", "list"]',
        {},
        7,
    ),
    "one Proxmox host": Failed(
        Faults(proxmox="silent_host"),
        "proxmox/home: hosts/raiden",
        "cannot read host raiden: it does not answer (595 Connection timed out)",
        "check that raiden is on and in the cluster: pvecm status",
        {"CAP-001": "host/home//aether", "VM-001": "guest/home//201", "PVE-006": "proxmox_cluster/home//home"},
        2,
    ),
    "a guest that vanishes": Failed(
        Faults(proxmox="vanishing_guest"),
        "proxmox/home: guests/211",
        "cannot read guest 211 on raiden: it vanished between the list and the read "
        "(Configuration file 'nodes/raiden/qemu-server/211.conf' does not exist)",
        "run the audit again",
        {"VM-001": "guest/home//211", "VM-003": "guest/home//211"},
        2,
    ),
}


@pytest.mark.parametrize("case", FAILED.values(), ids=FAILED.keys())
def test_a_part_that_fails_is_a_gap(case: Failed, whole_lab: Audit, tmp_path: Path) -> None:
    result = audited(case.faults, tmp_path)
    gaps = plain(result.gaps())
    assert f"**{case.gap}**" in gaps
    assert case.detail in gaps
    assert case.remedy in gaps
    assert case.detail in plain(result.section(case.section))
    for rule, subject in case.undecided.items():
        assert result.outcomes(rule).get(subject) == "unknown", rule
    assert_nothing_turned_good(whole_lab, result)
    assert result.failed_on[0].startswith("gap: ")


def test_an_agent_that_hangs_is_silent(whole_lab: Audit, tmp_path: Path) -> None:
    result = audited(Faults(proxmox="hung_agent"), tmp_path)
    assert whole_lab.outcomes("VM-003")["guest/home//211"] == "pass"
    assert result.outcomes("VM-003")["guest/home//211"] == "fail"
    assert_nothing_turned_good(whole_lab, result)


def test_a_slow_api_server_is_read_whole(whole_lab: Audit, tmp_path: Path) -> None:
    result = audited(Faults(slow=0.5), tmp_path)
    assert {source["state"] for source in result.lab["sources"]} == {"read"}
    assert outcomes(result) == outcomes(whole_lab)


def test_sources_that_were_not_read_together_are_a_finding(whole_lab: Audit, tmp_path: Path) -> None:
    result = audited(Faults(), tmp_path)
    assert "fail" not in result.outcomes("META-003").values()
    manifest = tmp_path / "audit" / "evidence" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    [proxmox] = [source for source in content["sources"] if source["source"] == "proxmox"]
    earlier = datetime.strptime(proxmox["started"], "%Y-%m-%dT%H:%M:%SZ") - timedelta(minutes=10)
    proxmox["started"] = earlier.strftime("%Y-%m-%dT%H:%M:%SZ")
    manifest.write_text(json.dumps(content), encoding="utf-8")
    later = judged(tmp_path / "audit")
    assert later.outcomes("META-003")["kubernetes/lab"] == "fail"
    assert "kubernetes/lab was read 10 minutes after the first source" in plain(later.section(11))
    assert whole_lab.outcomes("META-003")["kubernetes/lab"] == "pass"
