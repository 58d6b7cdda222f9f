# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values in words."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.messages import in_words, placeholders, render


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("memory_bytes", 0, "0 B"),
        ("memory_bytes", 2147483648, "2.0 GiB"),
        ("memory_bytes", 10485760000, "9.8 GiB"),
        ("memory_bytes", 2**60, "1024.0 PiB"),
        ("memory_bytes", [1024, 2048], "1 KiB and 2 KiB"),
        ("used_ratio", 0.855, "86 %"),
        ("used_ratio", 1, "100 %"),
        ("gap_seconds", 302, "302 s"),
        ("gap_seconds", 302.4, "302 s"),
        ("gap_seconds", 600, "10 minutes"),
        ("window_seconds", 3528, "59 minutes"),
        ("window_seconds", 7200, "2.0 hours"),
        ("window_seconds", 9000, "2.5 hours"),
        ("gap_seconds", None, "none"),
        ("votes", 2, "2"),
        ("votes", 2.0, "2"),
        ("votes", 2.25, "2.25"),
        ("quorate", False, "no"),
        ("quorate", True, "yes"),
        ("class", None, "none"),
        ("names", [], "none"),
        ("names", ["a"], "a"),
        ("names", ["a", "b", "c"], "a, b and c"),
        ("names", list("abcdefgh"), "a, b, c, d, e, f, g and h"),
        ("names", list("abcdefghij"), "a, b, c, d, e, f, g and 3 more"),
    ],
)
def test_in_words(name: str, value: t.Any, words: str) -> None:
    assert in_words(name, value) == words


def test_the_text_of_a_lab_is_no_template() -> None:
    hostile = "$host ${host} $$ {{ lookup('env', 'HOME') }} %s {0} `id`"
    assert render("$node on ${host}: $$5", {"node": hostile, "host": "one"}) == f"{hostile} on one: $5"


def test_what_was_not_read_says_so() -> None:
    assert render("$node on $host", {"node": "a"}) == "a on (not read)"


def test_placeholders() -> None:
    assert placeholders("$node on ${host}: $$5 of $node") == {"node", "host"}
    with pytest.raises(ValueError, match="starts no name"):
        placeholders("$ 5")
