# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Machines that the tables of Markdown files name. What people write of their lab is taken for a claim only where a table says
that it lists machines: one column with their names, and one with their addresses or what they are for."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .._evidence.redaction import Redactor

_MAX_ROWS = 500
_MAX_TEXT = 120

_FENCE = re.compile(r"\s{0,3}(?P<fence>```+|~~~+)")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_CELL = re.compile(r"(?<!\\)\|")
# "Host" and "Host name" name machines, "Host port" does not; "Name" alone does beside addresses.
_MACHINE = re.compile(r"(?:\w+ )?(?:node|host|hostname|machine|vm|server)s?(?: name)?", re.IGNORECASE)
_NAME = re.compile(r"(?:\w+ )?names?", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:ips?|ipv4|address|addresses)\b", re.IGNORECASE)
_ROLE = re.compile(r"(?:role|what|roles)\b.*", re.IGNORECASE)
_SIZE = re.compile(r"\b(?:v?cpus?|ram)\b", re.IGNORECASE)
_LINK = re.compile(r"!?\[(?P<text>[^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_TAG = re.compile(r"<[^<>]*>")
_MARK = re.compile(r"\*\*|__|`|(?<![\w-])[*_](?=\S)|(?<=\w)[*_](?!\w)")
_ASIDE = re.compile(r"\s*\([^()]*\)$")
_MACHINE_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][\w.-]*(?: [\w.-]+){0,2}", re.ASCII)
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_NOBODY = frozenset(("n/a", "na", "none", "tbd", "todo", "total", "name"))

Row = dict[str, t.Any]


def machine_rows(path: str, text: str, redactor: Redactor) -> list[Row]:
    """{path, line, name, address, role} of each machine; address and role are None where the table has none."""
    rows: list[Row] = []
    for start, table in _tables(text.splitlines()):
        rows += _machines(path, start, table, redactor)
    return rows[:_MAX_ROWS]


def _tables(lines: t.Sequence[str]) -> t.Iterator[tuple[int, list[list[str]]]]:
    """Tables outside of code, as cells by row without the rule, and the line of their header."""
    fence = ""
    at = 0
    while at < len(lines):
        mark = _FENCE.match(lines[at])
        if mark and (not fence or mark["fence"].startswith(fence)):
            fence = "" if fence else mark["fence"]
        elif (
            not fence
            and "|" in lines[at]
            and at + 1 < len(lines)
            and "|" in lines[at + 1]
            and _RULE.fullmatch(lines[at + 1][:1000])
        ):
            end = at + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            yield at + 1, [_cells(lines[at]), *map(_cells, lines[at + 2 : end])]
            at = end - 1
        at += 1


def _cells(line: str) -> list[str]:
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(line)]


def _plain(cell: str) -> str:
    """A cell without markup."""
    cell = _TAG.sub(" ", _LINK.sub(lambda match: match["text"], cell[:1000]))
    return " ".join(_MARK.sub("", cell).split())


def _first(header: t.Sequence[str], pattern: re.Pattern[str], whole: bool = True) -> int | None:
    """The first column whose header matches."""
    test = pattern.fullmatch if whole else pattern.search
    return next((place for place, cell in enumerate(header) if test(cell)), None)


def _machines(path: str, start: int, table: t.Sequence[t.Sequence[str]], redactor: Redactor) -> list[Row]:
    header = [_plain(cell) for cell in table[0]]
    named, address, role = _first(header, _MACHINE), _first(header, _ADDRESS, False), _first(header, _ROLE)
    addresses = [_address(row[address]) for row in table[1:] if address is not None and address < len(row)]
    if named is None and any(addresses):
        named = _first(header, _NAME)
    if named is None or named == address or (address is None and role is None and _first(header, _SIZE, False) is None):
        return []
    rows = []
    for line, row in enumerate(table[1:], start=start + 2):
        cells = [*row, *[""] * (len(header) - len(row))]
        name = _machine_name(cells[named])
        found = _address(cells[address]) if address is not None else None
        what = redactor.text(_plain(cells[role]))[:_MAX_TEXT] if role is not None else ""
        # A name with dots and without an address is rather that of a site.
        if name and (found or "." not in name):
            rows.append({"path": path, "line": line, "name": redactor.text(name), "address": found, "role": what or None})
    return rows


def _machine_name(cell: str) -> str | None:
    """The name in a cell; None for prose, several names, and names that are struck out."""
    name = _ASIDE.sub("", _plain(cell))
    if name.lower() in _NOBODY or len(name) > _MAX_TEXT or not _MACHINE_NAME.fullmatch(name):
        return None
    return name


def _address(cell: str) -> str | None:
    """The first IPv4 address in a cell that a machine can have."""
    for word in _IPV4.findall(_plain(cell)):
        try:
            address = ipaddress.IPv4Address(word)
        except ValueError:
            continue
        if not (address.is_loopback or address.is_unspecified or address.is_multicast):
            return str(address)
    return None
