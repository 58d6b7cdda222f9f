# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""findings.json of the small lab."""

from __future__ import annotations

import hashlib
import typing as t

from unit.report import rich

Item = dict[str, t.Any]
GIB = 1024**3
COLLECTED = "2026-03-01T18:00:00Z"


def result(rule: str, outcome: str, severity: str = "high", subject: str = "guest/home//100", **fields: t.Any) -> Item:
    """One result of findings.json."""
    base: Item = {
        "rule": rule,
        "outcome": outcome,
        "severity": severity,
        "subject": subject,
        "subject_name": subject.rsplit("/", 1)[-1],
        "title": f"Title of {rule}",
        "message": f"{subject} is not right",
        "show": {},
        "missing": [],
        "reason": "",
        "fingerprint": hashlib.sha256(f"{rule} {subject}".encode()).hexdigest()[:16],
    }
    if outcome == "fail":
        base.update(why="It carries the media.", fix="Start it with its host.", show={"guest": "nas", "memory_bytes": 16 * GIB})
    if outcome == "unknown":
        base.update(missing=["onboot"], message="cannot tell: onboot was not read")
    return {**base, **fields}


def findings(*results: Item) -> Item:
    """findings.json of these results, worst first."""
    order = ("critical", "high", "medium", "low", "info")
    outcomes = ("fail", "pass", "unknown", "not_applicable", "waived")
    fails = [entry for entry in results if entry["outcome"] == "fail"]
    rules = {
        entry["rule"]: {
            "id": entry["rule"],
            "title": entry["title"],
            "severity": entry["severity"],
            "subjects": "guests",
            "why": "It carries the media.",
            "fix": "Start it with its host.",
            "references": ["The manual: https://example.org/manual"],
        }
        for entry in results
    }
    return {
        "format": 1,
        "collected": COLLECTED,
        "profile": "default",
        "facts": [{"name": "causes.yml", "as_of": "2026-02-01"}],
        "rules": [rules[key] for key in sorted(rules)],
        "results": sorted(results, key=lambda entry: (order.index(entry["severity"]), entry["rule"], entry["subject"])),
        "counts": {
            "outcome": {name: sum(entry["outcome"] == name for entry in results) for name in outcomes},
            "severity": {name: sum(entry["severity"] == name for entry in fails) for name in order},
        },
        "top": [entry["fingerprint"] for entry in sorted(fails, key=lambda entry: order.index(entry["severity"]))[:5]],
        "waivers": [],
    }


def some_findings() -> Item:
    """One of each outcome, and two fails of one rule."""
    return findings(
        result("VM-001", "fail", "high", "guest/home//111", message="worker-1 does not start when pve1 does"),
        result("VM-001", "fail", "high", "guest/home//100", message="nas does not start when pve2 does"),
        result("IMG-001", "fail", "medium", "deployment/lab/media/player", message="player runs player/player:latest"),
        result("VM-001", "pass", "high", "guest/home//101"),
        result("BAK-001", "unknown", "high", "proxmox/home", missing=["guests of proxmox/home"]),
        result("NET-001", "not_applicable", "low", ""),
        result("PVE-001", "waived", "high", "proxmox_cluster/home//pair", reason="a QDevice is ordered"),
    )


def more_findings() -> Item:
    """Those, and one on most of what rich.py adds."""
    return findings(
        *some_findings()["results"],
        result(
            "ARGO-002",
            "fail",
            "medium",
            "application/lab/argocd/blocks",
            message="blocks: the API server drops a field.",
            show={"patch": rich.PATCH, "owners": ["rotator"]},
        ),
        result("ARGO-009", "fail", "low", "repository_folder//homelab/old", message="nothing reads old"),
        result("REPO-099", "fail", "low", "repository///homelab", message="homelab has a fault of its own"),
        result(
            "XL-002",
            "fail",
            "info",
            "kube_cluster/lab//lab",
            message="of 1 service, host pve2 takes 1",
            show={"subjects": ["host/home//pve2"]},
        ),
        result("NODE-007", "pass", "info", "node/lab//worker-1"),
        result("REPO-001", "unknown", "medium", "documented_machine//homelab/README.md:pi", missing=["present"]),
    )
