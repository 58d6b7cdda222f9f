# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the lab is, in sentences: the verdict at the head of the report, and what the summary shares with it. Pure.

The sentences are plain text without markup, fit for a terminal; templates escape them like any other text.
"""

from __future__ import annotations

import collections
import typing as t

from .._words import listed
from .gitops import out_of_sync
from .judged import Findings, sentence
from .lab import Lab, Object, plain_names
from .text import clean
from .usage import pressure
from .words import count

MOST_SENTENCES = 10

# The rule that adds up what stops with one failure.
_SINGLE_POINTS = "XL-002"
_SEVERITY_WORDS = {"info": "for information only"}


def verdict(lab: Lab, findings: Findings) -> list[str]:
    """At most ten short sentences: what could not be read, whether all runs, what was found, what strains the lab, what it is.

    Those that do not fit are the least urgent ones, which section 1 has as well.
    """
    sentences = [
        _unread(lab),
        health_sentence(lab),
        _found(findings),
        _worst(findings),
        _single_points(findings),
        gitops_sentence(lab),
        pressure(lab),
        substrate_sentence(lab),
        cluster_sentence(lab),
        service_sentence(lab),
        repository_sentence(lab),
        claim_sentence(lab),
    ]
    return [sentence for sentence in sentences if sentence][:MOST_SENTENCES]


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
    return f"The lab stands on {on}; {'it carries' if len(hosts) == 1 else 'they carry'} {listed(held)}."


def cluster_sentence(lab: Lab) -> str:
    """Kubernetes clusters with controllers and nodes."""
    if not lab.configured("kubernetes"):
        return ""
    clusters = lab.rows("kube_clusters")
    if not clusters:
        return f"The Kubernetes {'cluster' if len(lab.configured('kubernetes')) == 1 else 'clusters'} could not be read."
    kinds = listed(sorted({_kind(cluster) for cluster in clusters}))
    start = f"Kubernetes ({kinds}) runs" if len(clusters) == 1 else f"{len(clusters)} Kubernetes clusters ({kinds}) run"
    parts = []
    if all("controller_count" in cluster for cluster in clusters):
        parts.append(count(sum(cluster["controller_count"] for cluster in clusters), "controller"))
    else:
        parts.append("an unknown number of controllers")
    if lab.state("nodes") == "unread":
        return f"{start}{' on ' + parts[0] if parts else ''}; the nodes could not be read."
    parts.append(count(len(lab.rows("nodes")), "node"))
    return f"{start} on {listed(parts)}."


def service_sentence(lab: Lab) -> str:
    """Services and how people reach them."""
    if not lab.configured("kubernetes") or lab.state("services") == "not_configured":
        return ""
    if lab.state("services") == "unread":
        return "What services run could not be read."
    services = lab.rows("services")
    if not services:
        return "No services run in Kubernetes."
    start = f"{count(len(services), 'service')} {'runs' if len(services) == 1 else 'run'} in Kubernetes"
    them = "it" if len(services) == 1 else "them"
    if not all("hostnames" in service for service in services):
        return f"{start}; which host names lead to {them} could not be read."
    names = {name for service in services for name in service["hostnames"]}
    lead = f"{count(len(names), 'host name')} {'leads' if len(names) == 1 else 'lead'} to {them}"
    inside = [service for service in services if service.get("addresses") == [] and not service["hostnames"]]
    only = f", and {len(inside)} {_are(len(inside))} reached only from inside the cluster" if inside else ""
    return f"{start}; {lead}{only}."


def claim_sentence(lab: Lab) -> str:
    """Where state lies."""
    if "claims" not in lab.data:
        return ""
    claims = lab.rows("claims")
    if not claims:
        return "Nothing claims storage."
    by_class = collections.Counter(map(_class_words, claims))
    spread = listed([f"{by_class[words]} {words}" for words in sorted(by_class)])
    return f"Data is kept in {count(len(claims), 'claim')} for storage: {spread}."


def repository_sentence(lab: Lab) -> str:
    """The Git checkout, and machines that it declares and the cluster does not have."""
    repositories = lab.rows("repositories")
    if not lab.configured("repository"):
        return ""
    if not repositories:
        return "The repository could not be read."
    known = all("manifest_count" in repository for repository in repositories)
    manifests = count(sum(repository["manifest_count"] for repository in repositories), "Kubernetes object") if known else ""
    names = plain_names(repository["name"] for repository in repositories)
    missing = [machine["name"] for machine in lab.rows("declared_nodes") if machine.get("present") is False]
    more = (
        f"; {count(len(missing), 'machine')} that it declares {'is' if len(missing) == 1 else 'are'} not in the cluster"
        if missing
        else ""
    )
    start = f"The repository {names} describes" if len(repositories) == 1 else f"The repositories {names} describe"
    return f"{start} {manifests or 'an unknown number of Kubernetes objects'}{more}."


def _class_words(claim: Object) -> str:
    """The storage class of a claim in words."""
    if "storage_class" not in claim:
        return "of a class that was not read"
    return f"of class {clean(claim['storage_class'])}" if claim["storage_class"] else "without a class"


def _kind(cluster: Object) -> str:
    names = {"k0s": "k0s", "k3s": "k3s"}
    words = [names.get(cluster.get("distribution", ""), ""), clean(cluster.get("version", ""))]
    return " ".join(word for word in words if word) or "of unknown version"


def health_sentence(lab: Lab) -> str:
    """Whether hosts, nodes and services run. "" when there are none; what was not read is never counted as running."""
    told, down, unknown = [], [], False
    for collection, source, noun, more, word, runs in _HEALTH:
        states = [(lab.full_name(row, source), runs(row)) for row in lab.rows(collection) if not _may_rest(row)]
        lost = [name for name, state in states if state is None]
        up = [name for name, state in states if state]
        down += [f"{noun} {clean(name)}" for name, state in states if state is False]
        unknown = unknown or bool(lost) or lab.state(collection) in ("unread", "partial")
        if states:
            are = "is" if 1 in (len(up), len(states)) else "are"
            lacking = f" ({len(lost)} unknown)" if lost else ""
            told.append(f"{len(up)} of {count(len(states), noun)}{more} {are} {word}{lacking}")
    if not told:
        return ""
    start = "Not everything runs" if down else "Not everything is known to run" if unknown else "Everything that should run does"
    return f"{start}: {listed(told)}{f'; not so: {plain_names(down)}' if down else ''}."


def _may_rest(row: Object) -> bool:
    """Whether a guest need not run: a template, or one that its owner starts by hand."""
    return row.get("template") is True or row.get("onboot") is False


def _guest_runs(row: Object) -> bool | None:
    """Whether a guest that starts with its host runs; None when its state, or whether it should run, was not read."""
    if "state" not in row or "onboot" not in row:
        return None
    return bool(row["state"] == "running")


def _service_runs(row: Object) -> bool | None:
    """Whether a service has all the replicas that it wants, and wants some; None when that was not read."""
    if "replicas_wanted_count" not in row or "replicas_ready_count" not in row:
        return None
    wanted = row["replicas_wanted_count"]
    return wanted is None or 0 < wanted <= (row["replicas_ready_count"] or 0)


# What must run, and how its rows tell: True, False, or None when that was not read.
_HEALTH: t.Sequence[tuple[str, str, str, str, str, t.Callable[[Object], bool | None]]] = (
    ("hosts", "proxmox", "host", "", "online", lambda row: row.get("online")),
    ("guests", "proxmox", "guest", " set to start at boot", "running", _guest_runs),
    ("nodes", "kubernetes", "node", "", "ready", lambda row: row.get("ready")),
    ("services", "kubernetes", "service", "", "fully up", _service_runs),
)


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
    by_hand = sum(row.get("automated") is False for row in applications)
    hand = f", {'all' if by_hand == len(applications) else by_hand} of them only when somebody asks for it" if by_hand else ""
    start = f"Argo CD brings {count(len(applications), 'application')} from Git into the cluster{hand}"
    untold = sum(row.get("sync_status") not in ("Synced", "OutOfSync") for row in applications)
    unknown = f"; of {untold} it is unknown whether {'it differs' if untold == 1 else 'they differ'} from Git" if untold else ""
    if not drifting:
        return f"{start}{unknown or '; none differs from Git'}."
    loops = [lab.full_name(row, "kubernetes") for row in applications if row.get("loop")]
    which = plain_names(loops) if len(loops) < len(drifting) else "it" if len(loops) == 1 else "them"
    again = f", and Argo CD syncs {which} again and again without effect" if loops else ""
    differ = f"{len(drifting)} {'differs' if len(drifting) == 1 else 'differ'} from Git"
    return f"{start}; {differ} ({plain_names(lab.full_name(row, 'kubernetes') for row in drifting)}){again}{unknown}."


def _single_points(findings: Findings) -> str:
    """What takes many services down when it fails alone."""
    return "".join(f"{sentence(result)}." for result in findings.found(_SINGLE_POINTS)[:1])


def _found(findings: Findings) -> str:
    fails, undecided, waived = (findings.amount(outcome) for outcome in ("fail", "unknown", "waived"))
    more = f"; {count(undecided, 'check')} could not be decided because what {_they(undecided)} was not read" if undecided else ""
    more += f"; {count(waived, 'finding')} {_are(waived)} waived" if waived else ""
    if not fails:
        decided = findings.amount("pass")
        return f"No rule found a fault, in {count(decided, 'check')}{more}." if decided else f"No rule could be checked{more}."
    by_severity = [f"{amount} {_SEVERITY_WORDS.get(severity, severity)}" for severity, amount in findings.severities.items()]
    return f"There {_are(fails)} {count(fails, 'finding')}: {listed(by_severity)}{more}."


def _worst(findings: Findings) -> str:
    if not findings.top:
        return ""
    worst = findings.top[0]
    # The verdict has this one anyway.
    if worst["rule"] == _SINGLE_POINTS:
        return ""
    return f"The first to look at ({worst['severity']}, {clean(worst['rule'])}): {clean(worst['message']).rstrip('.')}."


def _they(amount: int) -> str:
    return "it needs" if amount == 1 else "they need"


def _are(amount: int) -> str:
    return "is" if amount == 1 else "are"
