# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""lab.json as rules see it: entities that know what was not read, looked up by id, collection and edge.

A key that is absent in lab.json was not read. An Entity raises NotReadError for such a key instead of giving None, so neither an
expression nor a check can take "not read" for "empty": whatever touches an absent key ends as unknown.
"""

from __future__ import annotations

import typing as t
from functools import cached_property

from .._lab.graph import Graph

SOURCE_KINDS = ("proxmox", "kubernetes", "k0s", "repository")
COLLECTIONS = (
    "applications",
    "claims",
    "controllers",
    "declared_applications",
    "declared_guests",
    "declared_nodes",
    "declared_routes",
    "documented_machines",
    "guests",
    "host_storages",
    "hosts",
    "ip_pools",
    "kube_clusters",
    "kube_services",
    "namespaces",
    "nodes",
    "proxmox_clusters",
    "replicas",
    "repositories",
    "repository_files",
    "repository_folders",
    "routes",
    "services",
    "sources",
    "storage_classes",
    "storage_disks",
    "volumes",
    "workloads",
)
EDGE_KINDS = ("bound_to", "mounts", "placed_on", "routes_to", "runs_in", "runs_on", "selects", "served_by", "stored_on")


class NotReadError(Exception):
    """Something that an answer depends on was not read.

    what: a key, or a few words for it. owner: id of the entity that lacks it, empty when what says it all.
    """

    def __init__(self, what: str, owner: str = "") -> None:
        super().__init__(f"{what} of {owner}" if owner else what)
        self.what = what
        self.owner = owner


class Entity(dict[str, t.Any]):
    """One object of lab.json. Reading an absent key, by [] or get(), raises NotReadError; ``in`` asks whether a key was read."""

    def __missing__(self, key: str) -> t.NoReturn:
        raise NotReadError(key, dict.get(self, "id", ""))

    def get(self, key: str, default: t.Any = None) -> t.Any:
        """The value; never ``default``, which is only here because dict has it and JMESPath reads through get()."""
        return self[key]

    @property
    def id(self) -> str:
        """Its id."""
        return t.cast("str", self["id"])

    @property
    def display_name(self) -> str:
        """What a person calls it: host and path of a route, else its name, its path or its id."""
        if self.id.startswith(("route/", "declared_route/")):
            return self.id.partition(":")[2]
        return t.cast("str", dict.get(self, "name") or dict.get(self, "path") or self.id)

    @property
    def source_name(self) -> str:
        """Name of the source that it comes from: the entry in the lab file, or the folder of the repository."""
        return t.cast("str", dict.get(self, "cluster") or dict.get(self, "repository") or dict.get(self, "name") or "")


class LabIndex:
    """lab.json, indexed. ``data`` is the whole of lab.json and is not changed; collections are sorted by id.

    facts: what is known of the world outside the lab, from data files: name of a list to its entries.
    """

    def __init__(self, data: t.Mapping[str, t.Any], facts: t.Mapping[str, t.Sequence[t.Any]] | None = None) -> None:
        self.facts: t.Mapping[str, t.Sequence[t.Any]] = facts or {}
        self._data = data
        self._coverage: t.Mapping[str, t.Mapping[str, str]] = data.get("coverage") or {}
        self._collections = {
            name: sorted(map(Entity, data[name]), key=lambda entity: entity.id)
            for name in COLLECTIONS
            if data.get(name) is not None
        }
        self._by_id = {entity.id: entity for entities in self._collections.values() for entity in entities}
        self._by_source: dict[str, dict[str, list[Entity]]] = {}
        self._edges: dict[tuple[str, str], set[str]] = {}
        for edge in data.get("edges") or []:
            self._edges.setdefault((edge["from"], edge["kind"]), set()).add(edge["to"])
        self.requests: t.Sequence[t.Mapping[str, t.Any]] = data.get("requests") or []
        self._sources: t.Sequence[t.Mapping[str, t.Any]] | None = data.get("sources")

    def configured(self, kind: str) -> bool:
        """Whether the lab file names a source of this kind; yes where no sources are told at all, as in examples of rules."""
        return self._sources is None or any(
            source.get("source") == kind and source.get("state") != "not_configured" for source in self._sources
        )

    def collection(self, name: str) -> list[Entity]:
        """Its entities by id; none when it was not read, which unread_sources() tells apart."""
        return self._collections.get(name, [])

    def unread_sources(self, collection: str) -> list[str]:
        """Ids of the configured sources that should feed the collection and could not."""
        return sorted(source for source, state in self._coverage.get(collection, {}).items() if state == "unread")

    def whole(self, name: str) -> list[Entity]:
        """Like collection(), but NotReadError when a configured source could not give its part of it."""
        for source in self.unread_sources(name):
            raise NotReadError(name, source)
        return self.collection(name)

    def is_fed(self, collection: str) -> bool:
        """Whether anything configured feeds the collection."""
        return collection in self._collections or bool(self._coverage.get(collection))

    def source_of(self, collection: str, entity: Entity) -> str:
        """Id of the source that an entity of the collection comes from; its bare name when the coverage lists none of that name."""
        if collection == "sources":
            return entity.id
        matching = [source for source in self._coverage.get(collection, {}) if source.partition("/")[2] == entity.source_name]
        return min(matching, default=entity.source_name)

    def beside(self, entity: Entity, collection: str) -> list[Entity]:
        """The entities of a collection that come from the same cluster; NotReadError when that cluster's were not read."""
        for source in self.unread_sources(collection):
            if source.partition("/")[2] == entity.source_name:
                raise NotReadError(collection, source)
        if collection not in self._by_source:
            groups = self._by_source[collection] = {}
            for other in self.collection(collection):
                groups.setdefault(other.source_name, []).append(other)
        return self._by_source[collection].get(entity.source_name, [])

    @cached_property
    def files_by_folder(self) -> t.Mapping[tuple[str, str], t.Sequence[Entity]]:
        """Repository and folder, as repository_folders has them, to the files right in it."""
        found: dict[tuple[str, str], list[Entity]] = {}
        for file in self.whole("repository_files"):
            found.setdefault((file["repository"], file["path"].rpartition("/")[0] or "."), []).append(file)
        return found

    @cached_property
    def graph(self) -> Graph:
        """Who depends on whom."""
        return Graph(self._data.get("edges") or [])

    @cached_property
    def service_ids(self) -> frozenset[str]:
        """Ids of all services."""
        return frozenset(service.id for service in self.collection("services"))

    def services_stopped_by(self, *lost: str) -> list[Entity]:
        """The services that stop when all of these stop together, by id."""
        return [self.ref(service) for service in sorted(self.graph.stopped_by(*lost) & self.service_ids)]

    def ref(self, entity_id: str) -> Entity:
        """The entity with this id; NotReadError when lab.json names it and does not hold it."""
        try:
            return self._by_id[entity_id]
        except KeyError:
            raise NotReadError(entity_id) from None

    def refs(self, entity_id: str, kind: str) -> list[Entity]:
        """What an entity depends on by edges of this kind, by id."""
        return [self.ref(target) for target in sorted(self._edges.get((entity_id, kind), ()))]
