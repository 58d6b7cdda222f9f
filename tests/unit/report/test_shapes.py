# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of labs of other shapes: several clusters, many guests, no findings, hostile names. Tables are whole in all of them."""

from __future__ import annotations

import re

import pytest
from unit.report.builders import Item, full_lab, page, report
from unit.report.markdown import EVIL, parse
from unit.report.results import findings, more_findings, result
from unit.report.test_hostile_page import lab as hostile_lab
from unit.report.test_hostile_page import spoiled
from unit.report.test_machine import problems
from unit.report.test_page import section
from unit.report.variety import doubled, nothing_found, shapes

from ansible_collections.homelab.deepdive.plugins.module_utils._report.judged import sentence, shown
from ansible_collections.homelab.deepdive.plugins.module_utils._report.machine import to_dict

# Tables that need no column for the cluster: its own, those of a repository, and those of the audit itself.
_WITHOUT_CLUSTER = (
    *("Source", "Cluster", "Machine", "Missing machine", "Guest in Terraform", "Object", "Critical", "Severity", "Rule"),
    *("Verb", "File"),
)


def tables(text: str) -> list[list[str]]:
    """The raw lines of every table that a renderer sees."""
    lines = text.split("\n")
    return [lines[token.map[0] : token.map[1]] for token in parse(text) if token.type == "table_open" and token.map is not None]


def cells(line: str) -> list[str]:
    """The cells of a row. A pipe behind an odd number of backslashes is text, in code as well."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())
    return [part.strip() for part in parts[1:-1]]


def check_tables(text: str) -> None:
    """Every row has the cells of its header, and every line that looks like a row is one."""
    found = tables(text)
    for table in found:
        assert {len(cells(line)) for line in table} == {len(cells(table[0]))}, table
        assert set(table[1]) <= set("|-")
    inside = sum(len(table) for table in found)
    assert inside == len([line for line in text.split("\n") if line.startswith("|")])


@pytest.mark.parametrize("name", shapes())
def test_tables_are_whole_in_every_lab(name: str) -> None:
    text = page(shapes()[name], more_findings())
    assert len(tables(text)) > 5
    check_tables(text)
    check_tables(page(shapes()[name], more_findings(), template="docs_inventory.md.j2"))


@pytest.mark.parametrize("text", EVIL)
def test_tables_are_whole_with_hostile_names(text: str) -> None:
    check_tables(page(spoiled(hostile_lab(), text), spoiled(more_findings(), text), banner=text))
    check_tables(page(spoiled(doubled(), text), spoiled(more_findings(), text)))


@pytest.mark.parametrize("name", shapes())
def test_headings_are_told_apart_and_reports_fit_the_schema(name: str) -> None:
    text = page(shapes()[name], more_findings())
    headings = re.findall(r"^#+ .*$", text, re.MULTILINE)
    assert len(set(headings)) == len(headings)
    assert problems(to_dict(report(shapes()[name], more_findings()))) == []


def test_every_table_of_several_clusters_says_which() -> None:
    lab = doubled()
    for collection in ("workloads", "routes"):
        lost = [row | {"id": row["id"] + "-alone", "name": "alone", "kube_services": []} for row in lab[collection]]
        lab[collection] = lab[collection] + lost
    found = tables(page(lab, more_findings()))
    plain = [cells(table[0])[0] for table in found if "Cluster" not in cells(table[0])]
    assert set(plain) <= set(_WITHOUT_CLUSTER)
    told = [table for table in found if "Cluster" in cells(table[0]) and cells(table[0])[0] != "Cluster"]
    assert len(told) >= 20
    for table in told:
        column = cells(table[0]).index("Cluster")
        names = {cells(line)[column] for line in table[2:]}
        assert names in ({"lab", "second"}, {"home", "away"}), table[0]


def test_the_inventory_of_several_clusters_says_which() -> None:
    found = tables(page(doubled(), template="docs_inventory.md.j2"))
    assert len(found) == 5
    assert [cells(table[0]) for table in found if "Cluster" not in cells(table[0])] == []


def test_one_cluster_needs_no_column() -> None:
    headers = [cells(table[0]) for table in tables(page(full_lab(), more_findings()))]
    assert [header for header in headers if "Cluster" in header] == [
        ["Cluster", "Distribution", "Version", "API", "Controllers", "Nodes", "Pods"]
    ]


@pytest.mark.parametrize(
    "line",
    [
        "- Argo CD brings 6 applications from Git into the cluster; 2 differ from Git (blocks of lab and blocks of "
        "second), and Argo CD "
        "syncs them again and again without effect.",
        "- 2 Kubernetes clusters (k0s v1.30.2+k0s) run on 2 controllers and 2 nodes.",
        "- pve1 of away carries controller-1 and worker-1.",
        "- controller-1 of lab and controller-1 of second are controllers only, and run no workloads.",
        "- The services are player of lab and player of second.",
        "- MetalLB of second gives out 192.0.2.50-192.0.2.52, 2 of 3 addresses in use.",
        "- State of second lies on driver.longhorn.io (class longhorn): 1 claim, 5.0 GiB.",
        "- **pair** (source away): a cluster of 2 hosts, 2 online, 2 votes, enough of them for a decision (quorate): yes",
        "- **root** of second is declared in `root/root.yaml`, reads `apps/root` at main, and manages 2 applications: "
        "blocks, player.",
        "**blocks** of second (health: Healthy):",
        "- **names** (media of second, LoadBalancer) on 192.0.2.51: 53/TCP, 53/UDP, 80/TCP → web; 1 ready endpoint",
        "- **State**: 1 claim of second, 5.0 GiB, class longhorn, on driver.longhorn.io, ReadWriteOnce",
        "### 8.2 player (media of second)",
    ],
)
def test_sentences_of_several_clusters_say_which(line: str) -> None:
    assert line in page(doubled(), more_findings()).splitlines()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "many guests",
            "- Everything that should run does: 3 of 3 hosts are online and 54 of 54 guests set to start at boot are running.",
        ),
        ("many services", "- 40 services run in Kubernetes; 40 host names lead to them."),
        ("no routes", "No routes were found."),
        ("no routes", "- 1 service runs in Kubernetes; no host names lead to it, and 1 is reached only from inside the cluster."),
        ("by hand", "| player | Unknown | Healthy | `apps/player` at main | media | only by hand | none | `root/player.yaml` |"),
        (
            "by hand",
            "- Argo CD brings 2 applications from Git into the cluster, all of them only when somebody asks for it; 1 "
            "differs from Git "
            "(blocks); of 1 it is unknown whether it differs from Git.",
        ),
        (
            "only a repository",
            "- The repository homelab describes 12 Kubernetes objects; 1 machine that it declares is not in the cluster.",
        ),
    ],
)
def test_each_shape_in_its_own_words(name: str, line: str) -> None:
    assert line in page(shapes()[name], more_findings()).splitlines()


def test_a_lab_without_findings_reads_well() -> None:
    text = page(shapes()["healthy"], nothing_found())
    assert section(text, "Verdict").splitlines()[:4] == [
        "- Everything that should run does: 2 of 2 hosts are online, 2 of 2 guests set to start at boot are running, 1 "
        "of 1 node is ready "
        "and 1 of 1 service "
        "is fully up.",
        "- No rule found a fault, in 5 checks.",
        "- Argo CD brings 1 application from Git into the cluster; none differs from Git.",
        "- There is little pressure: no node uses more than 11 % of its memory or 3 % of its processors.",
    ]
    assert section(text, "What matters most") == "No rule found a fault, so nothing has to be done first."
    assert "No application is OutOfSync." in text
    assert "0 use Helm charts" not in text


@pytest.mark.parametrize(
    ("message", "show", "said"),
    [
        ("of 8 services, 7 stop.", {}, "Of 8 services, 7 stop"),
        ("worker-1 does not start", {}, "worker-1 does not start"),
        ("nas does not start", {}, "nas does not start"),
        ("blocks: a field is dropped", {"application": "blocks"}, "blocks: a field is dropped"),
        ("glance, player run latest", {"workloads": ["glance", "player"]}, "glance, player run latest"),
        ("Already fine", {}, "Already fine"),
        ("guest nas does not start", {}, "Guest nas does not start"),
        ("élan", {}, "élan"),
        ("", {}, ""),
    ],
)
def test_a_message_begins_with_a_capital_unless_a_name_comes_first(message: str, show: Item, said: str) -> None:
    assert sentence(result("VM-001", "fail", subject="guest/home//nas", message=message, show=show)) == said


def test_evidence_is_labelled_in_words_and_not_told_twice() -> None:
    explained = "the chart writes false there and the API server never keeps it, " * 2
    show: Item = {
        **{"host": "a", "host_bytes": 1, "used_bytes": 1, "used_ratio": 0.5, "limit_ratio": 0.85, "objects_count": 3},
        **{"gap_seconds": 42, "explained": explained, "patch": "x", "subjects": [], "runs_workloads": False},
    }
    rows = shown(result("X-001", "fail", message=f"x: {explained}", show=show))
    assert {row["name"]: row["label"] for row in rows} == {
        **{
            "gap_seconds": "gap",
            "host": "host",
            "host_bytes": "host size",
            "limit_ratio": "limit",
            "objects_count": "objects count",
        },
        **{"runs_workloads": "runs workloads", "used_bytes": "used", "used_ratio": "used share"},
    }
    text = page(full_lab(), findings(result("X-001", "fail", show=show)))
    assert "limit: 85 %; objects count: 3; runs workloads: no; used: 1 B; used share: 50 %" in text


@pytest.mark.parametrize(("amount", "ending"), [(11, "`guest/home//10`"), (12, "`guest/home//9`, 2 more in report.json")])
def test_long_lists_of_folded_findings_are_cut(amount: int, ending: str) -> None:
    subjects = [f"guest/home//{number}" for number in range(amount)]
    text = page(full_lab(), findings(result("X-001", "fail", show={"subjects": subjects, "guests": subjects})))
    assert f"{ending}\n" in text
    assert ending.replace("`", "") + "\n" in text


def test_groups_of_one_rule_have_headings_of_their_own() -> None:
    fails = [result("X-001", "fail", subject=f"guest/home//{name}", why=f"Why {name}.") for name in "ab"]
    text = page(full_lab(), findings(*fails))
    assert "#### X-001: Title of X-001 (a)\n" in text and "#### X-001: Title of X-001 (b)\n" in text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ([{"name": "causes.yml", "as_of": "2026-02-01"}], "| File | As of |\n|---|---|\n| `causes.yml` | 2026-02-01 |"),
        ([], "No rule looked anything up in a data file."),
        (None, "Which data files the rules looked things up in is unknown."),
    ],
)
def test_dated_knowledge_is_told(facts: list[Item] | None, said: str) -> None:
    judged = findings(result("VM-001", "pass"))
    judged = {key: value for key, value in judged.items() if key != "facts"} | ({} if facts is None else {"facts": facts})
    assert section(page(full_lab(), judged), "13. Evidence basis").endswith(said)
    assert to_dict(report(full_lab(), judged)).get("facts") == facts


def test_the_head_says_what_a_dash_means() -> None:
    assert '"-" means that a cell does not apply' in page(full_lab()).split("## Verdict")[0]
