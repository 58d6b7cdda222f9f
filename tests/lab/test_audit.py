# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of real servers, judged by what those servers wrote down themselves."""

from __future__ import annotations

import collections
import json
import urllib.parse

import pytest
import yaml
from lab import canaries
from lab.conftest import Bed, Row, Watched
from lab.demo_tier import demo_lab
from unit.audit.harness import audit

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.guard import matching_endpoint

AUDITOR = "system:serviceaccount:homelab-audit:homelab-audit"


def ledger(watched: Watched, source: str) -> collections.Counter[tuple[str, str]]:
    """Method and path of each request to one source, as the audit itself wrote them down."""
    lines = (watched.run.folder / "evidence" / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return collections.Counter((row["verb"], row["path"]) for row in rows if row["source"] == source and row["verb"] != "EXEC")


def of_the_audit(watched: Watched) -> list[Row]:
    """Requests of the audit's identity in the log of the API server."""
    return [row for row in watched.kubernetes if row["user"]["username"] == AUDITOR]


def test_the_api_server_saw_only_allowed_reads(watched: Watched) -> None:
    rows = of_the_audit(watched)
    assert rows
    assert {row["verb"] for row in rows} <= {"get", "list"}
    for row in rows:
        matching_endpoint("kubernetes", "GET", urllib.parse.urlsplit(row["requestURI"]).path)


def test_the_api_server_refused_nothing_to_the_shipped_identity(watched: Watched) -> None:
    refused = [row["requestURI"] for row in of_the_audit(watched) if row["responseStatus"]["code"] in (401, 403)]
    assert refused == []


def test_nobody_else_spoke_for_the_audit(watched: Watched) -> None:
    """Requests of other identities come from the cluster itself, none from a Python or Ansible client."""
    others = [row for row in watched.kubernetes if row["user"]["username"] != AUDITOR]
    assert [row for row in others if "python" in row.get("userAgent", "").lower()] == []


def test_proxmox_saw_only_allowed_reads(watched: Watched) -> None:
    assert watched.proxmox
    assert {row["method"] for row in watched.proxmox} == {"GET"}
    for row in watched.proxmox:
        matching_endpoint("proxmox", row["method"], row["path"].removeprefix("/api2/json").partition("?")[0])
    assert {row["user"] for row in watched.proxmox} == {"audit@pve!deepdive"}
    assert {row["status"] for row in watched.proxmox} == {200}


def test_the_ledger_and_the_servers_tell_the_same(watched: Watched) -> None:
    seen = collections.Counter(("GET", urllib.parse.urlsplit(row["requestURI"]).path) for row in of_the_audit(watched))
    assert ledger(watched, "kubernetes") == seen
    paths = ((row["method"], row["path"].removeprefix("/api2/json").partition("?")[0]) for row in watched.proxmox)
    assert ledger(watched, "proxmox") == collections.Counter(paths)


def test_there_are_canaries_in_every_kind_of_place() -> None:
    assert len(canaries.load()) >= 20


def test_no_canary_leaves_the_lab(watched: Watched) -> None:
    # The evidence is not empty, so that a search that finds nothing means something.
    assert (watched.run.folder / "evidence" / "kubernetes" / "lab" / "deployments.jsonl").stat().st_size > 1000
    assert "«masked:" in (watched.run.folder / "evidence" / "kubernetes" / "lab" / "deployments.jsonl").read_text(encoding="utf-8")
    assert canaries.found_below(watched.scratch) == {}


def test_the_credentials_of_the_audit_stay_out_of_sight(watched: Watched) -> None:
    entry = yaml.safe_load(watched.bed.lab_file.read_text(encoding="utf-8"))["proxmox"][0]
    user = yaml.safe_load((watched.bed.folder / "audit.conf").read_text(encoding="utf-8"))["users"][0]["user"]
    for secret in (entry["api_token_secret"], user["token"]):
        for path in (file for file in watched.scratch.rglob("*") if file.is_file()):
            assert secret.encode() not in path.read_bytes(), path


def test_the_search_would_find_a_canary(watched: Watched) -> None:
    """The lab really holds them: the API server gives the planted ones to whoever may read Deployments."""
    planted = canaries.FOLDER / "demo_lab"
    assert len({name for names in canaries.found_below(planted).values() for name in names}) >= 20


def test_the_real_lab_was_read_whole(watched: Watched) -> None:
    states = {source["id"]: source["state"] for source in watched.run.json("lab.json")["sources"]}
    assert states == {"proxmox/home": "read", "kubernetes/lab": "read", "k0s/k3s-master-1": "read", "repository/celestia": "read"}
    # In a bed that has just come up, nobody can tell yet which application is synced over and over.
    results = watched.run.json("findings.json")["results"]
    assert {result["rule"] for result in results if result["outcome"] == "unknown"} <= {"ARGO-003"}


def test_the_drift_is_explained(watched: Watched) -> None:
    drift = {one["name"]: one["drift"] for one in watched.run.json("lab.json")["applications"] if one["drift"]}
    found = {name: {(row["path"], row["cause"], row["owner"]) for row in rows} for name, rows in drift.items()}
    assert found == {
        "longhorn": {("/spec/preserveUnknownFields", "dropped", None)},
        "metallb": {("/spec/conversion/webhook/clientConfig/caBundle", "overwritten", "MetalLB")},
    }


def test_a_stronger_identity_is_a_finding(real_bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("admin")
    with demo_lab(folder, sections=("kubernetes",)) as lab:
        lab.config["kubernetes"][0]["kubeconfig"] = str(real_bed.folder / "admin.conf")
        lab.write()
        result = audit(lab, folder / "audit")
    assert result.outcomes("SEC-013")["kubernetes/lab"] == "fail"


def test_the_demo_lab_shows_the_same_lab(watched: Watched, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Recordings are what the real servers say: the same things stand in both models."""
    folder = tmp_path_factory.mktemp("demo")
    with demo_lab(folder) as lab:
        demo = audit(lab, folder / "audit").lab
    real = watched.run.json("lab.json")
    kube = ("nodes", "controllers", "workloads", "kube_services", "routes", "claims", "volumes", "services")
    parts = ("applications", "ip_pools", "replicas", "storage_disks", "storage_classes")
    for collection in ("hosts", "guests", *kube, *parts):
        assert [one["id"] for one in demo[collection] if one.get("kind") != "Job"] == [
            one["id"] for one in real[collection] if one.get("kind") != "Job"
        ], collection
