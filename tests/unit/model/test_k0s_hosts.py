# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What k0s hosts add to controllers and nodes."""

from __future__ import annotations

import typing as t

from unit.model.builders import Item, by_name, kubernetes, lab, node, source

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import SourceEvidence


def host(name: str, role: str = "controller", *arguments: str, **nouns: list[Item]) -> SourceEvidence:
    """A k0s host that answered."""
    status = {"Role": role, "Version": "v1.30.2+k0s.0", "Args": ["/usr/local/bin/k0s", role, *arguments]}
    return source("k0s", name, {"status": [status], **nouns})


def control_node(name: str, **status: t.Any) -> Item:
    """A ControlNode object."""
    return {"metadata": {"name": name}, "status": status}


def test_a_worker_tells_its_version_and_arguments() -> None:
    model = lab(kubernetes(nodes=[node("w1"), node("w2")]), host("W1", "worker", "--profile=big"))
    told = by_name(model["nodes"], "w1")
    assert (told["k0s_version"], told["config_args"]) == ("v1.30.2+k0s.0", ["worker", "--profile=big"])
    assert not {"k0s_version", "config_args"} & set(by_name(model["nodes"], "w2"))
    assert model["controllers"] == []


def test_a_worker_whose_name_two_clusters_have_adds_nothing() -> None:
    clusters = [kubernetes(name, nodes=[node("w1")]) for name in ("cabin", "home")]
    assert not [one for one in lab(*clusters, host("w1", "worker"))["nodes"] if "config_args" in one]


def test_a_controller_tells_its_configuration() -> None:
    config = {"kind": "ClusterConfig", "spec": {"network": {"provider": "calico"}}}
    cluster = kubernetes(controlnodes=[control_node("c1"), control_node("c2")])
    model = lab(cluster, host("c1", config=[config]), host("c2"))
    assert by_name(model["controllers"], "c1")["k0s_config"] == config
    assert "k0s_config" not in by_name(model["controllers"], "c2")


def test_the_version_of_a_controller_comes_from_the_cluster_too() -> None:
    cluster = kubernetes(controlnodes=[control_node("c1", k0sVersion="v1.29.1+k0s.0"), control_node("c2")])
    found = {one["name"]: one.get("k0s_version") for one in lab(cluster)["controllers"]}
    assert found == {"c1": "v1.29.1+k0s.0", "c2": None}
    assert by_name(lab(cluster, host("c1"))["controllers"], "c1")["k0s_version"] == "v1.30.2+k0s.0"


def test_a_host_is_not_given_to_the_only_cluster_that_could_be_read() -> None:
    dead = source("kubernetes", "cabin", {}, "failed")
    assert by_name(lab(kubernetes(), host("c9"))["controllers"], "c9")["cluster"] == "lab"
    assert by_name(lab(kubernetes(), dead, host("c9"))["controllers"], "c9")["cluster"] == ""
    assert by_name(lab(dead, host("c9"))["controllers"], "c9")["cluster"] == ""


def test_labels_of_a_node() -> None:
    one = node("w1")
    one["metadata"]["labels"] = {"room": "attic", "kubernetes.io/os": "linux"}
    assert lab(kubernetes(nodes=[one]))["nodes"][0]["labels"] == {"kubernetes.io/os": "linux", "room": "attic"}
