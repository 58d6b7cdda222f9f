# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""How a live object differs from what was applied last, told from the object alone. No I/O.

By default Argo CD compares two kinds of objects in two ways. Those whose Go type it knows ("typed") get defaults on both sides, and
members of lists are matched by their keys: so only what was applied and is not there counts, and empty fields count as absent. Of
all others every applied field counts, and lists are compared member by member in their order.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._evidence.redaction import name_below
from .._lab.units import quantity
from .kinds import Object
from .trim import Trimmer

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# What Argo CD itself writes into an object to know it again, and what repeats the object.
_TRACKING_LABELS = frozenset(("app.kubernetes.io/instance", "argocd.argoproj.io/instance"))
_TRACKING_ANNOTATIONS = frozenset((_LAST_APPLIED, "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/installation-id"))
_KEYED_BY_NAME = ("containers", "ephemeralContainers", "env", "imagePullSecrets", "initContainers", "volumes", "webhooks")
# Lists whose members have a key, in objects whose type is known. Ports have two forms.
_KEYS: t.Mapping[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(_KEYED_BY_NAME, (("name",),)),
    "hostAliases": (("ip",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "volumeDevices": (("devicePath",),),
    "volumeMounts": (("mountPath",),),
}
_KEY_DEFAULTS = {"protocol": "TCP"}
# Fields that are quantities, or mappings of quantities: 1 is 1000m there.
_QUANTITIES = frozenset(("limits", "requests", "capacity", "sizeLimit", "divisor"))
_LONGEST = 80

Path = tuple[t.Union[str, int], ...]


@dataclasses.dataclass(frozen=True)
class _Found:
    """Where two objects differ; None where the side has nothing. Indexes of the sides may differ in lists with keys."""

    applied: Path | None
    live: Path | None


def explain(live: Object, typed: bool, trimmer: Trimmer) -> Object:
    """{generation, last_applied, differences: [{path, in_applied, in_live, applied, live, owners}]}, sorted by path.

    live: an object of the API. generation is absent when the object has none. Values are redacted and at most 80 characters long;
    a longer mapping or list is the beginning of its JSON. Errors: RecursionError when it is nested deeper than Python goes.
    """
    metadata = live["metadata"]
    applied = _last_applied(metadata)
    row: Object = {"last_applied": applied is not None, "differences": []}
    if isinstance(metadata.get("generation"), int):
        row["generation"] = metadata["generation"]
    if applied is not None:
        wanted, found = _compared(applied), _compared(live)
        differences = [_difference(one, wanted, found, metadata, trimmer) for one in _walk(wanted, found, (), (), typed)]
        row["differences"] = sorted(differences, key=lambda one: str(one["path"]))
    return row


def _last_applied(metadata: Object) -> Object | None:
    annotations = metadata.get("annotations")
    text = annotations.get(_LAST_APPLIED) if isinstance(annotations, dict) else None
    try:
        applied = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return applied if isinstance(applied, dict) else None


def _compared(item: Object) -> Object:
    """What is compared of an object: neither its identity and status, nor what the API server or Argo CD adds to its metadata."""
    out = {field: value for field, value in item.items() if field not in ("apiVersion", "kind", "metadata", "status")}
    metadata = item.get("metadata")
    kept: Object = {}
    for field, noise in (("labels", _TRACKING_LABELS), ("annotations", _TRACKING_ANNOTATIONS)):
        values = metadata.get(field, {}) if isinstance(metadata, dict) else {}
        if isinstance(values, dict):
            values = {key: value for key, value in values.items() if key not in noise}
        if values != {}:
            kept[field] = values
    return {**out, "metadata": kept}


def _walk(applied: t.Any, live: t.Any, here: Path, there: Path, typed: bool) -> t.Iterator[_Found]:
    """here, there: the place in what was applied and in the live object."""
    if isinstance(applied, dict) and isinstance(live, dict):
        for key, value in applied.items():
            if key in live:
                yield from _walk(value, live[key], (*here, key), (*there, key), typed)
            elif not (typed and _empty(value)):
                yield _Found((*here, key), None)
    elif isinstance(applied, list) and isinstance(live, list):
        yield from _walk_lists(applied, live, here, there, typed)
    elif not (typed and applied is None) and not _same(applied, live, here, typed):
        yield _Found(here, there)


def _walk_lists(applied: list[t.Any], live: list[t.Any], here: Path, there: Path, typed: bool) -> t.Iterator[_Found]:
    keys = _member_keys(str(here[-1]), [*applied, *live]) if typed else None
    if keys:
        places = {_key(member, keys): index for index, member in enumerate(live)}
        for key, index in {_key(member, keys): index for index, member in enumerate(applied)}.items():
            if key in places:
                place = places[key]
                yield from _walk(applied[index], live[place], (*here, index), (*there, place), typed)
            else:
                yield _Found((*here, index), None)
    elif len(applied) != len(live) and not any(isinstance(member, (dict, list)) for member in (*applied, *live)):
        # Member by member, one word more in the middle of a list would make every word behind it another one.
        yield _Found(here, there)
    else:
        for index in range(max(len(applied), len(live))):
            if index < len(applied) and index < len(live):
                yield from _walk(applied[index], live[index], (*here, index), (*there, index), typed)
            else:
                yield _Found((*here, index) if index < len(applied) else None, (*there, index) if index < len(live) else None)


def _member_keys(field: str, members: list[t.Any]) -> tuple[str, ...] | None:
    """The fields that tell the members of a list apart, when all of them have these."""
    for keys in _KEYS.get(field, ()):
        if all(isinstance(member, dict) and all(_part(member, key) is not None for key in keys) for member in members):
            return keys
    return None


def _part(member: Object, key: str) -> str | int | None:
    part = member.get(key, _KEY_DEFAULTS.get(key))
    return part if isinstance(part, (str, int)) else None


def _key(member: Object, keys: tuple[str, ...]) -> tuple[str | int | None, ...]:
    return tuple(_part(member, key) for key in keys)


def _empty(value: t.Any) -> bool:
    """Whether Go leaves the field out when it writes the object."""
    if isinstance(value, dict):
        return all(_empty(member) for member in value.values())
    return value in (None, False, 0, "", [])


def _same(applied: t.Any, live: t.Any, path: Path, typed: bool) -> bool:
    if isinstance(applied, bool) == isinstance(live, bool) and applied == live:
        return True
    if not (typed and _QUANTITIES.intersection(path[-2:])):
        return False
    amounts = [quantity(value) for value in (applied, live)]
    return amounts[0] is not None and amounts[0] == amounts[1]


def _difference(found: _Found, applied: Object, live: Object, metadata: Object, trimmer: Trimmer) -> Object:
    path = found.applied if found.live is None else found.live
    row: Object = {
        "path": "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path or ()),
        "in_applied": found.applied is not None,
        "in_live": found.live is not None,
        "owners": [] if found.live is None else _owners(metadata.get("managedFields"), live, found.live),
    }
    if found.applied is not None:
        row["applied"] = _shown(applied, found.applied, trimmer)
    if found.live is not None:
        row["live"] = _shown(live, found.live, trimmer)
    return row


def _shown(item: Object, path: Path, trimmer: Trimmer) -> t.Any:
    """The value at a path, redacted by the mapping that holds it, and short."""
    last = max(index for index, part in enumerate(path) if isinstance(part, str))
    above = ""
    for index in range(last):
        if isinstance(path[index], str):
            above = name_below(above, _at(item, path[:index]), str(path[index]))
    value = trimmer.field(_at(item, path[:last]), str(path[last]), above)
    value = _at(value, path[last + 1 :])
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return value if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _at(value: t.Any, path: Path) -> t.Any:
    for part in path:
        value = value[part]
    return value


def _owners(managed_fields: t.Any, live: Object, path: Path) -> list[Object]:
    """{manager, operation, time} of everybody who says that the value at a path is theirs; time may be null."""
    owners = []
    for entry in managed_fields if isinstance(managed_fields, list) else []:
        if isinstance(entry, dict) and entry.get("fieldsV1") and _owns(entry["fieldsV1"], live, path):
            owners.append(
                {"manager": str(entry.get("manager")), "operation": str(entry.get("operation")), "time": entry.get("time")}
            )
    return sorted(owners, key=lambda owner: (owner["manager"], owner["operation"], str(owner["time"])))


def _owns(fields: t.Any, value: t.Any, path: Path) -> bool:
    """fields: of fieldsV1. An empty mapping in it stands for a value that is owned as a whole."""
    for part in path:
        if fields == {}:
            return True
        if not isinstance(fields, dict):
            return False
        value = value[part]
        if isinstance(part, str):
            fields = fields.get(f"f:{part}")
        else:
            fields = next((owned for key, owned in fields.items() if _is_member(key, value, part)), None)
    return fields is not None


def _is_member(key: str, member: t.Any, index: int) -> bool:
    """Whether a key of fieldsV1 means this member of a list: k:{"name":"web"}, v:"word" or i:0."""
    kind, colon, text = key.partition(":")
    try:
        wanted = json.loads(text) if colon else None
    except ValueError:
        return False
    if kind == "k" and isinstance(wanted, dict) and isinstance(member, dict):
        return all(member.get(field, _KEY_DEFAULTS.get(field)) == value for field, value in wanted.items())
    return (kind == "v" and bool(wanted == member)) or (kind == "i" and wanted == index)
