# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Functions of Terraform that depend on their arguments alone. What is not here is never called."""

from __future__ import annotations

import ipaddress
import json
import math
import re
import typing as t

from .values import MAX_SIZE, UnresolvedError, Value, boolean, identity, items, known, mapping, number, text, unique, whole

Function = t.Callable[..., Value]

_VERB = re.compile(r"%(?P<flags>[-+0 ]*)(?P<width>\d{0,3})(?P<precision>(?:\.\d{1,2})?)(?P<verb>.)")


def _bounded(size: int) -> None:
    """Refuse what would become too large, before it is made."""
    if size > MAX_SIZE:
        raise UnresolvedError("a value is too large")


def _replace(subject: Value, old: Value, new: Value) -> Value:
    subject, old, new = text(subject), text(old), text(new)
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise UnresolvedError("patterns are not followed")
    _bounded(len(subject) + subject.count(old) * len(new))
    return subject.replace(old, new)


def _join(separator: Value, *lists: Value) -> Value:
    words = [text(word) for value in lists for word in items(value)]
    separator = text(separator)
    _bounded(sum(map(len, words)) + len(separator) * len(words))
    return separator.join(words)


def _split(separator: Value, subject: Value) -> Value:
    separator, subject = text(separator), text(subject)
    return subject.split(separator) if separator else list(subject)


def _substr(subject: Value, start: Value, length: Value) -> Value:
    subject, start, length = text(subject), whole(start), whole(length)
    start = start if start >= 0 else max(0, len(subject) + start)
    return subject[start:] if length < 0 else subject[start : start + length]


def _format(pattern: Value, *values: Value) -> Value:
    waiting = list(values)

    def fill(match: re.Match[str]) -> str:
        verb, flags, width = match["verb"], match["flags"], match["width"]
        if verb == "%":
            return "%"
        value = waiting.pop(0) if waiting else None
        if verb == "d":
            return f"%{flags}{width}d" % whole(value)
        if verb == "f":
            return f"%{flags}{width}{match['precision']}f" % number(value)
        if verb in "sv":
            return f"%{flags.replace('0', '')}{width}s" % (text(value) if value is not None else "null")
        raise UnresolvedError("a format is not followed")

    pattern = text(pattern)
    _bounded(len(pattern) + 1000 * pattern.count("%"))
    return _VERB.sub(fill, pattern)


def _length(value: Value) -> Value:
    value = known(value)
    return len(value) if isinstance(value, str) else len(items(value))


def _flatten(value: Value) -> Value:
    waiting = [iter(items(value))]
    found: list[Value] = []
    while waiting:
        member = next(waiting[-1], _END)
        if member is _END:
            waiting.pop()
        elif isinstance(member, list):
            waiting.append(iter(member))
        else:
            found.append(member)
    return found


_END = object()


def _element(values: Value, index: Value) -> Value:
    members = items(values)
    if not members:
        raise UnresolvedError("a list is empty", True)
    return members[whole(index) % len(members)]


def _lookup(table: Value, key: Value, *default: Value) -> Value:
    values, name = mapping(table), text(key)
    if name in values:
        return values[name]
    if default:
        return default[0]
    raise UnresolvedError("a map has no such key", True)


def _merge(*tables: Value) -> Value:
    merged: dict[str, Value] = {}
    for table in tables:
        merged.update(mapping(table) if table is not None else {})
    return merged


def _range(*limits: Value) -> Value:
    numbers = [whole(limit) for limit in limits]
    start, stop = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else (1 if stop >= start else -1)
    if step == 0:
        raise UnresolvedError("a range has no step", True)
    _bounded(abs(stop - start) // abs(step))
    return list(range(start, stop, step))


def _coalesce(*values: Value) -> Value:
    for value in values:
        if known(value) not in (None, ""):
            return value
    raise UnresolvedError("there is no value", True)


def _coalescelist(*lists: Value) -> Value:
    for value in lists:
        if items(value):
            return value
    raise UnresolvedError("all lists are empty", True)


def _setproduct(*sets: Value) -> Value:
    lists = [items(value) for value in sets]
    _bounded(math.prod(len(members) for members in lists) * len(lists))
    rows: list[list[Value]] = [[]]
    for members in lists:
        rows = [[*row, member] for row in rows for member in members]
    return rows


def _set(values: t.Iterable[Value]) -> list[Value]:
    """Texts sort as texts, all else by what it looks like."""
    return sorted(unique(values), key=lambda value: value if isinstance(value, str) else identity(value))


def _setsubtract(first: Value, second: Value) -> Value:
    gone = {identity(value) for value in items(second)}
    return _set(value for value in items(first) if identity(value) not in gone)


def _setintersection(first: Value, *others: Value) -> Value:
    kept = [{identity(value) for value in items(other)} for other in others]
    return _set(value for value in items(first) if all(identity(value) in other for other in kept))


def _chunklist(values: Value, size: Value) -> Value:
    members, length = items(values), max(1, whole(size))
    return [members[start : start + length] for start in range(0, len(members), length)]


def _network(prefix: Value) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text(prefix), strict=False)
    except ValueError as exc:
        raise UnresolvedError("a value is no network", True) from exc


def _cidrhost(prefix: Value, host: Value) -> Value:
    network, place = _network(prefix), whole(host)
    place = place if place >= 0 else network.num_addresses + place
    if not 0 <= place < network.num_addresses:
        raise UnresolvedError("a network has no such address", True)
    return str(network.network_address + place)


def _cidrsubnet(prefix: Value, newbits: Value, netnum: Value) -> Value:
    network, bits, place = _network(prefix), whole(newbits), whole(netnum)
    if not 0 <= bits <= network.max_prefixlen - network.prefixlen or not 0 <= place < 2**bits:
        raise UnresolvedError("a network has no such part", True)
    length = network.prefixlen + bits
    start = int(network.network_address) + (place << (network.max_prefixlen - length))
    return f"{ipaddress.ip_address(start) if network.version == 4 else ipaddress.IPv6Address(start)}/{length}"


def _cidrnetmask(prefix: Value) -> Value:
    return str(_network(prefix).netmask)


def _jsondecode(subject: Value) -> Value:
    try:
        return json.loads(text(subject), parse_constant=lambda word: None)
    except (ValueError, RecursionError) as exc:
        raise UnresolvedError("a text is no JSON", True) from exc


def _jsonencode(value: Value) -> Value:
    identity(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _contains(values: Value, wanted: Value) -> Value:
    members = items(values)
    sought = identity(wanted)
    return any(identity(member) == sought for member in members)


def _index(values: Value, wanted: Value) -> Value:
    sought = identity(wanted)
    for place, member in enumerate(items(values)):
        if identity(member) == sought:
            return place
    raise UnresolvedError("a list has no such member", True)


def _one(values: Value) -> Value:
    members = items(values)
    if len(members) > 1:
        raise UnresolvedError("a list has more than one member", True)
    return members[0] if members else None


def _parseint(subject: Value, base: Value) -> Value:
    word, radix = text(subject), whole(base)
    try:
        return int(word[:100], radix)
    except ValueError as exc:
        raise UnresolvedError("a text is no number", True) from exc


def _pow(base: Value, exponent: Value) -> Value:
    try:
        return number(float(number(base)) ** float(number(exponent)))
    except (OverflowError, ZeroDivisionError, TypeError) as exc:
        raise UnresolvedError("a number is too large") from exc


def _zipmap(keys: Value, values: Value) -> Value:
    return dict(zip((text(key) for key in items(keys)), items(values)))


FUNCTIONS: t.Mapping[str, Function] = {
    "abs": lambda value: abs(number(value)),
    "alltrue": lambda values: all(boolean(value) for value in items(values)),
    "anytrue": lambda values: any(boolean(value) for value in items(values)),
    "ceil": lambda value: math.ceil(number(value)),
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "chunklist": _chunklist,
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": lambda values: [value for value in items(values) if known(value) not in (None, "")],
    "concat": lambda *lists: [value for members in lists for value in items(members)],
    "contains": _contains,
    "distinct": lambda values: unique(items(values)),
    "element": _element,
    "endswith": lambda value, end: text(value).endswith(text(end)),
    "flatten": _flatten,
    "floor": lambda value: math.floor(number(value)),
    "format": _format,
    "index": _index,
    "join": _join,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "keys": lambda table: sorted(mapping(table)),
    "length": _length,
    "lookup": _lookup,
    "lower": lambda value: text(value).lower(),
    "max": lambda *values: max(number(value) for value in values),
    "merge": _merge,
    "min": lambda *values: min(number(value) for value in values),
    "nonsensitive": lambda value: value,
    "one": _one,
    "parseint": _parseint,
    "pow": _pow,
    "range": _range,
    "replace": _replace,
    "reverse": lambda values: items(values)[::-1],
    "setintersection": _setintersection,
    "setproduct": _setproduct,
    "setsubtract": _setsubtract,
    "setunion": lambda *sets: _set(value for members in sets for value in items(members)),
    "signum": lambda value: (number(value) > 0) - (number(value) < 0),
    "slice": lambda values, start, end: items(values)[whole(start) : whole(end)],
    "sort": lambda values: sorted(text(value) for value in items(values)),
    "split": _split,
    "startswith": lambda value, start: text(value).startswith(text(start)),
    "strcontains": lambda value, part: text(part) in text(value),
    "strrev": lambda value: text(value)[::-1],
    "substr": _substr,
    "sum": lambda values: sum(number(value) for value in items(values)),
    "title": lambda value: re.sub(r"\b[a-z]", lambda match: match[0].upper(), text(value)),
    "tobool": lambda value: None if value is None else boolean(value),
    "tolist": items,
    "tomap": mapping,
    "tonumber": lambda value: None if value is None else number(value),
    "toset": lambda values: _set(items(values)),
    "tostring": lambda value: None if value is None else text(value),
    "trim": lambda value, letters: text(value).strip(text(letters)),
    "trimprefix": lambda value, start: text(value)[len(text(start)) :] if text(value).startswith(text(start)) else text(value),
    "trimspace": lambda value: text(value).strip(),
    "trimsuffix": lambda value, end: (
        text(value)[: -len(text(end))] if text(end) and text(value).endswith(text(end)) else text(value)
    ),
    "upper": lambda value: text(value).upper(),
    "values": items,
    "zipmap": _zipmap,
}
