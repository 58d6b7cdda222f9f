# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Joins of a repository with what is live: which Applications load its files, and whether what it declares is there.

As in joins.py, a match is always written down; that there is none is an answer only when everything was read.
"""

from __future__ import annotations

import posixpath
import typing as t

from .._evidence.folder import SourceEvidence
from .checkout import Checkout, Source
from .draft import Draft, Entity, configured, entity_id
from .gitops import sources_of
from .machines import join_machines

# Nouns of Argo CD's own objects that a person applies to begin with.
_ROOTS = {"applications": "Application", "applicationsets": "ApplicationSet", "appprojects": "AppProject"}
_ARGO_GROUP = "argoproj.io/"
_COMPARED = ("cpu_count", "memory_bytes", "host", "onboot", "disk_bytes")


def join_repositories(draft: Draft) -> None:
    """Write the joined fields into everything that comes from a repository, and declared_in into the Applications."""
    live = _live_sources(draft)
    known_urls = {source.repo_url for sources in live.values() for source in sources}
    whole = _all_read(draft, "kubernetes", "applications")
    for source in draft.evidence.of("repository"):
        if "files" in source.nouns:
            head = next(iter(source.nouns.get("head", [])), {})
            paths = [row["path"] for row in source.nouns["files"]]
            checkout = Checkout(paths, source.nouns.get("kustomizations", []), head.get("remote"))
            _join_readers(draft, source, _readers(checkout, live, known_urls), whole and "kustomizations" in source.nouns)
            _add_children(draft, source, checkout, known_urls)
    _join_applications(draft)
    _join_roots(draft)
    _join_routes(draft)
    _join_guests(draft)
    join_machines(draft)


def _all_read(draft: Draft, kind: str, *nouns: str) -> bool:
    """Whether there is a source of this kind, and all of them gave these nouns."""
    return any(map(configured, draft.evidence.of(kind))) and not draft.unread(kind, *nouns)


def _live_sources(draft: Draft) -> dict[str, list[Source]]:
    """Sources by id of the live Application."""
    return {
        entity_id("application", source.record.name, item["metadata"]["namespace"], item["metadata"]["name"]): _live(item)
        for source in draft.evidence.of("kubernetes")
        for item in source.nouns.get("applications", [])
    }


def _live(item: Entity) -> list[Source]:
    status = item.get("status") or {}
    rows = sources_of(item)
    kinds = status.get("sourceTypes") or [status.get("sourceType")]
    return [_source(row, kinds[place] if place < len(kinds) else None) for place, row in enumerate(rows)]


def _source(row: Entity, told: str | None) -> Source:
    explicit = next((kind for kind in ("helm", "kustomize", "directory", "plugin") if row.get(kind) is not None), None)
    directory, helm = row.get("directory") or {}, row.get("helm") or {}
    return Source(
        repo_url=row.get("repoURL") or "",
        path=row.get("path") or None,
        kind=told or (explicit.capitalize() if explicit else None),
        recurse=bool(directory.get("recurse")),
        include=directory.get("include") or "",
        exclude=directory.get("exclude") or "",
        ref=row.get("ref") or None,
        value_files=tuple(helm.get("valueFiles") or ()),
    )


def _readers(checkout: Checkout, live: t.Mapping[str, list[Source]], known_urls: t.Collection[str]) -> dict[str, list[str]]:
    """Path to the ids of the Applications that load it."""
    readers: dict[str, list[str]] = {}
    for application, sources in sorted(live.items()):
        for path in checkout.files_of(sources, known_urls):
            readers.setdefault(path, []).append(application)
    return readers


def _join_readers(draft: Draft, source: SourceEvidence, readers: t.Mapping[str, list[str]], whole: bool) -> None:
    by_folder: dict[str, set[str]] = {}
    for path, applications in readers.items():
        by_folder.setdefault(posixpath.dirname(path) or ".", set()).update(applications)
    for collection, found in (
        ("repository_files", readers),
        ("declared_routes", readers),
        ("repository_folders", by_folder),
    ):
        for entity in draft.all(collection):
            if entity["repository"] == source.record.name and (whole or entity["path"] in found):
                entity["read_by"] = sorted(found.get(entity["path"], ()))


def _add_children(draft: Draft, source: SourceEvidence, checkout: Checkout, known_urls: t.Collection[str]) -> None:
    """Where the Applications deploy to that lie in the folders which a declared Application points to."""
    rows = source.nouns.get("declared_applications", [])
    by_path: dict[str, list[Entity]] = {}
    for row in rows:
        by_path.setdefault(row["path"], []).append(row)
    for row in rows:
        own = entity_id("declared_application", "", source.record.name, f"{row.get('namespace') or ''}/{row['name']}")
        children = [
            child
            for path in checkout.files_of([_declared(one) for one in row.get("sources") or []], known_urls)
            for child in by_path.get(path, ())
            if (child.get("namespace"), child["name"]) != (row.get("namespace"), row["name"])
        ]
        namespaces = {(child.get("destination") or {}).get("namespace") for child in children}
        declared = draft.collections["declared_applications"][own]
        if declared["path"] == row["path"]:
            declared["child_namespaces"] = sorted(filter(None, namespaces))


def _declared(row: Entity) -> Source:
    directory = row.get("directory") or {}
    return Source(
        repo_url=row.get("repo_url") or "",
        path=row.get("path") or None,
        kind=row.get("kind"),
        recurse=bool(directory.get("recurse")),
        include=directory.get("include") or "",
        exclude=directory.get("exclude") or "",
        ref=row.get("ref") or None,
        value_files=tuple(row.get("value_files") or ()),
    )


def _join_applications(draft: Draft) -> None:
    """Declared and live Applications, by name and namespace; a file may leave the namespace to whoever applies it."""
    live: dict[str, list[Entity]] = {}
    for application in draft.all("applications"):
        live.setdefault(application["name"], []).append(application)
    read_live = _all_read(draft, "kubernetes", "applications")
    for declared in draft.all("declared_applications"):
        namespace = declared["namespace"]
        same = [one for one in live.get(declared["name"], []) if namespace in (None, one["namespace"])]
        if same or read_live:
            declared["application_id"] = same[0]["id"] if same else None
        for application in same:
            application.setdefault("declared_in", declared["path"])
    if _all_read(draft, "repository", "declared_applications"):
        for application in draft.all("applications"):
            application.setdefault("declared_in", None)


def _join_roots(draft: Draft) -> None:
    """Folders with Argo CD's own objects that are live: the first of them are applied by hand, and no Application loads them.

    What a file that is loaded declares, too, comes from there.
    """
    live = {
        (kind, item["metadata"]["name"])
        for source in draft.evidence.of("kubernetes")
        for noun, kind in _ROOTS.items()
        for item in source.nouns.get(noun, [])
    }
    whole = _all_read(draft, "kubernetes", *_ROOTS)
    for source in draft.evidence.of("repository"):
        name = source.record.name
        own: dict[str, set[str]] = {}
        rows = [row for row in source.nouns.get("manifests", []) if str(row["apiVersion"]).startswith(_ARGO_GROUP)]
        loaded = {file["path"] for file in draft.all("repository_files") if file["repository"] == name and file.get("read_by")}
        elsewhere = {(row["kind"], row["name"]) for row in rows if row["path"] in loaded}
        for row in rows:
            if (row["kind"], row["name"]) in live - elsewhere:
                own.setdefault(posixpath.dirname(row["path"]) or ".", set()).add(f"{row['kind']} {row['name']}")
        for folder in draft.all("repository_folders"):
            if folder["repository"] == name and (whole or folder["path"] in own):
                folder["live_roots"] = sorted(own.get(folder["path"], ()))


def _join_routes(draft: Draft) -> None:
    """By host name; a route for every host by its path. Live routes of the Gateway API are not read, so theirs stay unknown, and
    what a kustomization loads may have got another host from it."""
    live = {_spot(route["host"], route["path"]) for route in draft.all("routes")}
    read_live = _all_read(draft, "kubernetes", "ingresses")
    here: dict[str, set[str]] = {}
    gone: dict[str, set[str]] = {}
    for route in draft.all("declared_routes"):
        there = _spot(route["host"], route["route_path"]) in live
        if there or (read_live and route["kind"] == "Ingress" and not _patched(draft, route)):
            route["live"] = there
        if route["host"]:
            here.setdefault(route["repository"], set()).add(route["host"])
            if route.get("live") is False:
                gone.setdefault(route["repository"], set()).add(route["host"])
    everywhere: set[str] = set().union(*here.values())
    by_hand = _hosts_by_hand(draft)
    for source in draft.evidence.of("repository"):
        name = source.record.name
        repository = draft.collections.get("repositories", {}).get(entity_id("repository", name=name))
        if read_live and repository is not None and "declared_routes" in source.nouns:
            repository["route_hosts_only_here"] = sorted(gone.get(name, ()))
            if by_hand is not None and _all_read(draft, "repository", "declared_routes"):
                repository["route_hosts_only_live"] = sorted(by_hand - everywhere)


def _patched(draft: Draft, route: Entity) -> bool:
    applications = draft.collections.get("applications", {})
    return any("Kustomize" in applications[one]["source_kinds"] for one in route.get("read_by", ()))


def _hosts_by_hand(draft: Draft) -> set[str] | None:
    """Hosts of live routes that neither a chart made nor an Application manages; None when that is unknown for one of them."""
    found = set()
    for route in draft.all("routes"):
        if route["host"] and not route["from_chart"]:
            if "application_id" not in route and any(map(configured, draft.evidence.of("kubernetes"))):
                return None
            if route.get("application_id") is None:
                found.add(route["host"])
    return found


def _spot(host: str | None, path: str) -> str:
    return host or f"*{path}"


def _join_guests(draft: Draft) -> None:
    """Guests of Terraform and live ones: by number, else by name, else by address."""
    read_live = _all_read(draft, "proxmox", "guests")
    rows = {
        entity_id("declared_guest", "", source.record.name, row["address"]): row
        for source in draft.evidence.of("repository")
        for row in source.nouns.get("terraform_guests", [])
    }
    guests = draft.all("guests")
    by_vmid, by_name, by_address = _index(guests)
    for declared in draft.all("declared_guests"):
        row = rows[declared["id"]]
        found = (
            [guest for guest in by_vmid.get(row.get("vmid"), []) if _fits(guest, row)]
            or by_name.get(str(row.get("name") or "").lower(), [])
            or by_address.get(str(row.get("ip") or "").partition("/")[0], [])
        )
        named = declared.get("name") is not None or declared.get("vmid") is not None
        if found or (read_live and named):
            guest = _only(found, row)
            declared["guest_id"] = guest["id"] if guest else None
            declared["present"] = bool(found)
            declared["differences"] = _differences(row, guest) if guest else []


def _fits(guest: Entity, row: Entity) -> bool:
    """A guest with the declared number that shares neither name nor host belongs to another cluster, where numbers begin anew."""
    return any(not row.get(field) or guest[field] == row[field] for field in ("name", "host"))


def _only(found: t.Sequence[Entity], row: Entity) -> Entity | None:
    """Of several, as clusters may have the same numbers, the one whose name and host fit, too."""
    fitting = found if len(found) == 1 else [one for one in found if one["name"] == row.get("name")]
    fitting = fitting if len(fitting) == 1 else [one for one in fitting if one["host"] == row.get("host")]
    return fitting[0] if len(fitting) == 1 else None


def _index(guests: t.Iterable[Entity]) -> tuple[dict[t.Any, list[Entity]], dict[str, list[Entity]], dict[str, list[Entity]]]:
    by_vmid: dict[t.Any, list[Entity]] = {}
    by_name: dict[str, list[Entity]] = {}
    by_address: dict[str, list[Entity]] = {}
    for guest in guests:
        by_vmid.setdefault(guest["vmid"], []).append(guest)
        by_name.setdefault(guest["name"].lower(), []).append(guest)
        for address in guest.get("addresses", ()):
            by_address.setdefault(address, []).append(guest)
    return by_vmid, by_name, by_address


def _differences(row: Entity, guest: Entity) -> list[Entity]:
    """What both sides tell and tell differently, without what Terraform is told to ignore. A larger live disk was grown by hand."""
    skipped = {*(row.get("unresolved") or ()), *(row.get("ignored") or ())}
    found = []
    for field in _COMPARED:
        declared, live = row.get(field), guest.get(field)
        if field in skipped or declared is None or live is None or declared == live:
            continue
        if field != "disk_bytes" or live < declared:
            found.append({"field": field, "declared": declared, "live": live})
    return found
