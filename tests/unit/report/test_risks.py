# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections 8, 10, 11 and 13 of report.md, the part of the verdict that comes from findings, and a lab of ten thousand pods."""

from __future__ import annotations

import re
import time
import typing as t

import pytest
from unit.report import rich
from unit.report.builders import Item, full_lab, model, page, report, repository_lab, service, source, workload
from unit.report.results import findings, more_findings, result
from unit.report.test_page import section

_REPOSITORY = "10. Repository against live"


def told(title: str, judged: Item | None = None, **changes: t.Any) -> str:
    """The text of one section."""
    return section(page(full_lab(**changes), judged or more_findings()), title)


@pytest.mark.parametrize(
    "line",
    [
        "- Managed by application player (Synced, Healthy): `apps/player` at main",
        "  - Also of it: Deployment coredns (kube-system)",
        "  - Uses 441 MiB of memory (largest pod 284 MiB) and 0.05 cores; memory request per pod: none; limit per pod: 512 MiB",
        "- Deployment **player**: 1 of 1 replicas ready, update strategy Recreate",
        "- Config maps it mounts or reads: settings",
    ],
)
def test_a_service_shows_who_manages_it_and_what_it_uses(line: str) -> None:
    assert line in told("8. Service map").splitlines()


@pytest.mark.parametrize(
    ("applications", "line"),
    [
        ([], "- Managed by application: none"),
        (
            ["application/lab/argocd/blocks"],
            "- Managed by application blocks (OutOfSync, Healthy): chart `blocks` 1.7.2 from `https://charts.example.org`",
        ),
    ],
)
def test_a_chart_is_told_with_its_version(applications: list[str], line: str) -> None:
    assert line in told("8. Service map", services=[service("player", "media", applications=applications)]).splitlines()


@pytest.mark.parametrize(
    ("topic", "line"),
    [
        ("Names", "Nothing found (NODE-007)."),
        ("Machines", "- Could not be decided: REPO-001"),
        ("Machines", "| pi | 192.0.2.9 | worker | `README.md` line 7 |"),
        (
            "Machines",
            "| worker-1 | 111 | `terraform/main.tf` line 12 | yes | memory: 8.0 GiB in Terraform, 10.0 GiB live "
            "(not comparable: ip) |",
        ),
        (
            "Drift",
            "- blocks differs from Git in 2 objects: set in Git, and something else writes another value; set in Git, and the API "
            "server does not keep it. Argo CD syncs it 12.2 times per hour without effect (ARGO-002)",
        ),
        ("Drift", "Section 5.3 shows each difference with what ends it, section 5.4 how often Argo CD syncs."),
        ("Files", "- `apps/x.yaml.yaml` in homelab ends in two extensions; it holds Deployment, read by player"),
        (
            "Destinations of Applications",
            "- root (`root.yaml`): its own destination is namespace argocd, that of its children media",
        ),
        ("Destinations of Applications", "- gone (`gone.yaml`): Argo CD has no such application"),
        ("Host names", "- Only in repository homelab: `old.example.org`"),
        ("Host names", "- Only in the cluster: none"),
        ("Files and folders that nothing reads", "- Nothing reads old (ARGO-009, low)"),
        ("Other findings", "- homelab has a fault of its own (REPO-099, low)"),
    ],
)
def test_the_repository_is_compared_subject_by_subject(topic: str, line: str) -> None:
    text = told(_REPOSITORY)
    assert line in re.split(rf"^### 10\.\d {re.escape(topic)}$", text, flags=re.MULTILINE)[1].split("\n### ")[0].splitlines()


def test_the_repository_says_which_k0s_it_asks_for_and_which_runs() -> None:
    assert told(_REPOSITORY).startswith(
        "- Repository **homelab**: 20 files, 12 Kubernetes objects, branch main; it asks for k0s v1.30.2+k0s.0 (`k0sctl.yaml`), "
        "and v1.30.2+k0s runs\n"
    )


def test_presence_that_is_unknown_is_not_called_missing() -> None:
    machines = [{key: value for key, value in row.items() if key != "present"} for row in repository_lab()["documented_machines"]]
    guests = [{key: value for key, value in row.items() if key != "present"} for row in repository_lab()["declared_guests"]]
    text = told(_REPOSITORY, documented_machines=machines, declared_guests=guests, declared_nodes=[])
    assert "Not there" not in text
    assert "| worker-1 | 111 | `terraform/main.tf` line 12 | unknown |" in text


@pytest.mark.parametrize("state", ["not_configured", "failed"])
def test_without_a_repository_section_10_is_one_sentence(state: str) -> None:
    lab = model(source("proxmox/home"), source("repository/homelab", state))
    first = section(page(lab), _REPOSITORY).splitlines()[0]
    assert first == ("No repository is configured." if state == "not_configured" else "Nothing of this section could be read.")


def test_risks_start_with_a_table_of_what_hurts_first() -> None:
    judged = more_findings()
    judged["rules"] = [rule | {"harm": "outage"} if rule["id"] == "VM-001" else rule for rule in judged["rules"]]
    lines = told("11. Risks and findings", judged).splitlines()
    start = lines.index("| Severity | Rule | Harm | What | Where |")
    rows = [line.split(" | ") for line in lines[start + 2 : start + 8]]
    assert [row[0].strip("| ") for row in rows] == ["high", "medium", "medium", "low", "low", "info"]
    assert rows[0][1:] == ["VM-001", "something people use stops", "Title of VM-001", "100 and 111 |"]


def test_a_ready_change_stands_as_it_must_be_written() -> None:
    text = told("11. Risks and findings")
    assert f"Ready change for blocks, not applied:\n\n```\n{rich.PATCH}\n```\n" in text
    assert "patch:" not in text
    assert "  - Evidence: owners: rotator\n" in text


def test_a_verdict_names_what_fails_alone_and_drops_the_repository_first() -> None:
    lab = full_lab()
    told_of = list(report(lab, more_findings()).verdict)
    assert "Of 1 service, host pve2 takes 1." in told_of
    assert len(told_of) == 10
    lab["sources"][0]["gaps"] = [{"what": "pods", "reason": "timeout", "detail": "no answer", "remedy": ""}]
    fewer = list(report(lab, more_findings()).verdict)
    assert len(fewer) == 10
    assert fewer[0].startswith("Not everything could be read")
    assert not any(sentence.startswith("The repository") for sentence in fewer)


@pytest.mark.parametrize(
    ("applications", "sentence"),
    [
        ([], None),
        ([rich.application("a")], "Argo CD brings 1 application from Git into the cluster; none differs from Git."),
        (
            [rich.application("a", sync_status="OutOfSync")],
            "Argo CD brings 1 application from Git into the cluster; 1 differs from Git (a).",
        ),
        (
            [rich.application(name, sync_status="OutOfSync", loop=True) for name in "ab"],
            "Argo CD brings 2 applications from Git into the cluster; 2 differ from Git (a and b), and Argo CD syncs "
            "them again and "
            "again without effect.",
        ),
        (
            [rich.application(name, sync_status="OutOfSync", loop=name == "a") for name in "ab"],
            "Argo CD brings 2 applications from Git into the cluster; 2 differ from Git (a and b), and Argo CD syncs a again and "
            "again without effect.",
        ),
        (
            [{"id": "application/lab/argocd/a", "name": "a", "cluster": "lab"}],
            "Argo CD brings 1 application from Git into the cluster; of 1 it is unknown whether it differs from Git.",
        ),
        (
            [rich.application("a", automated=False), rich.application("b")],
            "Argo CD brings 2 applications from Git into the cluster, 1 of them only when somebody asks for it; none differs from "
            "Git.",
        ),
    ],
)
def test_gitops_in_one_sentence(applications: list[Item], sentence: str | None) -> None:
    verdict = report(full_lab(applications=applications), findings(result("VM-001", "pass"))).verdict
    assert [line for line in verdict if "Argo CD" in line] == ([sentence] if sentence else [])


def test_sources_stand_in_the_order_of_reading() -> None:
    lab = full_lab()
    for entry, started in zip(lab["sources"], ["2026-03-01T18:02:00Z", "2026-03-01T18:01:00Z", None]):
        entry["started"] = started
    lab["sources"][2]["leak_count"] = 1
    assert (
        "Read in this order:\n\n1. proxmox/home: started 2026-03-01 18:01 UTC\n2. kubernetes/lab: started 2026-03-01 18:02 UTC\n"
        "3. repository/homelab: its start was not recorded; **1 secret came through**\n"
    ) in section(page(lab), "13. Evidence basis")


def test_ten_thousand_workloads_take_seconds() -> None:
    many = [workload(f"w{number}", "media", kube_services=[], claims=[]) for number in range(10_000)]
    names = [service(row["name"], "media", kube_services=[], routes=[], claims=[]) for row in many[:1000]]
    lab = full_lab(workloads=many, services=names)
    start = time.perf_counter()
    assert len(page(lab, more_findings())) > 1_000_000
    assert time.perf_counter() - start < 30


def test_a_folded_finding_names_all_its_objects() -> None:
    text = told("11. Risks and findings")
    assert "- Of 1 service, host pve2 takes 1\n  - Objects: `host/home//pve2`\n" in text


def test_facts_stand_where_no_rule_judged_them() -> None:
    text = told(_REPOSITORY, findings(result("VM-001", "pass")))
    for line in (
        "- `old` in homelab: 2 Kubernetes objects that no application reads, with routes for `old.example.org`",
        "- `apps/x.yaml.yaml` in homelab ends in two extensions; it holds Deployment, read by player",
        "- Only in repository homelab: `old.example.org`",
    ):
        assert f"\n{line}\n" in text + "\n"
