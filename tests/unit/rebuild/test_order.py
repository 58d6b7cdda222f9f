# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rebuild begins only with everything said."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.order import order_problems

C1 = {"name": "c1", "address": "192.0.2.1", "role": "controller", "install_flags": [], "labels": {}, "taints": []}
W1 = {**C1, "name": "w1", "address": "192.0.2.2", "role": "worker"}
WHOLE: dict[str, t.Any] = {
    "rebuild_format": 1,
    "rebuild_parts": ["argocd", "longhorn", "metallb"],
    "rebuild_missing": [],
    "k0s_hosts": [C1, W1],
    "k0s_version": "v1.34.4+k0s.0",
}


def test_everything_is_said() -> None:
    assert order_problems(WHOLE) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"rebuild_format": 2}, "rebuild_format is 2, and this version reads 1: let this version write the file anew"),
        ({"rebuild_format": "1"}, "rebuild_format is 1, and this version reads 1: let this version write the file anew"),
        ({"k0s_version": None}, "k0s_version is null: nobody has told it yet"),
        ({"longhorn_disks": [{"name": "a", "path": None}]}, "longhorn_disks[a].path is null: nobody has told it yet"),
        ({"k0s_config": {"spec": {"api": [1, None]}}}, "k0s_config.spec.api[1] is null: nobody has told it yet"),
        ({"k0s_hosts": [C1, {**W1, "install_flags": None}]}, "k0s_hosts[w1].install_flags is null: nobody has told it yet"),
        (
            {"rebuild_missing": [{"what": "file /etc/x", "why": "it is not read"}]},
            "rebuild_missing still asks for file /etc/x (it is not read)",
        ),
        ({"rebuild_missing": ["a login"]}, "rebuild_missing still asks for a login"),
        ({"rebuild_parts": ["traefik"]}, "rebuild_parts names traefik, and it can name argocd, longhorn, metallb"),
        ({"k0s_hosts": "c1"}, "k0s_hosts is no list of hosts: write each with name, address and role"),
        ({"k0s_hosts": ["c1"]}, "k0s_hosts is no list of hosts: write each with name, address and role"),
        ({"k0s_hosts": [W1]}, "k0s_hosts has no controller: give one host the role controller or controller+worker"),
        ({"k0s_hosts": [C1, {**C1, "name": "C1"}]}, "k0s_hosts names c1 more than once"),
        (
            {"k0s_hosts": [C1, {**W1, "role": "agent"}]},
            "k0s_hosts[w1].role is agent, and it can be controller, controller+worker, worker",
        ),
        ({"k0s_hosts": [C1, {"name": "w1", "role": "worker"}]}, "k0s_hosts[w1] has no address: enter that of SSH"),
        ({"k0s_hosts": [C1, {**W1, "taints": "a"}]}, "k0s_hosts[w1].taints is no list"),
        (
            {"k0s_hosts": [C1, {**W1, "name": "{{ lookup('pipe', 'id') }}"}]},
            "k0s_hosts holds the name \"{{ lookup('pipe', 'id') }}\", "
            "which no machine can have: letters, digits, dots and hyphens only",
        ),
    ],
)
def test_what_is_wrong_is_told(change: dict[str, t.Any], problem: str) -> None:
    assert order_problems({**WHOLE, **change}) == [problem]


def test_everything_at_once() -> None:
    assert len(order_problems({"k0s_version": None, "k0s_hosts": []})) == 3


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=12,
    )
)
def test_every_null_is_told_and_nothing_else(value: t.Any) -> None:
    def count(one: t.Any) -> int:
        members = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return int(one is None) + sum(map(count, members))

    assert len(order_problems({**WHOLE, "metallb_pools": value})) == count(value)
