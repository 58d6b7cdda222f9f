# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.md as a person reads it: what was read, what was not, and what is not there, each in its own words."""

from __future__ import annotations

import re
import typing as t

import pytest
from unit.report.builders import (
    GIB,
    Item,
    full_lab,
    gap,
    kubernetes_lab,
    model,
    node,
    page,
    repository_lab,
    request,
    source,
    workload,
)
from unit.report.machines import guest, host, proxmox_lab
from unit.report.results import findings, result

_SECTIONS = [
    "1. Executive summary",
    "2. Physical and virtual substrate",
    "3. Control plane and node topology",
    "4. Namespaces and platform services",
    "5. GitOps",
    "6. Networking",
    "7. Storage",
    "8. Service map",
    "9. Runtime resources",
    "10. Repository against live",
    "11. Risks and findings",
    "12. Documents written",
    "13. Evidence basis",
]
_UNREACHABLE = gap("source", "cannot reach 192.0.2.11: no route to host", "check that the host is on", "unreachable")
_NONE = findings()


def section(text: str, title: str) -> str:
    """The text of one section, without its title."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].strip()


def labs() -> dict[str, Item]:
    """Labs of every kind that lack something."""
    absent = [
        source("proxmox/", "not_configured"),
        source("kubernetes/", "not_configured"),
        source("repository/", "not_configured"),
    ]
    failed = [source(name, "failed", [_UNREACHABLE]) for name in ("proxmox/home", "kubernetes/lab", "repository/homelab")]
    return {
        "full": full_lab(),
        "only proxmox": model(source("proxmox/home"), absent[1], absent[2], **proxmox_lab()),
        "only kubernetes": model(source("kubernetes/lab"), absent[0], absent[2], **kubernetes_lab()),
        "only repository": model(source("repository/homelab"), absent[0], absent[1], **repository_lab()),
        "proxmox failed": model(failed[0], source("kubernetes/lab"), **kubernetes_lab()),
        "kubernetes failed": model(source("proxmox/home"), failed[1], **proxmox_lab()),
        "all failed": model(*failed),
        "nothing": model(*absent),
        "empty": model(
            source("proxmox/home"), source("kubernetes/lab"), **{name: [] for name in {**proxmox_lab(), **kubernetes_lab()}}
        ),
    }


@pytest.mark.parametrize("name", labs())
def test_every_lab_gives_all_sections_in_order(name: str) -> None:
    for judged in (None, _NONE):
        text = page(labs()[name], judged)
        assert re.findall(r"^## (\d.*)$", text, re.MULTILINE) == _SECTIONS
        assert "\n\n\n" not in text
        assert text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("name", labs())
def test_no_table_is_empty_and_no_section_either(name: str) -> None:
    text = page(labs()[name])
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if set(line) <= set("|-") and line.startswith("|-"):
            assert lines[index + 1].startswith("| "), lines[index - 1]
            columns = {len(re.findall(r"(?<!\\)\|", row)) for row in lines[index - 1 : index + 2]}
            assert len(columns) == 1
    assert not re.search(r"^#+ [^\n]*\n+(?=#{1,2} |\Z)", text, re.MULTILINE)


@pytest.mark.parametrize("name", labs())
def test_the_same_input_gives_the_same_bytes(name: str) -> None:
    assert page(labs()[name]) == page(labs()[name])


def test_head_carries_banner_date_sources_and_change_policy() -> None:
    text = page(full_lab(), banner="DEMO LAB")
    assert text.startswith(
        "# Homelab Deep Dive\n\n**DEMO LAB**\n\n- Date: 2026-03-01 18:00 UTC\n- Made by: homelab.deepdive 0.1.0\n"
        "- Change policy: Nothing was changed: 6 requests, all of them reads.\n"
    )
    assert "| proxmox/home | read | 9.1.4 | audit@home |\n" in text
    assert "| repository/homelab | read | - | files on this machine |\n" in text
    assert "DEMO" not in page(full_lab())


def test_a_lab_that_was_read_whole_has_nothing_unknown() -> None:
    text = page(full_lab())
    assert text.count("unknown") == 1  # where the head says what the word means
    assert section(text, "What could not be read") == "Everything that was asked for could be read."


@pytest.mark.parametrize(
    ("key", "value", "cell"),
    [
        ("onboot", None, "none"),
        ("onboot", False, "no"),
        ("onboot", True, "yes"),
        ("backed_up", ..., "unknown"),
        ("carries", [], "none"),
        ("carries", ..., "unknown"),
        ("node_id", None, "none"),
        ("node_id", ..., "unknown"),
        ("node_id", "node/lab//gone", "gone"),
        ("agent_enabled", False, "switched off"),
        ("agent_answers", ..., "unknown"),
    ],
)
def test_absent_null_and_false_are_told_apart(key: str, value: t.Any, cell: str) -> None:
    one = guest(105, "probe", "pve1", node_id="node/lab//n", controller_id="controller/lab//c", carries=["x"])
    one = {**one, key: value} if value is not ... else {name: field for name, field in one.items() if name != key}
    text = page(full_lab(guests=[one]))
    row = next(line for line in text.splitlines() if line.startswith("| probe |"))
    cells = [part.strip() for part in row.strip("|").split("|")]
    column = ["name", "carries", "node_id", "controller_id", "onboot", "agent_enabled", "backed_up"].index(
        "agent_enabled" if key == "agent_answers" else key
    )
    assert cells[column] == cell


def test_numbers_are_for_people() -> None:
    text = page(full_lab(hosts=[host("pve1", memory_bytes=int(29.3 * GIB))], nodes=[node("n", cpu_cores=3.92)]))
    assert "| 16 | 29.3 GiB | 21.0 GiB (72 %) | 18.0 GiB | 0 |" in text
    assert "| 3.92 | 10.0 GiB | 9.0 GiB |" in text


def test_what_is_not_configured_is_one_sentence() -> None:
    text = page(labs()["only repository"], _NONE)
    assert section(text, "2. Physical and virtual substrate") == "No Proxmox source is configured."
    assert section(text, "4. Namespaces and platform services") == "No Kubernetes source is configured."
    assert section(text, "8. Service map") == "No Kubernetes source is configured."
    topology = section(text, "3. Control plane and node topology")
    assert topology.startswith("No Kubernetes source is configured.\n\n### 3.4 Machines that the repository names\n\n| Machine |")
    assert "No Proxmox source is configured.\n- No Kubernetes source is configured." in section(text, "1. Executive summary")


def test_without_a_repository_nothing_is_said_of_declared_machines() -> None:
    assert "repository names" not in section(page(labs()["only kubernetes"]), "3. Control plane and node topology")


def test_a_source_that_failed_is_on_top_and_once_in_its_section() -> None:
    text = page(labs()["proxmox failed"])
    told = "- **proxmox/home** (unreachable): cannot reach 192.0.2.11: no route to host\n  - What helps: check that the host is on"
    assert told in section(text, "What could not be read")
    substrate = section(text, "2. Physical and virtual substrate")
    assert substrate == f"Nothing of this section could be read.\n\n{told}"
    assert "proxmox/home" not in section(text, "4. Namespaces and platform services")
    assert text.index("## What could not be read") < text.index("## 1. Executive summary")
    assert "| proxmox/home | not read | unknown | unknown |" in text


def test_a_part_that_failed_is_the_gap_with_its_remedy_instead_of_a_table() -> None:
    lost = gap("storages", "cannot read /storage: forbidden", "run `pveum acl modify /`", "forbidden")
    lab = full_lab(host_storages=None)
    lab["sources"][1] = source("proxmox/home", "partial", [lost])
    substrate = section(page(lab), "2. Physical and virtual substrate")
    assert substrate.endswith(
        "### 2.3 Storages\n\nThe storages could not be read.\n\n"
        "- **proxmox/home: storages** (forbidden): cannot read /storage: forbidden"
        "\n  - What helps: run `pveum acl modify /`"
    )
    assert "### 2.2 Guests\n\n| VMID |" in substrate


def test_a_part_that_was_read_in_part_is_the_gap_and_the_table() -> None:
    lab = full_lab()
    lab["sources"][1] = source("proxmox/home", "partial", [gap("guests/111/agent", "no answer", "", "timeout")])
    substrate = section(page(lab), "2. Physical and virtual substrate")
    assert (
        "### 2.2 Guests\n\nNot all of this could be read:\n\n- **proxmox/home: guests/111/agent** (timeout): no answer\n\n| VMID |"
        in substrate
    )


def test_rows_are_shown_although_one_kind_of_workload_was_not_read() -> None:
    lab = full_lab()
    lab["coverage"]["workloads"] = lab["coverage"]["services"] = {"kubernetes/lab": "unread"}
    lab["sources"][0] = source("kubernetes/lab", "partial", [gap("cronjobs", "forbidden", "", "forbidden")])
    text = page(lab)
    assert "### 8.1 player (media)" in text
    assert "- **kubernetes/lab: cronjobs** (forbidden): forbidden" in section(text, "8. Service map")


def test_one_of_two_sources_that_failed_is_told_before_the_rows_of_the_other() -> None:
    lab = model(source("proxmox/home"), source("proxmox/away", "failed", [_UNREACHABLE]), **proxmox_lab())
    for collection in proxmox_lab():
        lab["coverage"][collection]["proxmox/away"] = "unread"
    substrate = section(page(lab), "2. Physical and virtual substrate")
    assert substrate.startswith("Not all sources of this section could be read:\n\n- **proxmox/away** (unreachable): ")
    assert substrate.count("proxmox/away") == 1
    assert "| pve1 |" in substrate


def test_what_was_read_and_is_empty_says_so() -> None:
    text = page(labs()["empty"])
    assert "### 2.2 Guests\n\nNo guests were found.\n" in text
    assert section(text, "8. Service map") == "No services were found."


def test_a_failed_source_without_a_gap_still_shows() -> None:
    text = page(model(source("proxmox/home", "failed")))
    assert "- **proxmox/home** (invalid): the evidence does not say why it could not be read" in text


def test_an_empty_answer_is_doubted() -> None:
    text = page(full_lab() | {"sources": [source("proxmox/home", empty_nouns=["resources"])]})
    assert (
        "proxmox/home answered, and has no resources: that is rarely true, and often means that its identity lacks rights." in text
    )


def test_five_findings_stand_first_with_their_reason() -> None:
    fails = [result(f"VM-00{number}", "fail", "low", why=f"Reason {number}.") for number in range(7)]
    matters = section(page(full_lab(), findings(*fails)), "What matters most")
    assert re.findall(r"^(\d)\. \*\*", matters, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert (
        "1. **guest/home//100 is not right** (low, VM-000).\n   - Why: Reason 0.\n   - What to do: Start it with its host.\n"
        in matters
    )
    assert matters.endswith("Start with the first one. All findings stand in section 11, worst first.")


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([result("VM-001", "pass")], "No rule found a fault, so nothing has to be done first."),
        (
            [result("VM-001", "pass"), result("VM-002", "unknown")],
            "No rule found a fault, and 1 check could not be decided: section 11 says what they need.",
        ),
        ([result("VM-001", "unknown")], "No rule could be checked, so nothing can be put first."),
        ([], "No rule could be checked, so nothing can be put first."),
    ],
)
def test_no_findings_is_only_good_when_something_was_checked(results: t.Sequence[Item], said: str) -> None:
    assert section(page(full_lab(), findings(*results)), "What matters most") == said


def test_findings_are_grouped_by_severity_and_rule() -> None:
    risks = section(page(full_lab()), "11. Risks and findings")
    assert "| 0 | 2 | 1 | 0 | 0 | 1 | 1 | 1 | 1 |" in risks
    assert re.findall(r"^#{3,4} .*$", risks, re.MULTILINE) == [
        "### High",
        "#### VM-001: Title of VM-001",
        "### Medium",
        "#### IMG-001: Title of IMG-001",
        "### Undecided",
        "### Waived",
    ]
    assert "  - Evidence: guest: nas; memory: 16.0 GiB\n  - Object: `guest/home//100`\n" in risks
    assert "Why: It carries the media.\n\nFix: Start it with its host.\n\nSee: The manual: `https://example.org/manual`\n" in risks
    assert "| BAK-001 | Title of BAK-001 | high | 1 | guests of proxmox/home |" in risks
    assert "| PVE-001 | Title of PVE-001 | high | pair | a QDevice is ordered |" in risks


def test_a_service_shows_what_it_is_keeps_needs_and_runs_on() -> None:
    services = section(page(full_lab()), "8. Service map")
    for line in (
        "- Deployment **player**: 1 of 1 replicas ready",
        "  - Container player: `player/player:latest`, listens on 8096/TCP, adds NET_ADMIN",
        "- Images without a fixed version: `player/player:latest`",
        "  - player (ClusterIP): 80 → 8096/TCP, 1 ready endpoint",
        "  - `player.example.org`, path `/`, to port 80 of player; TLS: no",
        "  - media at `/media` in player: class nas-nfs, ReadWriteOnce, 5.0 GiB, from nfs on 192.0.2.100 (`/pool/media`), "
        "which is guest nas",
        "  - player-config at `/config` in player: class longhorn, ReadWriteOnce, 5.0 GiB, from driver.longhorn.io",
        "  - `/etc/app` in player: config map settings",
        "- Secrets it refers to: vpn-secret",
        "- Added capabilities: NET_ADMIN",
        "  - node worker-1, guest worker-1, host pve1",
    ):
        assert f"\n{line}" in services


def test_a_service_says_what_of_it_was_not_read() -> None:
    lab = full_lab(claims=None, volumes=None, nodes=None)
    for entry, keys in (("services", ("kube_services", "routes", "nodes")), ("workloads", ("secrets",))):
        for entity in lab[entry]:
            for key in keys:
                del entity[key]
    services = section(page(lab), "8. Service map")
    for line in ("- Ports: unknown", "- Routes: unknown", "- Secrets it refers to: unknown", "- Runs on: unknown"):
        assert f"\n{line}\n" in f"{services}\n"
    assert "  - media at `/media` in player: class unknown, unknown, unknown, from unknown\n" in services


def test_what_belongs_to_no_service_is_listed_apart() -> None:
    lab = full_lab()
    job = workload("backup", "media", kind="CronJob", id="cronjob/lab/media/backup", replicas_wanted_count=None)
    lost = lab["routes"][0] | {"id": "route/lab/media/x:*/", "host": None, "kube_service_id": "kube_service/lab/media/gone"}
    lab["workloads"].append(job)
    lab["routes"].append(lost)
    services = section(page(lab), "8. Service map")
    assert (
        "### Workloads that belong to no service\n\n| Namespace | Workload | Kind | Ready | Images |\n|---|---|---|---|---|\n"
        "| media | backup | CronJob | no replicas | `backup/backup:latest` |\n\n"
        "### Routes that lead to no service\n\n"
        "| Host name | Path | To | Port | Namespace | TLS | Ready endpoints |\n|---|---|---|---|---|---|---|\n"
        "| every host name | `/` | gone | 80 | media | no | 1 |"
    ) in services


def test_evidence_basis_adds_up_by_source() -> None:
    rows = [
        request("proxmox/home", endpoint="/nodes", count=3, bytes=1024),
        request("proxmox/home", endpoint="/version", count=1, bytes=512, failed_count=1),
        request("kubernetes/lab", endpoint="/api/v1/pods", bytes=5 * 1024**2, seconds=1.5, identity=None),
    ]
    basis = section(page(full_lab(requests=rows)), "13. Evidence basis")
    assert "### 13.1 kubernetes/lab\n\nRead as: unknown\n" in basis
    assert "| GET | `/api/v1/pods` | 2 | 0 | 0 | 5 MiB | 1.50 s |" in basis
    assert "| | **All** | 4 | 1 | 0 | 1.5 KiB | 0.50 s |" in basis
    assert "\nAll sources: 6 requests, 1 failed, 0 refused unsent, 5 MiB, 2.00 s.\n" in basis
