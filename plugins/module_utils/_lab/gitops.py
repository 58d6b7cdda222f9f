# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Argo CD Applications of one Kubernetes source, how they belong together, and which workloads they manage."""

from __future__ import annotations

import typing as t

from .._evidence.folder import SourceEvidence
from .churn import HEAL_GAP_SECONDS, churn, loops
from .draft import Draft, Entity, configured, entity_id, known
from .drift import drift_of
from .events import application_of, window_seconds
from .units import moment, quantity
from .workloads import KINDS, workload_id

_GROUP = "argoproj.io"
_HOME = "argocd"
# How an Application calls the cluster that its Argo CD runs in.
OWN_CLUSTER = frozenset(("", "in-cluster", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local"))
# What the model keeps of a source, and how its spec calls it.
_SOURCE_FIELDS = {"repo_url": "repoURL", "path": "path", "chart": "chart", "target_revision": "targetRevision"}
_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_TRACKING_LABEL = "app.kubernetes.io/instance"
_SETTINGS = "argocd-cmd-params-cm"
_HEAL_GAP = "controller.self.heal.backoff.cap.seconds"


def add_applications(draft: Draft, source: SourceEvidence) -> None:
    """Add the Applications of one source; churn and drift where events and drifted objects were read."""
    nouns, cluster = source.nouns, source.record.name
    if "applications" not in nouns:
        return
    draft.open("applications")
    for item in nouns["applications"]:
        draft.add("applications", _application(cluster, item))
    _add_churn(draft, cluster, nouns)
    if "drifted_objects" in nouns:
        rows: dict[str, list[Entity]] = {}
        for row in nouns["drifted_objects"]:
            rows.setdefault(row["application"], []).append(row)
        for application in draft.in_cluster("applications", cluster):
            application["drift"] = drift_of(application, rows.get(f"{application['namespace']}/{application['name']}", []))
    _relate(draft, cluster, nouns["applications"])


def sources_of(item: Entity) -> list[Entity]:
    """The sources of an Application as its spec has them."""
    spec = item.get("spec") or {}
    return list(spec.get("sources") or ([spec["source"]] if spec.get("source") else []))


def _application_id(cluster: str, namespace: str, name: str) -> str:
    return entity_id("application", cluster, namespace, name)


def _application(cluster: str, item: Entity) -> Entity:
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    destination, sync = spec.get("destination") or {}, status.get("sync") or {}
    resources, summary = status.get("resources") or [], status.get("summary") or {}
    return {
        "id": _application_id(cluster, metadata["namespace"], metadata["name"]),
        "name": metadata["name"],
        "cluster": cluster,
        "namespace": metadata["namespace"],
        "project": spec.get("project") or "default",
        "sources": [{field: row.get(name) or None for field, name in _SOURCE_FIELDS.items()} for row in sources_of(item)],
        "source_kinds": _source_kinds(item),
        "destination_namespace": destination.get("namespace") or None,
        "destination_server": destination.get("server") or destination.get("name") or None,
        **_policy(spec.get("syncPolicy") or {}),
        "revision": _revision(sync),
        "synced_revision": _revision((status.get("operationState") or {}).get("syncResult") or {}),
        "resource_count": len(resources),
        "out_of_sync": _out_of_sync(resources),
        "images": sorted(set(summary.get("images") or [])),
        "external_urls": sorted(set(summary.get("externalURLs") or [])),
        "conditions": [
            {"type": kind, "message": message}
            for kind, message in sorted((one.get("type") or "", one.get("message") or "") for one in status.get("conditions") or [])
        ],
        "last_sync": _last_sync(status.get("operationState") or {}),
        **known(sync_status=sync.get("status"), health_status=(status.get("health") or {}).get("status")),
    }


def _revision(told: Entity) -> str | None:
    return told.get("revision") or ", ".join(told.get("revisions") or []) or None


def _source_kinds(item: Entity) -> list[str]:
    status = item.get("status") or {}
    return sorted({kind for kind in (status.get("sourceTypes") or [status.get("sourceType")]) if kind})


def _policy(policy: Entity) -> Entity:
    """A policy without the block "automated" is one that waits for a person."""
    automated = policy.get("automated") or {}
    # An empty block switches it on, too.
    on = policy.get("automated") is not None and automated.get("enabled") is not False
    return {
        "automated": on,
        "self_heal": bool(on and automated.get("selfHeal")),
        "prune": bool(on and automated.get("prune")),
        "sync_options": sorted(set(policy.get("syncOptions") or [])),
    }


def _out_of_sync(resources: t.Iterable[Entity]) -> list[Entity]:
    found = [
        {
            **{field: row.get(field) or "" for field in ("group", "kind", "namespace", "name")},
            "requires_pruning": bool(row.get("requiresPruning")),
        }
        for row in resources
        if row.get("status") == "OutOfSync"
    ]
    return sorted(found, key=lambda row: tuple(str(value) for value in row.values()))


def _last_sync(state: Entity) -> Entity | None:
    if not state:
        return None
    operation = state.get("operation") or {}
    sync = operation.get("sync") or {}
    return {
        "phase": state.get("phase") or "",
        "message": state.get("message") or "",
        "started": state.get("startedAt"),
        "finished": state.get("finishedAt"),
        "automated": bool((operation.get("initiatedBy") or {}).get("automated")),
        "partial": bool(sync.get("resources")),
        "heal_attempts": sync.get("autoHealAttemptsCount"),
    }


def _add_churn(draft: Draft, cluster: str, nouns: t.Mapping[str, list[Entity]]) -> None:
    """Churn, where the events tell of it, and whether the Application syncs in a loop."""
    collected = draft.evidence.started
    window = window_seconds(nouns.get("events", []), collected)
    events: dict[tuple[str, str], list[Entity]] = {}
    for event in nouns.get("events", []):
        about = application_of(event)
        if about:
            events.setdefault(about, []).append(event)
    gap = _heal_gap(nouns)
    for application in draft.in_cluster("applications", cluster):
        mine = events.get((application["namespace"], application["name"]), [])
        if window is not None and (mine or not _synced_within(application, collected, window)):
            application["churn"] = churn(mine, window)
        application.update(known(loop=loops(application, collected, gap)))


def _synced_within(application: Entity, collected: str, window: int) -> bool:
    """Whether a sync ended while events were kept: without an event of it, Argo CD writes none."""
    now, finished = moment(collected), moment((application["last_sync"] or {}).get("finished"))
    return now is not None and finished is not None and now - finished < window


def _heal_gap(nouns: t.Mapping[str, list[Entity]]) -> float:
    for item in nouns.get("configmaps", []):
        if item["metadata"]["name"] == _SETTINGS:
            return quantity((item.get("data") or {}).get(_HEAL_GAP)) or HEAL_GAP_SECONDS
    return HEAL_GAP_SECONDS


def _relate(draft: Draft, cluster: str, items: t.Sequence[Entity]) -> None:
    """Children and parents: an Application whose resources are Applications."""
    applications = draft.collections["applications"]
    for application in draft.in_cluster("applications", cluster):
        application.update(children=[], parent_id=None)
    for item in sorted(items, key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"])):
        own = applications[_application_id(cluster, item["metadata"]["namespace"], item["metadata"]["name"])]
        listed = {
            _application_id(cluster, row.get("namespace") or own["namespace"], row.get("name") or "")
            for row in (item.get("status") or {}).get("resources") or []
            if row.get("kind") == "Application" and row.get("group") == _GROUP
        }
        own["children"] = sorted(listed & set(applications) - {own["id"]})
        for child in own["children"]:
            applications[child]["parent_id"] = applications[child]["parent_id"] or own["id"]


def join_applications(draft: Draft) -> None:
    """Which workloads and routes an Application manages, in its own cluster or in another one of the lab."""
    complete = {source.record.name for source in draft.evidence.of("kubernetes") if all(noun in source.nouns for noun in KINDS)}
    workloads = draft.collections.get("workloads", {})
    targets = _targets(draft)
    owners: dict[str, str] = {}
    for source in draft.evidence.of("kubernetes"):
        for item in source.nouns.get("applications", []):
            metadata = item["metadata"]
            identity = _application_id(source.record.name, metadata["namespace"], metadata["name"])
            application = draft.collections["applications"][identity]
            target = targets[identity]
            listed = sorted(_listed_workloads(item, target) & workloads.keys()) if target else []
            owners.update(dict.fromkeys(listed, identity))
            if target in complete or (target is None and not _may_be_here(draft, application)):
                application["workloads"] = listed
    _own_workloads(draft, owners, targets)
    _own_routes(draft, targets)


def _targets(draft: Draft) -> dict[str, str | None]:
    """By the id of an Application the entry of the lab file that it deploys to, by URL or by name; None when none fits."""
    clusters = draft.all("kube_clusters")
    places = {str(one["name"]): str(one["name"]) for one in clusters}
    places.update({str(one["endpoint"]).rstrip("/"): str(one["name"]) for one in clusters if one.get("endpoint")})
    targets = {}
    for application in draft.all("applications"):
        server = (application["destination_server"] or "").rstrip("/")
        targets[application["id"]] = str(application["cluster"]) if server in OWN_CLUSTER else places.get(server)
    return targets


def _may_be_here(draft: Draft, application: Entity) -> bool:
    """Whether an Application without a target may deploy to another cluster of the lab after all: Argo CD and the audit can reach
    one cluster by different addresses."""
    others = [source for source in draft.evidence.of("kubernetes") if source.record.name != application["cluster"]]
    return any(map(configured, others))


def _listed_workloads(item: Entity, cluster: str) -> set[str]:
    return {
        workload_id(cluster, row["kind"], row.get("namespace") or "", row.get("name") or "")
        for row in (item.get("status") or {}).get("resources") or []
        if row.get("kind")
    }


def _own_workloads(draft: Draft, owners: t.Mapping[str, str], targets: t.Mapping[str, str | None]) -> None:
    """application_id of every workload: from the list of the Application, else from what Argo CD writes onto its resources."""
    by_mark = _marks(draft, targets)
    read = not draft.unread("kubernetes", "applications") and "applications" in draft.collections
    # Clusters that an Application whose target is not known can not be in: its own.
    lost = {one["cluster"] for one in draft.all("applications") if targets[one["id"]] is None}
    for workload in draft.all("workloads"):
        found = owners.get(workload["id"]) or by_mark.get(workload["id"])
        if found or (read and not lost - {workload["cluster"]}):
            workload["application_id"] = found
        application = draft.collections["applications"][found] if found else None
        if application and workload["id"] not in application.get("workloads", [workload["id"]]):
            application["workloads"] = sorted({*application["workloads"], workload["id"]})


def _own_routes(draft: Draft, targets: t.Mapping[str, str | None]) -> None:
    """application_id of every route, from the list of the Application that has its Ingress."""
    owners: dict[tuple[str | None, str, str], str] = {}
    unknown = "applications" not in draft.collections or draft.unread("kubernetes", "applications")
    for source in draft.evidence.of("kubernetes"):
        for item in source.nouns.get("applications", []):
            own = _application_id(source.record.name, item["metadata"]["namespace"], item["metadata"]["name"])
            for row in (item.get("status") or {}).get("resources") or []:
                if row.get("kind") == "Ingress":
                    owners.setdefault((targets[own], row.get("namespace") or "", row.get("name") or ""), own)
    for route in draft.all("routes"):
        spot = (route["namespace"], route["name"])
        found = owners.get((route["cluster"], *spot)) or owners.get((None, *spot))
        if found or not unknown:
            route["application_id"] = found


def _marks(draft: Draft, targets: t.Mapping[str, str | None]) -> dict[str, str]:
    """Workload to Application by the tracking annotation; by the label only for Applications that list no resources at all.

    Of several Applications with one name, those outside the namespace of Argo CD are marked with theirs before the name.
    """
    names: dict[tuple[str | None, str], Entity] = {}
    plain: dict[tuple[str | None, str], list[Entity]] = {}
    for application in draft.all("applications"):
        target = targets[application["id"]]
        names[target, f"{application['namespace']}_{application['name']}"] = application
        plain.setdefault((target, application["name"]), []).append(application)
    for key, same in plain.items():
        at_home = same if len(same) == 1 else [one for one in same if one["namespace"] == _HOME]
        if len(at_home) == 1:
            names[key] = at_home[0]
    found = {}
    for source in draft.evidence.of("kubernetes"):
        cluster = source.record.name
        for noun, kind in KINDS.items():
            for item in source.nouns.get(noun, []):
                metadata = item["metadata"]
                tracking = str((metadata.get("annotations") or {}).get(_TRACKING_ID) or "")
                own = tracking.endswith(f"/{kind}:{metadata['namespace']}/{metadata['name']}")
                name = tracking.partition(":")[0]
                by_id = (names.get((cluster, name)) or names.get((None, name))) if own else None
                by_label = names.get((cluster, (metadata.get("labels") or {}).get(_TRACKING_LABEL) or ""))
                if by_label and (by_label["resource_count"] or by_label["destination_namespace"] != metadata["namespace"]):
                    by_label = None
                if by_id or by_label:
                    found[workload_id(cluster, kind, metadata["namespace"], metadata["name"])] = (by_id or by_label or {})["id"]
    return found
