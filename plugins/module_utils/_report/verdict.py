# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the lab is, in sentences: the verdict at the head of the report, and what the summary shares with it. Pure.

The sentences are plain text without markup, fit for a terminal; templates escape them like any other text.
"""

from __future__ import annotations

from .gitops import out_of_sync
from .judged import Findings
from .lab import Lab, Object, plain_names
from .text import clean
from .usage import pressure
from .words import count, listed

MOST_SENTENCES = 10

# The rule that adds up what stops with one failure.
_SINGLE_POINTS = "XL-002"


def verdict(lab: Lab, findings: Findings) -> list[str]:
    """At most ten short sentences: what could not be read, what the lab is, what strains it, what was found and the worst of it."""
    repository = repository_sentence(lab)
    sentences = [
        _unread(lab),
        substrate_sentence(lab),
        cluster_sentence(lab),
        service_sentence(lab),
        gitops_sentence(lab),
        claim_sentence(lab),
        _single_points(findings),
        pressure(lab),
        repository,
        _found(findings),
        _worst(findings),
    ]
    told = [sentence for sentence in sentences if sentence]
    # Where all have something to tell, the repository can wait for section 1.
    return told if len(told) <= MOST_SENTENCES else [sentence for sentence in told if sentence != repository]


def substrate_sentence(lab: Lab) -> str:
    """Proxmox hosts and guests."""
    if not lab.configured("proxmox"):
        return ""
    if lab.state("hosts") == "unread":
        return "The Proxmox hosts could not be read."
    hosts = lab.rows("hosts")
    versions = sorted({clean(host["version"]) for host in hosts if "version" in host})
    on = f"{count(len(hosts), 'host')} with Proxmox VE {listed(versions)}" if versions else count(len(hosts), "Proxmox host")
    if lab.state("guests") == "unread":
        return f"The lab stands on {on}; their guests could not be read."
    guests = [guest for guest in lab.rows("guests") if not guest.get("template")]
    running = sum(guest.get("state") == "running" for guest in guests)
    known = guests and all("state" in guest for guest in guests)
    templates = len(lab.rows("guests")) - len(guests)
    held = [f"{count(len(guests), 'guest')}{f' ({running} running)' if known else ''}"]
    held += [count(templates, "template")] if templates else []
    return f"The lab stands on {on}, with {listed(held)}."


def cluster_sentence(lab: Lab) -> str:
    """Kubernetes clusters with controllers and nodes."""
    if not lab.configured("kubernetes"):
        return ""
    clusters = lab.rows("kube_clusters")
    if not clusters:
        return f"The Kubernetes {'cluster' if len(lab.configured('kubernetes')) == 1 else 'clusters'} could not be read."
    kinds = listed(sorted({_kind(cluster) for cluster in clusters}))
    start = f"The cluster is {kinds}" if len(clusters) == 1 else f"The {len(clusters)} clusters are {kinds}"
    parts = []
    if all("controller_count" in cluster for cluster in clusters):
        parts.append(count(sum(cluster["controller_count"] for cluster in clusters), "controller"))
    if lab.state("nodes") == "unread":
        return f"{start}{' with ' + parts[0] if parts else ''}; the nodes could not be read."
    nodes = lab.rows("nodes")
    parts.append(count(len(nodes), "node"))
    unready = [node["name"] for node in nodes if node.get("ready") is False]
    ready = f"; not ready: {plain_names(unready)}" if unready else ""
    if nodes and all(node.get("ready") is True for node in nodes):
        ready = "; every node is ready"
    return f"{start} with {listed(parts)}{ready}."


def service_sentence(lab: Lab) -> str:
    """Services and how people reach them."""
    if not lab.configured("kubernetes") or lab.state("services") == "not_configured":
        return ""
    if lab.state("services") == "unread":
        return "What services run could not be read."
    services = lab.rows("services")
    if not all("hostnames" in service for service in services):
        return f"It runs {count(len(services), 'service')}; which host names lead to them could not be read."
    names = {name for service in services for name in service["hostnames"]}
    unreached = sum(not service["hostnames"] and not service.get("addresses") for service in services)
    inside = f"; {count(unreached, 'service')} {'is' if unreached == 1 else 'are'} reached from inside only" if unreached else ""
    return f"It runs {count(len(services), 'service')} behind {count(len(names), 'host name')}{inside}."


def claim_sentence(lab: Lab) -> str:
    """Where state lies."""
    if "claims" not in lab.data:
        return ""
    claims = lab.rows("claims")
    classes = sorted({clean(claim.get("storage_class") or "no class") for claim in claims})
    by_class = [(name, sum(clean(claim.get("storage_class") or "no class") == name for claim in claims)) for name in classes]
    spread = f": {listed([f'{amount} on {name}' for name, amount in by_class])}" if claims else ""
    return f"State is kept in {count(len(claims), 'claim')}{spread}."


def repository_sentence(lab: Lab) -> str:
    """The Git checkout, and machines that it declares and the cluster does not have."""
    repositories = lab.rows("repositories")
    if not lab.configured("repository"):
        return ""
    if not repositories:
        return "The repository could not be read."
    manifests = sum(repository.get("manifest_count", 0) for repository in repositories)
    names = plain_names(repository["name"] for repository in repositories)
    missing = [machine["name"] for machine in lab.rows("declared_nodes") if machine.get("present") is False]
    more = (
        f"; {count(len(missing), 'machine')} that it declares {'is' if len(missing) == 1 else 'are'} not in the cluster"
        if missing
        else ""
    )
    return f"The repository {names} holds {count(manifests, 'Kubernetes object')}{more}."


def _kind(cluster: Object) -> str:
    names = {"k0s": "k0s", "k3s": "k3s"}
    words = [names.get(cluster.get("distribution", ""), "Kubernetes"), clean(cluster.get("version", ""))]
    return " ".join(word for word in words if word)


def _unread(lab: Lab) -> str:
    gaps = lab.gaps
    if not gaps:
        return ""
    whole = sorted({gap.source_id for gap in gaps if gap.whole})
    parts = len([gap for gap in gaps if not gap.whole])
    missing = [plain_names(whole)] if whole else []
    if parts:
        missing.append(f"{count(parts, 'part')} of {plain_names(sorted({gap.source_id for gap in gaps if not gap.whole}))}")
    return f"Not everything could be read; missing: {', and '.join(missing)}."


def gitops_sentence(lab: Lab) -> str:
    """Argo CD: how many applications, which of them drift, and on which it repeats itself."""
    if not lab.configured("kubernetes") or lab.state("applications") == "not_configured":
        return ""
    if lab.state("applications") == "unread":
        return "" if lab.lacks("argocd") else "What Argo CD keeps in step could not be read."
    applications = lab.rows("applications")
    if not applications:
        return ""
    drifting = out_of_sync(lab)
    start = f"Argo CD keeps {count(len(applications), 'application')} in step"
    if not drifting:
        return f"{start}; none is OutOfSync." if all("sync_status" in row for row in applications) else f"{start}."
    loops = [row["name"] for row in applications if row.get("loop")]
    which = plain_names(loops) if len(loops) < len(drifting) else "it" if len(loops) == 1 else "them"
    again = f", and Argo CD syncs {which} again and again without effect" if loops else ""
    return f"{start}; {len(drifting)} {_are(len(drifting))} OutOfSync ({plain_names(row['name'] for row in drifting)}){again}."


def _single_points(findings: Findings) -> str:
    """What takes many services down when it fails alone."""
    messages = [clean(result["message"]).rstrip(".") for result in findings.found(_SINGLE_POINTS)]
    return "".join(f"{message[:1].upper()}{message[1:]}." for message in messages[:1])


def _found(findings: Findings) -> str:
    fails, undecided, waived = (findings.amount(outcome) for outcome in ("fail", "unknown", "waived"))
    more = f"; {count(undecided, 'check')} could not be decided because what {_they(undecided)} was not read" if undecided else ""
    more += f"; {count(waived, 'finding')} {_are(waived)} waived" if waived else ""
    if not fails:
        decided = findings.amount("pass")
        return f"No rule found a fault, in {count(decided, 'check')}{more}." if decided else f"No rule could be checked{more}."
    by_severity = [f"{amount} {severity}" for severity, amount in findings.severities.items()]
    return f"There {_are(fails)} {count(fails, 'finding')}: {listed(by_severity)}{more}."


def _worst(findings: Findings) -> str:
    if not findings.top:
        return ""
    worst = findings.top[0]
    return f"The worst ({worst['severity']}, {clean(worst['rule'])}): {clean(worst['message']).rstrip('.')}."


def _they(amount: int) -> str:
    return "it needs" if amount == 1 else "they need"


def _are(amount: int) -> str:
    return "is" if amount == 1 else "are"
