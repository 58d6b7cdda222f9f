# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop or break any one source: the report is complete, the gap stands on top and in its section, and no rule guesses."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from pathlib import Path

import pytest
from lab.demo_tier import DemoLab, Faults, demo_lab
from unit.audit.harness import Audit, audit

GRANT = "pveum acl modify / --users audit@pve --roles PVEAuditor && pveum acl modify / --tokens 'audit@pve!{}' --roles PVEAuditor"


@dataclasses.dataclass(frozen=True)
class Case:
    """A fault, the words that it must cause, and what must be undecided because of it.

    detail and remedy: exact, with {pve}, {kube} and {folder} for what differs between runs. section: number of the report
    section that must say so, too. undecided: rule to the subject that must be unknown.
    """

    faults: Faults
    gap: str
    detail: str
    remedy: str
    section: int
    undecided: t.Mapping[str, str]


PVE_UNREAD = {"VM-003": "proxmox/home", "BAK-001": "proxmox/home", "PVE-004": "proxmox/home"}
KUBE_UNREAD = {"NODE-001": "kubernetes/lab", "IMG-001": "kubernetes/lab", "CP-001": "kubernetes/lab", "STO-012": "kubernetes/lab"}
LOG_IN = "cannot log in to proxmox 'home' as audit@pve!{}: "
CASES = {
    "proxmox down": Case(
        Faults(proxmox="down"),
        "proxmox/home",
        "cannot connect to {pve}: the connection was refused",
        "check that the host is on, that api_host is right and that no firewall blocks the port",
        2,
        PVE_UNREAD,
    ),
    "proxmox 401": Case(
        Faults(proxmox="unauthorized"),
        "proxmox/home",
        LOG_IN.format("deepdive") + "no such token 'deepdive' for user 'audit@pve'",
        "pveum user token add audit@pve deepdive --privsep 1, and write the secret that it prints into api_token_secret",
        2,
        PVE_UNREAD,
    ),
    "proxmox token expired": Case(
        Faults(proxmox="expired"),
        "proxmox/home",
        LOG_IN.format("expired") + "token 'expired' access expired",
        "pveum user token modify audit@pve expired --expire 0, or with a later time in seconds since 1970",
        2,
        PVE_UNREAD,
    ),
    "proxmox token without rights": Case(
        Faults(proxmox="empty"),
        "proxmox/home: guests",
        "cannot read guests: audit@pve!empty lacks VM.Audit on /vms, so they are left out",
        GRANT.format("empty"),
        2,
        PVE_UNREAD,
    ),
    "proxmox token without the agent": Case(
        Faults(proxmox="noagent"),
        "proxmox/home: guests/*/agent",
        "cannot read the addresses of 3 running guests from their agents: audit@pve!noagent lacks VM.GuestAgent.Audit",
        GRANT.format("noagent"),
        2,
        {"VM-003": "guest/home//112"},
    ),
    "proxmox 403 on one list": Case(
        Faults(proxmox_forbidden=["/cluster/status"]),
        "proxmox/home: cluster_status",
        "cannot read /cluster/status: audit@pve!deepdive lacks Sys.Audit on /",
        GRANT.format("deepdive"),
        2,
        {"PVE-001": "proxmox/home", "PVE-005": "proxmox/home"},
    ),
    "proxmox bad CA": Case(
        Faults(proxmox="bad_ca"),
        "proxmox/home",
        "cannot verify the certificate of {pve}: unable to get local issuer certificate",
        "set ca_path to the file /etc/pve/pve-root-ca.pem of the host, or fingerprint to what this prints there: "
        "openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem",
        2,
        PVE_UNREAD,
    ),
    "API server down": Case(
        Faults(kubernetes="down"),
        "kubernetes/lab",
        "cannot connect to {kube}: the connection was refused",
        "check that the API server runs, that server in the kubeconfig is right and that no firewall blocks the port",
        3,
        KUBE_UNREAD,
    ),
    "kubernetes 401": Case(
        Faults(kubernetes="unauthorized"),
        "kubernetes/lab",
        "cannot log in to kubernetes 'lab': the API server at {kube} refused the credentials of context 'lab': "
        "expired or unknown token",
        "make a new kubeconfig with roles/audit/files/permissions/kubernetes/make-kubeconfig.sh",
        3,
        KUBE_UNREAD,
    ),
    "kubernetes bad CA": Case(
        Faults(kubernetes="bad_ca"),
        "kubernetes/lab",
        "cannot verify the certificate of {kube}: the CA of the kubeconfig did not sign it",
        "put the CA of the cluster into cluster 'lab' of the kubeconfig; it is on a controller in /var/lib/k0s/pki/ca.crt (k0s), "
        "/var/lib/rancher/k3s/server/tls/server-ca.crt (k3s), /etc/kubernetes/pki/ca.crt (kubeadm)",
        3,
        KUBE_UNREAD,
    ),
    "kubernetes 403 on one kind": Case(
        Faults(forbidden=["ingresses"]),
        "kubernetes/lab: ingresses",
        "cannot list ingresses.networking.k8s.io: system:serviceaccount:homelab-audit:homelab-audit may not",
        "kubectl apply -f roles/audit/files/permissions/kubernetes/audit-identity.yml, or add to a ClusterRole of "
        "system:serviceaccount:homelab-audit:homelab-audit: "
        'apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["get", "list"]',
        8,
        {"NET-001": "kubernetes/lab", "DNS-002": "kubernetes/lab"},
    ),
    "repository missing": Case(
        Faults(repository="missing"),
        "repository/celestia",
        "cannot read the repository at {folder}/repository: there is no such folder",
        "set repository.path to the checkout that Argo CD follows",
        10,
        {"REPO-006": "repository/celestia", "NODE-005": "repository/celestia"},
    ),
}


def plain(markdown: str) -> str:
    """Without the escapes and code marks of Markdown, as a person reads it."""
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", markdown.replace("`", ""))


def words(case: Case, lab: DemoLab) -> tuple[str, str]:
    """Detail and remedy of a case in this run."""
    config = lab.config
    pve = config["proxmox"][0]["api_host"][0]
    kube = re.findall(r"https://[0-9.:]+", (lab.folder / "kubeconfig.yml").read_text(encoding="utf-8"))[0]
    values = {"pve": pve, "kube": kube, "folder": lab.folder}

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), text)

    return filled(case.detail), filled(case.remedy)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_broken_source_hides_nothing_and_is_not_hidden(case: Case, whole_lab: Audit, tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab", faults=case.faults) as lab:
        result = audit(lab, tmp_path / "audit")
        detail, remedy = words(case, lab)
    assert f"**{case.gap}**" in plain(result.gaps())
    assert detail in plain(result.gaps())
    assert f"What helps: {remedy}" in plain(result.gaps())
    assert detail in plain(result.section(case.section))
    assert re.findall(r"^## (\d+)\. ", result.report, re.MULTILINE) == [str(number) for number in range(1, 14)]
    for rule, subject in case.undecided.items():
        assert result.outcomes(rule).get(subject) == "unknown", rule
    assert_nothing_turned_good(whole_lab, result)
    assert result.failed_on[0].startswith("gap: ")
    assert result.unreadable == ""
    assert "fail" in result.outcomes("META-001").values()


def outcomes(result: Audit) -> dict[tuple[str, str], str]:
    """Rule and subject to outcome."""
    return {(entry["rule"], entry["subject"]): entry["outcome"] for entry in result.findings["results"]}


def assert_nothing_turned_good(whole: Audit, broken: Audit) -> None:
    """Less was read, so a judgement stays or becomes undecided: no rule begins to pass, and no finding goes, because of a gap."""
    before, after = outcomes(whole), outcomes(broken)
    better = {
        key: (before.get(key), outcome)
        for key, outcome in after.items()
        if outcome != before.get(key) and (outcome == "pass" or (outcome == "not_applicable" and before.get(key) == "fail"))
    }
    assert better == {}


@pytest.fixture(scope="module")
def whole_lab(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The audit of the lab when nothing is broken."""
    root = tmp_path_factory.mktemp("whole")
    (root / "lab").mkdir()
    with demo_lab(root / "lab") as lab:
        return audit(lab, root / "audit")


def test_a_whole_lab_leaves_nothing_undecided(whole_lab: Audit) -> None:
    result = whole_lab
    assert result.findings["counts"]["outcome"]["unknown"] == 0
    assert "Everything that was asked for could be read." in result.gaps()
    assert result.failed_on == []


@pytest.mark.parametrize(
    ("section", "filled", "absent"),
    [
        ("proxmox", ["hosts", "guests"], {3: "No Kubernetes source is configured.", 10: "No repository is configured."}),
        ("kubernetes", ["nodes", "services"], {2: "No Proxmox source is configured.", 10: "No repository is configured."}),
        ("repository", ["repositories"], {2: "No Proxmox source is configured.", 3: "No Kubernetes source is configured."}),
    ],
)
def test_a_lab_of_one_part_is_a_lab(section: str, filled: list[str], absent: dict[int, str], tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    with demo_lab(tmp_path / "lab", sections=(section,)) as lab:
        result = audit(lab, tmp_path / "audit")
    assert all(result.lab[collection] for collection in filled)
    for number, sentence in absent.items():
        assert sentence in result.section(number)
    assert result.failed_on == []
    assert "Everything that was asked for could be read." in result.gaps()


def test_no_readable_source_at_all(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    faults = Faults(proxmox="down", kubernetes="down", repository="missing")
    with demo_lab(tmp_path / "lab", faults=faults, sections=("proxmox", "kubernetes", "repository")) as lab:
        result = audit(lab, tmp_path / "audit")
        pve, kube = lab.config["proxmox"][0]["api_host"][0], lab.folder / "kubeconfig.yml"
        url = re.findall(r"https://[0-9.:]+", kube.read_text(encoding="utf-8"))[0]
    assert result.unreadable == (
        f"cannot audit the lab: none of its sources could be read (kubernetes/lab: cannot connect to {url}: the connection was "
        f"refused; proxmox/home: cannot connect to {pve}: the connection was refused; repository/celestia: cannot read the "
        f"repository at {tmp_path}/lab/repository: there is no such folder); the report says what would help"
    )
    # That no request was refused is known all the same; nothing else passes.
    assert {entry["rule"] for entry in result.findings["results"] if entry["outcome"] == "pass"} == {"META-009"}
