# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of k0s, merged and compared."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.config import compare_configs, merged
from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.durations import duration_ns

Tree = dict[str, t.Any]
RECORDING = Path(__file__).parents[2] / "lab" / "recordings" / "k0s" / "k3s-master-1" / "commands" / "status.json"
NOTHING = {"changed": False, "differences": []}


def spec(**parts: t.Any) -> Tree:
    """A ClusterConfig with these parts of spec."""
    return {"apiVersion": "k0s.k0sproject.io/v1beta1", "kind": "ClusterConfig", "metadata": {"name": "k0s"}, "spec": parts}


@pytest.mark.parametrize(
    ("base", "parts", "result"),
    [
        ({"a": 1}, [], {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, [{"a": {"c": 3, "d": 4}}], {"a": {"b": 1, "c": 3, "d": 4}}),
        ({"a": [1, 2]}, [{"a": [3]}], {"a": [3]}),
        ({"a": {"b": 1, "c": 2}}, [{"a": {"b": None}}], {"a": {"c": 2}}),
        ({"a": {"b": 1}}, [{"a": None}], {}),
        ({"a": 1}, [{"a": {"b": None, "c": 2}}], {"a": {"c": 2}}),
        ({"a": {"b": 1}}, [{"a": "text"}], {"a": "text"}),
        ({"a": None}, [], {}),
        ({"a": 1}, [{"a": 2}, {"a": 3}], {"a": 3}),
        ({"a": 1}, [{"a": None}, {"a": 3}], {"a": 3}),
        ({"a": False, "b": 0, "c": ""}, [{}], {"a": False, "b": 0, "c": ""}),
    ],
)
def test_merge(base: Tree, parts: list[Tree], result: Tree) -> None:
    before = copy.deepcopy((base, parts))
    assert merged(base, *parts) == result
    assert (base, parts) == before


@pytest.mark.parametrize("part", [None, "spec: {}", ["a"]])
def test_only_mappings_are_merged(part: t.Any) -> None:
    with pytest.raises(ConfigError) as caught:
        merged({}, part)
    assert str(caught.value) == f"cannot merge the configuration of k0s: '{part}' is no mapping; write keys and values"


@pytest.mark.parametrize(
    ("wanted", "actual"),
    [
        (spec(), spec()),
        ({}, spec()),
        ({"spec": None}, spec()),
        (spec(network={"provider": "kuberouter", "podCIDR": "10.244.0.0/16"}), spec(api={"port": 6443})),
        (spec(api={"sans": ["a", "b"]}), spec(api={"sans": ["b", "a", "a"]})),
        (spec(api={"sans": ["lab.example"]}), spec(api={"sans": ["lab.example", "192.0.2.31", "fe80::1"]})),
        (spec(), spec(api={"sans": ["192.0.2.31"], "address": "192.0.2.31"})),
        (spec(api={"ca": {"expiresAfter": "87600h"}}), spec(api={"ca": {"expiresAfter": "87600h0m0s"}})),
        (
            spec(),
            spec(images={"pause": {"image": "x"}}, telemetry={"enabled": True}, storage={"etcd": {"peerAddress": "192.0.2.31"}}),
        ),
        (spec(network={"calico": None, "kubeProxy": {}}, workerProfiles=[]), spec()),
        (spec(api={"tunneledNetworkingMode": False}), spec()),
        (spec(network={"kubeProxy": {"disabled": False}, "controlPlaneLoadBalancing": {"enabled": False}}), spec()),
        (spec(), spec(extensions={"storage": {"create_default_storage_class": False, "type": "external_storage"}})),
        (
            spec(),
            {**spec(), "metadata": {"name": "k0s", "namespace": "kube-system", "resourceVersion": "7"}, "status": {"phase": "x"}},
        ),
    ],
)
def test_the_same_in_other_words(wanted: Tree, actual: Tree) -> None:
    assert compare_configs(wanted, actual) == NOTHING


@pytest.mark.parametrize(
    ("wanted", "actual", "difference"),
    [
        (
            spec(network={"provider": "custom"}),
            spec(),
            "spec.network.provider is kuberouter, and custom is wanted",
        ),
        (spec(), spec(network={"provider": "custom"}), "spec.network.provider is custom, and kuberouter is wanted"),
        (
            spec(network={"kubeProxy": {"disabled": True}}),
            spec(),
            "spec.network.kubeProxy.disabled is false, and true is wanted",
        ),
        (
            spec(network={"controlPlaneLoadBalancing": {"enabled": True}}),
            spec(),
            "spec.network.controlPlaneLoadBalancing.enabled is false, and true is wanted",
        ),
        (
            spec(extensions={"storage": {"create_default_storage_class": True}}),
            spec(),
            "spec.extensions.storage.create_default_storage_class is false, and true is wanted",
        ),
        (
            spec(api={"sans": ["lab.example"]}),
            spec(api={"sans": ["lab.example", "192.0.2.31", "old.example"]}),
            "spec.api.sans is ['lab.example', '192.0.2.31', 'old.example'], and ['lab.example'] is wanted",
        ),
        (
            spec(api={"externalAddress": "lab.example"}),
            spec(),
            "spec.api.externalAddress is not set, and lab.example is wanted",
        ),
        (spec(telemetry={"enabled": False}), spec(), "spec.telemetry.enabled is not set, and false is wanted"),
        (
            spec(telemetry={"enabled": False}),
            spec(telemetry={"enabled": True}),
            "spec.telemetry.enabled is true, and false is wanted",
        ),
        (spec(api={"port": True}), spec(api={"port": 1}), "spec.api.port is 1, and true is wanted"),
        (
            spec(api={"sans": ["lab.example"]}),
            spec(api={"sans": ["192.0.2.31"]}),
            "spec.api.sans is ['192.0.2.31'], and ['lab.example'] is wanted",
        ),
        (
            spec(),
            spec(api={"sans": ["old.example"]}),
            "spec.api.sans is ['old.example'], and not set is wanted",
        ),
        (
            spec(api={"address": "192.0.2.32"}),
            spec(api={"address": "192.0.2.31"}),
            "spec.api.address is 192.0.2.31, and 192.0.2.32 is wanted",
        ),
        (
            spec(images={"pause": {"version": "2"}}),
            spec(images={"pause": {"version": "1", "image": "x"}}),
            "spec.images.pause.version is 1, and 2 is wanted",
        ),
        (
            spec(api={"ca": {"expiresAfter": "87600h"}}),
            spec(api={"ca": {"expiresAfter": "1h"}}),
            "spec.api.ca.expiresAfter is 1h, and 87600h is wanted",
        ),
        # Without what may be a secret.
        (
            spec(storage={"kine": {"dataSource": "mysql://k0s:hunter2@x"}}),
            spec(storage={"kine": {"dataSource": "mysql://k0s:other@x"}}),
            "spec.storage.kine.dataSource differs",
        ),
        (spec(api={"extraArgs": {"cors": "https://u:p@x"}}), spec(), "spec.api.extraArgs.cors differs"),
        (
            spec(extensions={"helm": {"repositories": [{"name": "a", "password": "hunter2"}]}}),
            spec(),
            "spec.extensions.helm.repositories differs",
        ),
    ],
)
def test_a_difference(wanted: Tree, actual: Tree, difference: str) -> None:
    assert compare_configs(wanted, actual) == {"changed": True, "differences": [difference]}


@pytest.mark.parametrize(("wanted", "actual", "which"), [(None, {}, "wanted"), ({}, "text", "actual")])
def test_only_mappings_are_compared(wanted: t.Any, actual: t.Any, which: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compare_configs(wanted, actual)
    assert str(caught.value) == f"cannot compare configurations of k0s: the {which} one is no mapping; give a ClusterConfig"


def test_a_running_k0s_has_what_its_file_asked_for() -> None:
    """The answer of a real k0s, whose file held what is wanted here and nothing else."""
    running = json.loads(json.loads(RECORDING.read_text(encoding="utf-8"))["stdout"])["ClusterConfig"]
    wanted = {
        "metadata": {"name": running["metadata"]["name"]},
        "spec": {
            "api": {"extraArgs": running["spec"]["api"]["extraArgs"]},
            "storage": {"kine": running["spec"]["storage"]["kine"]},
            "network": {"provider": "custom"},
        },
    }
    assert compare_configs(wanted, running) == NOTHING
    assert compare_configs(merged(wanted, {"spec": {"network": {"podCIDR": "10.99.0.0/16"}}}), running)["differences"] == [
        "spec.network.podCIDR is 10.244.0.0/16, and 10.99.0.0/16 is wanted"
    ]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0s", 0),
        ("1h30m", 5400 * 10**9),
        ("1.5s", 1500000000),
        ("2m0s", 120 * 10**9),
        ("5", None),
        ("", None),
        ("1h x", None),
        ("h", None),
    ],
)
def test_durations(text: str, nanoseconds: int | None) -> None:
    assert duration_ns(text) == nanoseconds


keys = st.sampled_from(["a", "b", "c"])
trees: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(keys, st.one_of(st.none(), st.booleans(), st.integers(), st.lists(st.integers(), max_size=2)), max_size=3),
    lambda inner: st.dictionaries(keys, st.one_of(st.none(), st.integers(), inner), max_size=3),
    max_leaves=8,
)


def has_null(tree: t.Any) -> bool:
    return tree is None or (isinstance(tree, dict) and any(map(has_null, tree.values())))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(base=trees, part=trees, more=trees)
def test_merging_twice_is_merging_once(base: Tree, part: Tree, more: Tree) -> None:
    once = merged(base, part)
    assert merged(once, part) == once
    assert not has_null(once)
    assert merged(base, part, more) == merged(merged(base, part), more)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(tree=trees, other=trees)
def test_comparing(tree: Tree, other: Tree) -> None:
    assert compare_configs(tree, copy.deepcopy(tree)) == NOTHING
    assert compare_configs(merged(tree), tree) == NOTHING
    assert compare_configs(tree, other)["changed"] == compare_configs(other, tree)["changed"]
