# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops when something stops, against the definition: the smallest set that holds the lost and is closed under failure."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.graph import Graph

Item = dict[str, t.Any]
NAMES = "abcdefgh"


def edge(origin: str, target: str, group: str = "", minimum: int = 1) -> Item:
    """One edge; without a group the target stands alone."""
    return {"from": origin, "to": target, "kind": "runs_on", "group": group or target, "min": minimum}


def shared(origin: str, group: str, minimum: int, *targets: str) -> list[Item]:
    """A group of which some may fail."""
    return [edge(origin, target, group, minimum) for target in targets]


@pytest.mark.parametrize(
    ("edges", "lost", "stopped"),
    [
        pytest.param([], "a", "a", id="nothing depends on it"),
        pytest.param([edge("a", "b"), edge("b", "c")], "c", "abc", id="a chain"),
        pytest.param([edge("a", "b"), edge("b", "c")], "b", "ab", id="not what it depends on"),
        pytest.param(shared("a", "nodes", 1, "b", "c"), "b", "b", id="one of two is enough"),
        pytest.param(shared("a", "nodes", 1, "b", "c"), "bc", "abc", id="both of two"),
        pytest.param(shared("a", "controllers", 2, "b", "c", "d"), "b", "b", id="two of three are enough"),
        pytest.param(shared("a", "controllers", 2, "b", "c", "d"), "bc", "abc", id="no majority"),
        pytest.param([*shared("a", "nodes", 1, "b", "c"), edge("b", "d"), edge("c", "d")], "d", "abcd", id="copies on one host"),
        pytest.param([*shared("a", "nodes", 1, "b", "c"), edge("a", "e")], "e", "ae", id="groups do not help each other"),
        pytest.param([edge("a", "b"), edge("b", "a")], "a", "ab", id="a circle"),
        pytest.param([edge("a", "b", "g"), edge("a", "b", "g"), edge("a", "c", "g")], "b", "b", id="told twice, counted once"),
        pytest.param([edge("a", "b", "g", 1), edge("a", "c", "g", 2)], "b", "ab", id="the highest number counts"),
        pytest.param([edge("a", "b", "g", 2), edge("a", "c", "g", 1)], "b", "ab", id="wherever it stands"),
        pytest.param([edge("a", "b", "g"), edge("d", "c", "g")], "b", "ab", id="groups belong to who depends"),
    ],
)
def test_what_stops(edges: list[Item], lost: str, stopped: str) -> None:
    assert "".join(sorted(Graph(edges).stopped_by(*lost))) == stopped


EDGES = st.lists(
    st.builds(
        edge,
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(["", "nodes", "replicas"]),
        st.integers(min_value=1, max_value=3),
    ),
    max_size=20,
)
LOST = st.sets(st.sampled_from(NAMES), max_size=3)


def by_definition(edges: list[Item], lost: set[str]) -> set[str]:
    """The slow way: look at every group again until nothing changes."""
    stopped = set(lost)
    while True:
        failing = set()
        for origin, group in {(one["from"], one["group"]) for one in edges}:
            mine = [one for one in edges if (one["from"], one["group"]) == (origin, group)]
            left = {one["to"] for one in mine} - stopped
            # A group that never had enough members fails nobody by itself: something of it must be lost.
            if len(left) < max(one["min"] for one in mine) and {one["to"] for one in mine} & stopped:
                failing.add(origin)
        if failing <= stopped:
            return stopped
        stopped |= failing


@settings(max_examples=300, deadline=None, derandomize=True)
@given(edges=EDGES, lost=LOST)
def test_it_is_the_fix_point(edges: list[Item], lost: set[str]) -> None:
    assert Graph(edges).stopped_by(*lost) == by_definition(edges, lost)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(edges=EDGES, lost=LOST, more=LOST)
def test_losing_more_never_stops_less(edges: list[Item], lost: set[str], more: set[str]) -> None:
    graph = Graph(edges)
    assert lost <= graph.stopped_by(*lost) <= graph.stopped_by(*lost, *more)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(edges=EDGES, lost=LOST)
def test_what_has_stopped_stops_nothing_more(edges: list[Item], lost: set[str]) -> None:
    graph = Graph(edges)
    stopped = graph.stopped_by(*lost)
    assert graph.stopped_by(*stopped) == stopped


@settings(max_examples=100, deadline=None, derandomize=True)
@given(edges=EDGES, lost=LOST, random=st.randoms(use_true_random=False))
def test_the_order_of_edges_does_not_matter(edges: list[Item], lost: set[str], random: t.Any) -> None:
    before = Graph(edges).stopped_by(*lost)
    random.shuffle(edges)
    assert Graph(edges).stopped_by(*lost) == before
