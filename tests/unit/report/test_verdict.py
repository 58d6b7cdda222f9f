# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences at the head: true in every lab, at most ten, and safe on a terminal."""

from __future__ import annotations

import pytest
from unit.report.builders import Item, full_lab, gap, model, node, report, request, service, source
from unit.report.machines import guest, host, proxmox_lab
from unit.report.results import findings, result, some_findings

from ansible_collections.homelab.deepdive.plugins.module_utils._report.evidence_basis import change_policy
from ansible_collections.homelab.deepdive.plugins.module_utils._report.report import failed_on, unreadable

_LOST = gap("source", "cannot reach 192.0.2.11: no route to host", "", "unreachable")


def test_the_whole_verdict_of_a_lab_that_was_read() -> None:
    assert list(report(full_lab()).verdict) == [
        "Everything that should run does: 2 of 2 hosts are online, 2 of 2 guests set to start at boot are running, 1 "
        "of 1 node is ready and "
        "1 of 1 service "
        "is fully up.",
        "There are 3 findings: 2 high and 1 medium; 1 check could not be decided because what it needs was not read; "
        "1 finding is waived.",
        "The first to look at (high, VM-001): worker-1 does not start when pve1 does.",
        "Argo CD brings 3 applications from Git into the cluster; 1 differs from Git (blocks), and Argo CD syncs it "
        "again and again "
        "without effect.",
        "Memory fills up first: nodes use up to 63 % of their memory and 3 % of their processors.",
        "The lab stands on 2 hosts with Proxmox VE 9.1.4; they carry 3 guests (3 running) and 1 template.",
        "Kubernetes (k0s v1.30.2+k0s) runs on 1 controller and 1 node.",
        "1 service runs in Kubernetes; 1 host name leads to it.",
        "The repository homelab describes 12 Kubernetes objects; 1 machine that it declares is not in the cluster.",
        "Data is kept in 2 claims for storage: 1 of class longhorn and 1 of class nas-nfs.",
    ]


def test_it_never_has_more_than_ten_sentences() -> None:
    lab = full_lab()
    lab["sources"] = [source("proxmox/home", "partial", [gap("storages")]), *lab["sources"]]
    assert len(report(lab, some_findings()).verdict) == 10


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hosts": None}, "The Proxmox hosts could not be read."),
        ({"guests": None}, "The lab stands on 2 hosts with Proxmox VE 9.1.4; their guests could not be read."),
        ({"guests": []}, "The lab stands on 2 hosts with Proxmox VE 9.1.4; they carry no guests."),
        (
            {"hosts": [host("a"), host("b", version="8.4.1")], "guests": [guest(1, "x", "a", state="stopped")]},
            "The lab stands on 2 hosts with Proxmox VE 8.4.1 and 9.1.4; they carry 1 guest (0 running).",
        ),
        ({"kube_clusters": None}, "The Kubernetes cluster could not be read."),
        ({"nodes": None}, "Kubernetes (k0s v1.30.2+k0s) runs on 1 controller; the nodes could not be read."),
        (
            {"nodes": [node("n1"), node("n2", ready=False)]},
            "Kubernetes (k0s v1.30.2+k0s) runs on 1 controller and 2 nodes.",
        ),
        ({"services": None}, "What services run could not be read."),
        ({"services": []}, "No services run in Kubernetes."),
        (
            {"services": [service("a", "x"), service("b", "x", hostnames=[], routes=[])]},
            "2 services run in Kubernetes; 1 host name leads to them, and 1 is reached only from inside the cluster.",
        ),
        ({"claims": []}, "Nothing claims storage."),
        ({"repositories": None}, "The repository could not be read."),
        ({"declared_nodes": []}, "The repository homelab describes 12 Kubernetes objects."),
    ],
)
def test_each_fact_in_its_own_words(changes: Item, sentence: str) -> None:
    assert sentence in report(full_lab(**changes)).verdict


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"nodes": [node("n1"), node("n2", ready=False)]},
            "Not everything runs: 2 of 2 hosts are online, 2 of 2 guests set to start at boot are running, 1 of 2 "
            "nodes is ready and 1 of 1 service is fully up; not so: node n2.",
        ),
        (
            {"hosts": [host("pve1"), host("pve2", online=False)], "services": []},
            "Not everything runs: 1 of 2 hosts is online, 2 of 2 guests set to start at boot are running and 1 of 1 "
            "node is ready; not so: host pve2.",
        ),
        (
            {
                "services": [service("a", "x", replicas_wanted_count=0, replicas_ready_count=0)],
                "hosts": [],
                "guests": [],
                "nodes": [],
            },
            "Not everything runs: 0 of 1 service is fully up; not so: service a.",
        ),
        (
            {"guests": [guest(1, "x", "pve1", state="stopped", onboot=False), guest(2, "y", "pve1", state="stopped")], "hosts": []},
            "Not everything runs: 0 of 1 guest set to start at boot is running, 1 of 1 node is ready and 1 of 1 "
            "service is fully up; not so: guest y.",
        ),
        (
            {"services": None, "hosts": []},
            "Not everything is known to run: 2 of 2 guests set to start at boot are running and 1 of 1 node is ready.",
        ),
    ],
)
def test_whether_all_runs_comes_before_everything_else(changes: Item, sentence: str) -> None:
    assert report(full_lab(**changes)).verdict[0] == sentence


def test_a_gap_keeps_the_verdict_from_saying_that_all_runs() -> None:
    lab = full_lab()
    lab["sources"][0] = source("kubernetes/lab", "partial", [gap("pods")])
    assert report(lab).verdict[1].startswith("Not everything is known to run: 2 of 2 hosts are online")


def test_readiness_that_was_not_read_is_not_called_good() -> None:
    bare = {key: value for key, value in node("n").items() if key != "ready"}
    assert report(full_lab(nodes=[bare])).verdict[0] == (
        "Not everything is known to run: 2 of 2 hosts are online, 2 of 2 guests set to start at boot are running, 0 of "
        "1 node is ready (1 unknown) and "
        "1 of 1 service is fully up."
    )


def test_states_that_were_not_read_are_not_counted() -> None:
    bare = {key: value for key, value in guest(1, "x", "pve1").items() if key != "state"}
    assert "The lab stands on 2 hosts with Proxmox VE 9.1.4; they carry 1 guest." in report(full_lab(guests=[bare])).verdict


def test_machines_whose_presence_is_unknown_are_not_called_missing() -> None:
    lab = full_lab()
    for machine in lab["declared_nodes"]:
        machine.pop("present")
    assert "The repository homelab describes 12 Kubernetes objects." in report(lab).verdict


def test_routes_that_were_not_read_are_not_called_absent() -> None:
    bare = {key: value for key, value in service("a", "x").items() if key != "hostnames"}
    assert (
        "1 service runs in Kubernetes; which host names lead to it could not be read." in report(full_lab(services=[bare])).verdict
    )


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([source("proxmox/home", "failed", [_LOST])], "Not everything could be read; missing: proxmox/home."),
        (
            [source("proxmox/home", "failed", [_LOST]), source("kubernetes/lab", "partial", [gap("pods"), gap("nodes")])],
            "Not everything could be read; missing: proxmox/home, and 2 parts of kubernetes/lab.",
        ),
        ([source("kubernetes/lab", "partial", [gap("pods")])], "Not everything could be read; missing: 1 part of kubernetes/lab."),
    ],
)
def test_what_could_not_be_read_comes_first(sources: list[Item], sentence: str) -> None:
    assert report(model(*sources)).verdict[0] == sentence


@pytest.mark.parametrize(
    ("judged", "sentence"),
    [
        (findings(), "No rule could be checked."),
        (findings(result("VM-001", "pass"), result("VM-002", "pass")), "No rule found a fault, in 2 checks."),
        (findings(result("VM-001", "fail", "info")), "There is 1 finding: 1 for information only."),
    ],
)
def test_what_was_found(judged: Item, sentence: str) -> None:
    assert sentence in report(full_lab(), judged).verdict


def test_a_terminal_gets_no_control_characters() -> None:
    lab = model(source("proxmox/home"), **{**proxmox_lab(), "hosts": [host("pve\x1b[2J\n1", version="9\x07")]})
    judged = findings(result("VM-001", "fail", message="bad\x1b]0;title\x07 name"))
    data = report(lab, judged, banner="DEMO\x1b[31m")
    assert "\x1b" not in "".join([*data.verdict, *data.summary, data.banner])
    assert "\x07" not in "".join([*data.verdict, *data.summary])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "Nothing was changed: no request was sent."),
        ([request(count=1)], "Nothing was changed: 1 request, a read."),
        ([request(), request(verb="READ"), request(verb="EXEC")], "Nothing was changed: 6 requests, all of them reads."),
        (
            [request(), request(verb="POST", endpoint="/access/ticket", count=1)],
            "Nothing was changed: 3 requests, 2 reads and 1 login.",
        ),
        (
            [request(count=3, refused_count=1)],
            "Nothing was changed: 2 requests, all of them reads. "
            "1 further request was not on the list of reads and was refused unsent.",
        ),
        (
            [request(), request(verb="PUT", endpoint="/x", count=2, refused_count=2)],
            "Nothing was changed: 2 requests, all of them reads. "
            "2 further requests were not on the list of reads and were refused unsent.",
        ),
        ([request(), request(verb="PUT", endpoint="/x")], "4 requests were sent, and not all of them are reads: PUT /x."),
        (
            [request(verb="POST", endpoint="/nodes"), request(verb="POST", endpoint="/access/ticket")],
            "4 requests were sent, and not all of them are reads: POST /nodes.",
        ),
    ],
)
def test_change_policy_says_what_the_ledger_says(rows: list[Item], sentence: str) -> None:
    assert change_policy(rows) == sentence


@pytest.mark.parametrize(
    ("wishes", "reasons"),
    [
        ([], []),
        (["critical"], []),
        (["high"], ["high: 2 findings of this severity or worse (VM-001)"]),
        (["medium"], ["medium: 3 findings of this severity or worse (IMG-001 and VM-001)"]),
        (
            ["info", "high"],
            [
                "high: 2 findings of this severity or worse (VM-001)",
                "info: 3 findings of this severity or worse (IMG-001 and VM-001)",
            ],
        ),
        (["gap"], []),
    ],
)
def test_fail_on_counts_a_severity_and_all_worse_ones(wishes: list[str], reasons: list[str]) -> None:
    assert failed_on(report(full_lab()), wishes) == reasons


def test_fail_on_gap_names_the_sources() -> None:
    lab = model(source("proxmox/home", "failed", [_LOST]), source("kubernetes/lab", "partial", [gap("pods")]))
    assert failed_on(report(lab), ["gap"]) == ["gap: 2 things could not be read (kubernetes/lab and proxmox/home)"]


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ([source("proxmox/home")], ""),
        ([source("proxmox/home", "partial", [gap("pods")]), source("kubernetes/lab", "failed", [_LOST])], ""),
        (
            [source("proxmox/home", "failed", [_LOST]), source("repository/", "not_configured")],
            "cannot audit the lab: none of its sources could be read (proxmox/home: cannot reach 192.0.2.11: no route to host); "
            "the report says what would help",
        ),
        ([source("repository/", "not_configured")], "cannot audit the lab: no source is configured; name one in the lab file"),
    ],
)
def test_a_lab_of_which_nothing_was_read_is_no_lab(sources: list[Item], sentence: str) -> None:
    assert unreadable(report(model(*sources))) == sentence
