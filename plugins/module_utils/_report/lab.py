# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""lab.json as the report looks at it: objects by id, and for each collection whether it was read and what is missing.

Three kinds of absence are told apart, because a reader must: nothing is configured that could give a collection, something is and
could not be read, and what was read is empty.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._words import named
from .feeds import FEEDS
from .text import clean

Object = t.Mapping[str, t.Any]
PartState = t.Literal["read", "partial", "unread", "not_configured"]

# Added where something was not read and no gap tells the cause.
NOT_TOLD = " The evidence does not say why."
SOURCE_NAMES = {"proxmox": "Proxmox", "kubernetes": "Kubernetes", "k0s": "k0s host", "repository": "repository"}


@dataclasses.dataclass(frozen=True)
class Gap:
    """One thing that was not read, with the source that it belongs to. what: "source" for all of it."""

    source_id: str
    what: str
    reason: str
    detail: str
    remedy: str

    @property
    def whole(self) -> bool:
        """Whether nothing at all was read of the source."""
        return self.what == "source"


@dataclasses.dataclass(frozen=True)
class Part:
    """One collection in a section. rows: what the page and report.json print, only with read and partial.

    lacking: one sentence for what is not there, "" when it was read and is not empty.
    """

    state: PartState
    rows: t.Sequence[Object]
    gaps: t.Sequence[Gap]
    lacking: str

    @property
    def own_gaps(self) -> list[Gap]:
        """The gaps of the collection itself, without those of a whole source, which stand at the head of the section."""
        return [gap for gap in self.gaps if not gap.whole]


@dataclasses.dataclass(frozen=True)
class Section:
    """The parts of one section of the report by name. absent: the sentence for what this lab does not have, else ""."""

    parts: t.Mapping[str, Part]
    absent: str = ""

    def __getitem__(self, name: str) -> Part:
        return self.parts[name]

    @property
    def lacking(self) -> str:
        """One sentence when the section has nothing at all to tell, else ""."""
        if self.absent:
            return self.absent
        if any(part.state in ("read", "partial") for part in self.parts.values()):
            return ""
        sentences = {part.lacking for part in self.parts.values()}
        return sentences.pop() if len(sentences) == 1 else "Nothing of this section could be read."

    @property
    def source_gaps(self) -> list[Gap]:
        """The whole sources that are missing here, each once; every gap when there is no part to show it with."""
        alone = bool(self.lacking)
        return list(dict.fromkeys(gap for part in self.parts.values() for gap in part.gaps if gap.whole or alone))


class Lab:
    """lab.json, indexed; nothing of it is changed."""

    def __init__(self, data: Object) -> None:
        self.data = data
        self.sources: t.Sequence[Object] = data["sources"]
        self._by_id = {
            entity["id"]: entity
            for entities in data.values()
            if isinstance(entities, list)
            for entity in entities
            if isinstance(entity, dict) and "id" in entity
        }

    def rows(self, collection: str) -> t.Sequence[Object]:
        """The objects of a collection by id; none when it was not read, which state() tells."""
        return t.cast("t.Sequence[Object]", self.data.get(collection) or [])

    def find(self, identity: str) -> Object:
        """The object with this id; an empty one when it was not read, so that all of it is unknown."""
        return self._by_id.get(identity, {})

    def name(self, identity: str) -> str:
        """The name of an object; the last part of the id when the object itself was not read."""
        return t.cast("str", self.find(identity).get("name") or identity.split("/", 3)[-1])

    def configured(self, source: str) -> list[Object]:
        """The sources of one kind that the lab file names."""
        return [entry for entry in self.sources if entry["source"] == source and entry["state"] != "not_configured"]

    @property
    def gaps(self) -> list[Gap]:
        """Everything that was not read, whole sources first. A failed source without a gap still gives one."""
        found = []
        for entry in self.sources:
            gaps = [Gap(entry["id"], gap["what"], gap["reason"], gap["detail"], gap["remedy"]) for gap in entry["gaps"]]
            if entry["state"] == "failed" and not gaps:
                gaps = [Gap(entry["id"], "source", "invalid", "the evidence does not say why it could not be read", "")]
            found += gaps
        return sorted(found, key=lambda gap: (not gap.whole, gap.source_id, gap.what, gap.reason, gap.detail))

    def lacks(self, part: str) -> bool:
        """Whether no cluster has a part such as argocd; False when a cluster did not tell its API groups, or none was read."""
        clusters = self.rows("kube_clusters")
        return bool(clusters) and all("parts" in cluster and part not in cluster["parts"] for cluster in clusters)

    def state(self, collection: str, view: str = "") -> PartState:
        """Whether a collection was read from all sources that feed it, from some, from none, or has no source at all.

        view: what the report shows of it when that needs other nouns than the collection itself.
        """
        coverage: t.Mapping[str, str] = self.data["coverage"].get(collection) or {}
        main_source = next(iter(FEEDS[collection]))
        if not coverage and collection not in self.data:
            return "unread" if self.configured(main_source) else "not_configured"
        everything_unread = bool(coverage) and set(coverage.values()) == {"unread"}
        if collection not in self.data or (everything_unread and not self.data[collection]):
            return "unread"
        return "partial" if "unread" in coverage.values() or self.gaps_of(view or collection) else "read"

    def gaps_of(self, collection: str) -> list[Gap]:
        """The gaps that touch a collection: those of its nouns, and of whole sources that feed it."""
        feeds = FEEDS[collection]
        found = []
        for gap in self.gaps:
            source = gap.source_id.partition("/")[0]
            nouns = feeds.get(source, frozenset())
            if source in feeds and (nouns is None or gap.whole or gap.what.partition("/")[0] in nouns):
                found.append(gap)
        return found

    def part(self, collection: str, words: str, rows: t.Sequence[Object], view: str = "", empty: str = "") -> Part:
        """A collection for a section, or a view of one (see state).

        words: what its objects are called, in the plural. rows: what the section prints of it. empty: the sentence for no rows,
        where a person would not say "No <words> were found."
        """
        state = self.state(collection, view)
        gaps = self.gaps_of(view or collection)
        if state == "not_configured":
            return Part(state, (), (), no_source(next(iter(FEEDS[collection]))))
        if state == "unread":
            return Part(state, (), gaps, f"The {words} could not be read.{'' if gaps else NOT_TOLD}")
        sentence = empty.rstrip(".") or f"No {words} were found"
        return Part(state, rows, gaps, "" if rows else f"{sentence}{' in what could be read' if gaps else ''}.")

    def full_name(self, row: Object, source: str) -> str:
        """The name of an object in a sentence, with its cluster where the lab has several of that kind of source."""
        return f"{clean(row['name'])}{self.of_cluster(row, source)}"

    def of_cluster(self, row: Object, source: str) -> str:
        """The words " of <cluster>" where the lab has several of a kind of source, else ""."""
        return f" of {clean(row['cluster'])}" if self.several[source] else ""

    @property
    def several(self) -> dict[str, bool]:
        """By kind of source, whether there is more than one of it, so that names alone do not tell where a thing is."""
        return {source: len(self.configured(source)) > 1 for source in SOURCE_NAMES}


def no_source(source: str) -> str:
    """The sentence for a kind of source that the lab file does not name."""
    return f"No {SOURCE_NAMES[source]} source is configured." if source != "repository" else "No repository is configured."


def pick(entity: Object, *fields: str) -> dict[str, t.Any]:
    """Those of the fields that the object has: what is absent stays absent."""
    return {field: entity[field] for field in fields if field in entity}


def plain_names(names: t.Iterable[str], most: int = 6) -> str:
    """Names of the lab in a sentence that also a terminal may show; of more than most only some."""
    return named([clean(name) for name in names], most)
