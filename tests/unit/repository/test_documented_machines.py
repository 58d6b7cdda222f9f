# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that Markdown tables name, and tables that are about something else."""

from __future__ import annotations

import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._report.documents import merge
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.claims import machine_rows

from .conftest import Checkout

Machine = tuple[int, str, t.Optional[str], t.Optional[str]]


def machines(text: str) -> list[Machine]:
    rows = machine_rows("a.md", text, Redactor(b"k" * 32))
    return [(row["line"], row["name"], row["address"], row["role"]) for row in rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# Lab\n\n| Machine | What | Address |\n|---|:-:|--:|\n| a-1 | worker | 192.0.2.1 |\n| b-2 | | |\n\n| c | d |\n",
            [(5, "a-1", "worker", "192.0.2.1"), (6, "b-2", None, None)],
        ),
        (
            "Node | IP | Role\n--- | --- | ---\n**`w-1`** | `192.0.2.1/24` | *storage* and [more](https://x)\n",
            [(3, "w-1", "storage and more", "192.0.2.1")],
        ),
        ("| **Host name** | CPU | RAM |\n|-|-|-|\n| [pve](./pve.md) | 8 | 32 GB |\n", [(3, "pve", None, None)]),
        ("| Name | IP address |\n|-|-|\n| Raspberry Pi 4 | 203.0.113.9 |\n", [(3, "Raspberry Pi 4", None, "203.0.113.9")]),
        ("| VM | Role |\n|-|-|\n| nas (old) | files |\n| a | b \\| c |\n", [(3, "nas", "files", None), (4, "a", "b | c", None)]),
        ("| Server | Address |\n|-|-|\n| web.home.example | 192.0.2.7 |\n", [(3, "web.home.example", None, "192.0.2.7")]),
        ("| Worker nodes | Role |\r\n|-|-|\r\n| w-1 | x |\r\n", [(3, "w-1", "x", None)]),
    ],
)
def test_machines(text: str, expected: list[tuple[int, str, str | None, str | None]]) -> None:
    assert machines(text) == [(line, name, address, role) for line, name, role, address in expected]


@pytest.mark.parametrize(
    "text",
    [
        # No column says that the rows are machines, or nothing says what they are.
        "| App | Address |\n|-|-|\n| jellyfin | 192.0.2.50 |\n",
        "| Name | What |\n|-|-|\n| make test | everything |\n",
        "| Name | IP |\n|-|-|\n| a | to come |\n",
        "| Node | Colour |\n|-|-|\n| a | red |\n",
        "| Host port | What |\n|-|-|\n| p80 | web |\n",
        "| Host path | Role |\n|-|-|\n| data | files |\n",
        "| Variable name | What |\n|-|-|\n| x | y |\n",
        # No table.
        "| Node | Role |\n| a | b |\n",
        "Node | Role\n\n---|---\na | b\n",
        "```\n| Node | Role |\n|-|-|\n| a | b |\n```\n",
        "~~~text\n```\n| Node | Role |\n|-|-|\n| a | b |\n~~~\n",
        # No name of a machine.
        "| Host | What |\n|-|-|\n| jellyfin.example | media |\n| grafana.local | graphs |\n",
        "| Host | What |\n|-|-|\n| the one in the attic | old |\n| 8080 | port |\n| /data | path |\n| - | |\n| | x |\n",
        "| Node | Role |\n|-|-|\n| w-1, w-2 | workers |\n| w-{1..3} | workers |\n| w-* | workers |\n",
        "| Node | Role |\n|-|-|\n| ~~w-9~~ | gone |\n| Total | 9 |\n",
    ],
)
def test_tables_that_list_no_machines(text: str) -> None:
    assert machines(text) == []


def test_only_addresses_of_machines_count() -> None:
    cells = ("127.0.0.1", "999.1.1.1", "192.168.1.x", "v1.2.3.4.5", "8.8.8.8, 1.1.1.1")
    table = "| Node | IP |\n|-|-|\n" + "".join(f"| {name} | {cell} |\n" for name, cell in zip("abcde", cells))
    assert [(name, address) for line, name, address, role in machines(table)] == [
        ("a", None),
        ("b", None),
        ("c", None),
        ("d", None),
        ("e", "8.8.8.8"),
    ]


def test_secrets_in_cells_are_masked() -> None:
    (row,) = machines("| Node | What |\n|-|-|\n| a | login root, password: canary-cell |\n")
    assert row[1] == "a"
    assert "canary" not in str(row)


def test_which_files_are_looked_into(checkout: Checkout) -> None:
    table = "| Node | Role |\n|-|-|\n| {} | x |\n"
    generated = merge(None, "inventory", table.format("generated"), "Inventory", "docs/inventory.md")
    mixed = merge(f"# Lab\n\n{table.format('mine')}", "inventory", table.format("generated"), "Inventory", "README.md")
    checkout.write(
        {
            "README.md": mixed,
            "docs/inventory.md": generated,
            "docs/lab.md": table.format("lab"),
            "charts/app/Chart.yaml": "name: app\n",
            "charts/app/README.md": table.format("chart"),
            "charts/app/docs/more.md": table.format("chart"),
            "web/node_modules/x/README.md": table.format("foreign"),
            "notes.txt": table.format("text"),
        }
    )
    rows = checkout.nouns()["documented_machines"]
    assert [(row["path"], row["name"]) for row in rows] == [("README.md", "mine"), ("docs/lab.md", "lab")]
    assert mixed.splitlines()[rows[0]["line"] - 1] == "| mine | x |"


@pytest.mark.parametrize(
    "text",
    [
        "| Node | Role |\n|-|-|\n" + "| a | b |\n" * 50_000,
        "|" * 1_000_000 + "\n|-|\n",
        "| Node | Role |\n" + "|-" * 400_000 + "\n",
        "| Node | Role |\n|-|-|\n| " + "[" * 500_000 + " | b |\n",
        "| Node | Role |\n|-|-|\n| " + "a " * 300_000 + " | b |\n",
        "| Node | Role |\n" + "-|" * 500_000 + "x\n",
        "```\n" * 200_000,
    ],
)
def test_hostile_tables_end_soon(text: str) -> None:
    started = time.monotonic()
    assert len(machines(text)) <= 500
    assert time.monotonic() - started < 3


@given(st.text(alphabet="|-: \nNode IP1.*`[]()<>~\\", max_size=80))
def test_any_text_is_read(text: str) -> None:
    for row in machines(text):
        assert 1 <= row[0] <= len(text.splitlines())
        assert row[1]
