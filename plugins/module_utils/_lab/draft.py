# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The lab while it is being built: collections of entities by id, and helpers that every builder shares."""

from __future__ import annotations

import dataclasses
import typing as t

from .._evidence.folder import Evidence, SourceEvidence

Entity = dict[str, t.Any]


@dataclasses.dataclass
class Draft:
    """Entities by collection and id, and the evidence that they come from.

    A collection exists once any source could feed it; see open().
    """

    evidence: Evidence
    collections: dict[str, dict[str, Entity]] = dataclasses.field(default_factory=dict)

    def open(self, collection: str) -> dict[str, Entity]:
        """The collection, made when it is new: from now on it counts as read, even if it stays empty."""
        return self.collections.setdefault(collection, {})

    def add(self, collection: str, entity: Entity) -> Entity:
        """Put an entity into a collection under its id."""
        self.open(collection)[entity["id"]] = entity
        return entity

    def all(self, collection: str) -> list[Entity]:
        """The entities of a collection by id, none when it was not read."""
        entities = self.collections.get(collection, {})
        return [entities[key] for key in sorted(entities)]

    def in_cluster(self, collection: str, cluster: str) -> list[Entity]:
        """Those of one entry of the lab file."""
        return [entity for entity in self.all(collection) if entity["cluster"] == cluster]

    def unread(self, source: str, *nouns: str) -> bool:
        """Whether some configured source of this kind failed to give one of these nouns."""
        return any(noun not in entry.nouns for entry in self.evidence.of(source) if configured(entry) for noun in nouns)


def configured(entry: SourceEvidence) -> bool:
    """Whether the lab file names this source at all."""
    return entry.record.state != "not_configured"


def entity_id(kind: str, cluster: str = "", namespace: str = "", name: str = "") -> str:
    """kind/cluster/namespace/name, with empty parts where the kind has none."""
    return f"{kind}/{cluster}/{namespace}/{name}"


def known(**fields: t.Any) -> Entity:
    """The fields that are not None: what a server did not tell is left out, so that it stays unknown."""
    return {name: value for name, value in fields.items() if value is not None}
