# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuild_vars.yml: version, configuration, flags and hosts of a k0s cluster."""

from __future__ import annotations

import typing as t

import pytest
from unit.report.builders import Item
from unit.report.rebuilt import MASK, controller, k0s_lab, missing_of, variables, without, worker

UNREAD_FLAGS = (
    "nobody told the flags of k0s on this host: add it to k0s in the lab file while it lives, and audit again; else enter them"
)


def test_a_whole_cluster() -> None:
    lab = k0s_lab(
        controller("c1", config_args=["controller", "--config=/etc/k0s/k0s.yaml", "--profile=big", "--debug"]),
        nodes=[
            worker(
                "w1",
                addresses=["192.0.2.111"],
                labels={"room": "attic", "kubernetes.io/os": "linux"},
                taints=["gpu=yes:NoSchedule"],
            ),
            worker("w2", addresses=["192.0.2.112"], config_args=["worker", "--token-file=/etc/k0s/token", "--iptables-mode=nft"]),
        ],
    )
    assert variables(lab) == {
        "rebuild_format": 1,
        "rebuild_cluster_name": "lab",
        "k0s_version": "v1.30.2+k0s.0",
        "k0s_config": {"kind": "ClusterConfig", "spec": {}},
        "k0s_hosts": [
            {
                "name": "c1",
                "address": "192.0.2.101",
                "role": "controller",
                "install_flags": ["--profile=big", "--debug"],
                "labels": {},
                "taints": [],
            },
            {
                "name": "w1",
                "address": "192.0.2.111",
                "role": "worker",
                "install_flags": [],
                "labels": {"room": "attic"},
                "taints": ["gpu=yes:NoSchedule"],
            },
            {
                "name": "w2",
                "address": "192.0.2.112",
                "role": "worker",
                "install_flags": ["--iptables-mode=nft"],
                "labels": {},
                "taints": [],
            },
        ],
        "rebuild_parts": [],
        "rebuild_missing": [],
    }


@pytest.mark.parametrize(
    ("controllers", "version", "why"),
    [
        ([controller("c1"), controller("c2")], "v1.30.2+k0s.0", None),
        ([controller("c1"), without(controller("c2"), "k0s_version")], "v1.30.2+k0s.0", None),
        (
            [controller("c1"), controller("c2", k0s_version="v1.31.1+k0s.0")],
            None,
            "controllers run different versions (v1.30.2+k0s.0 and v1.31.1+k0s.0): choose one of them",
        ),
        (
            [without(controller("c1"), "k0s_version")],
            None,
            "no controller told its version: choose a release of k0s for Kubernetes v1.30.2+k0s",
        ),
    ],
)
def test_version(controllers: list[Item], version: str | None, why: str | None) -> None:
    lab = k0s_lab(*controllers)
    assert variables(lab)["k0s_version"] == version
    assert missing_of(lab).get("k0s_version") == why


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (["worker", "--kubelet-extra-args=--max-pods=50 --v=2"], ["--kubelet-extra-args=--max-pods=50 --v=2"]),
        (["worker", "--profile", "big"], ["--profile=big"]),
        (["worker", "H4sIAAAAtoken"], []),
        (["worker", "--debug", "H4sIAAAAtoken"], ["--debug"]),
        (["worker", "--token-file", "/tmp/t", "--profile=a"], ["--profile=a"]),
        (["worker", f"--token-file={MASK}"], []),
        (["worker", "--labels=a=b", "--taints", "c=d:NoSchedule", "-c", "/x"], []),
    ],
)
def test_flags_of_a_worker(arguments: list[str], flags: list[str]) -> None:
    lab = k0s_lab(controller(), nodes=[worker(config_args=arguments)])
    assert variables(lab)["k0s_hosts"][1]["install_flags"] == flags
    assert missing_of(lab) == {}


def test_a_flag_with_a_secret_is_left_out_and_asked_for() -> None:
    lab = k0s_lab(controller(config_args=["controller", f"--kubelet-extra-args=--password={MASK}", "--debug=true"]))
    assert variables(lab)["k0s_hosts"][0]["install_flags"] == ["--debug=true"]
    assert missing_of(lab) == {
        "k0s_hosts[c1].install_flags": "--kubelet-extra-args holds a secret, which the audit masks while it reads: add it by hand"
    }


@pytest.mark.parametrize(
    ("arguments", "found", "why"),
    [
        ([["--data-dir=/var/lib/k0s"], []], {}, {}),
        ([["--data-dir=/data"], ["--data-dir", "/data"]], {"k0s_data_dir": "/data"}, {}),
        (
            [["--data-dir=/data"], []],
            {"k0s_data_dir": None},
            {"k0s_data_dir": "hosts keep their data in different folders (/data and /var/lib/k0s): set it per host"},
        ),
        (
            [
                ["--disable-components=metrics-server,autopilot"],
                ["--disable-components=autopilot", "--disable-components=metrics-server"],
            ],
            {"k0s_disable_components": ["autopilot", "metrics-server"]},
            {},
        ),
        (
            [["--disable-components=autopilot"], []],
            {"k0s_disable_components": None},
            {"k0s_disable_components": "controllers run different parts of k0s: set it per host"},
        ),
        (
            [["--enable-dynamic-config=true"], []],
            {"k0s_dynamic_config": True},
            {"k0s_config": "the cluster may change it by itself: compare it with the ClusterConfig in namespace kube-system"},
        ),
        ([["--enable-dynamic-config=false"], ["--single=false"]], {}, {}),
    ],
)
def test_flags_that_are_variables_of_their_own(arguments: list[list[str]], found: Item, why: dict[str, str]) -> None:
    lab = k0s_lab(*(controller(f"c{number}", config_args=["controller", *words]) for number, words in enumerate(arguments)))
    loaded = variables(lab)
    names = ("k0s_data_dir", "k0s_disable_components", "k0s_dynamic_config", "k0s_single")
    assert {name: loaded[name] for name in names if name in loaded} == found
    assert missing_of(lab) == why
    assert [host["install_flags"] for host in loaded["k0s_hosts"]] == [[], []]


def test_a_cluster_of_one() -> None:
    lab = k0s_lab(controller("n1", config_args=["controller", "--single=true"], runs_workloads=True), nodes=[worker("n1")])
    loaded = variables(lab)
    assert loaded["k0s_single"] is True
    assert [(host["name"], host["role"]) for host in loaded["k0s_hosts"]] == [("n1", "controller+worker")]


@pytest.mark.parametrize(
    ("one", "nodes", "role", "missing"),
    [
        (controller(), [], "controller", {}),
        (controller(), [worker("C1")], "controller+worker", {}),
        (controller(runs_workloads=True), [], "controller+worker", {}),
        (
            without(controller(config_args=["controller", "--enable-worker=true"]), "runs_workloads"),
            None,
            "controller+worker",
            {"k0s_hosts": "nodes could not be read: add the workers"},
        ),
        (
            without(controller(), "runs_workloads", "config_args"),
            None,
            None,
            {
                "k0s_hosts": "nodes could not be read: add the workers",
                "k0s_hosts[c1].install_flags": UNREAD_FLAGS,
                "k0s_hosts[c1].role": "whether it also ran pods is not known: choose the role",
                "k0s_hosts[c1].labels": "its node was not read: enter its labels",
                "k0s_hosts[c1].taints": "its node was not read: enter its taints",
            },
        ),
        (
            controller(alive=False),
            [],
            "controller",
            {"k0s_hosts[c1]": "it no longer tells the cluster that it is there: take it out if it was removed"},
        ),
    ],
)
def test_role_of_a_controller(one: Item, nodes: list[Item] | None, role: str | None, missing: dict[str, str]) -> None:
    lab = k0s_lab(one, nodes=nodes)
    (host,) = variables(lab)["k0s_hosts"]
    assert host["role"] == role
    assert missing_of(lab, "k0s_hosts") == missing


@pytest.mark.parametrize(
    ("addresses", "address", "why"),
    [
        (["192.0.2.1"], "192.0.2.1", None),
        (["2001:db8::1"], "2001:db8::1", None),
        (["192.0.2.1", "2001:db8::1"], "192.0.2.1", None),
        (["192.0.2.1", "198.51.100.1"], None, "it has several (192.0.2.1 and 198.51.100.1): choose that of SSH"),
        (["a", "b"], None, "it has several (a and b): choose that of SSH"),
        ([], None, "nobody told it: enter that of SSH"),
    ],
)
def test_address(addresses: list[str], address: str | None, why: str | None) -> None:
    lab = k0s_lab(controller(addresses=addresses))
    assert variables(lab)["k0s_hosts"][0]["address"] == address
    assert missing_of(lab).get("k0s_hosts[c1].address") == why


def test_labels_and_taints_that_set_themselves_are_left_out() -> None:
    own = {"beta.kubernetes.io/arch": "amd64", "node-role.kubernetes.io/control-plane": "true", "node.k0sproject.io/role": "x"}
    mine = {"node.longhorn.io/create-default-disk": "true", "topology.kubernetes.io/zone": "attic"}
    taints = ["node-role.kubernetes.io/master=:NoSchedule", "node.kubernetes.io/unschedulable=:NoSchedule", "a=:NoExecute"]
    nodes = [worker("c1", labels={**own, **mine}, taints=taints), worker("w1", taints=taints)]
    first, second = variables(k0s_lab(controller(), nodes=nodes))["k0s_hosts"]
    assert (first["labels"], first["taints"]) == (mine, ["a=:NoExecute"])
    assert second["taints"] == ["node-role.kubernetes.io/master=:NoSchedule", "a=:NoExecute"]


def test_labels_of_flags_where_there_is_no_node() -> None:
    one = controller(runs_workloads=True, config_args=["controller", "--labels=b=2,a=1", "--taints=x=y:NoSchedule"])
    (host,) = variables(k0s_lab(one, nodes=None))["k0s_hosts"]
    assert (host["labels"], host["taints"]) == ({"a": "1", "b": "2"}, ["x=y:NoSchedule"])


OWN = {"image": "quay.io/k0sproject/coredns", "version": "1"}
MIRROR = {"image": "mirror.test/k0sproject/coredns", "version": "1"}


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        ({"api": {"address": "192.0.2.1", "port": 6443}}, {"api": {"port": 6443}}),
        (
            {
                "storage": {
                    "type": "etcd",
                    "etcd": {"peerAddress": "192.0.2.1", "extraArgs": {"a": "b"}},
                    "kine": {"dataSource": MASK},
                }
            },
            {"storage": {"etcd": {"extraArgs": {"a": "b"}}, "type": "etcd"}},
        ),
        ({"storage": {"type": "kine", "etcd": {"peerAddress": "x"}, "kine": {}}}, {"storage": {"kine": {}, "type": "kine"}}),
        ({"images": {"coredns": OWN, "calico": {"cni": OWN}}}, {}),
        (
            {"images": {"coredns": MIRROR, "repository": "mirror.test"}},
            {"images": {"coredns": MIRROR, "repository": "mirror.test"}},
        ),
        (
            {"network": {"nodeLocalLoadBalancing": {"envoyProxy": {"image": OWN, "port": 1}}}},
            {"network": {"nodeLocalLoadBalancing": {"envoyProxy": {"port": 1}}}},
        ),
        ({"scheduler": {}, "api": ["no", "map"]}, {"scheduler": {}, "api": ["no", "map"]}),
    ],
)
def test_what_a_configuration_keeps(spec: Item, kept: Item) -> None:
    lab = k0s_lab(controller(k0s_config={"spec": spec}))
    assert variables(lab)["k0s_config"] == {"spec": kept}
    assert missing_of(lab) == {}


def test_secrets_of_a_configuration_are_asked_for() -> None:
    keepalived = [{"authPass": MASK, "name": "v"}]
    spec = {"storage": {"type": "kine", "kine": {"dataSource": f"mysql://{MASK}@db"}}, "vrrp": keepalived, MASK: 1}
    lab = k0s_lab(controller(k0s_config={"spec": spec}))
    assert variables(lab)["k0s_config"] == {
        "spec": {"storage": {"type": "kine", "kine": {"dataSource": None}}, "vrrp": [{"authPass": None, "name": "v"}]}
    }
    why = "it is a secret, which the audit masks while it reads: enter it by hand, best from a vault"
    assert missing_of(lab) == dict.fromkeys(
        ("k0s_config.spec.storage.kine.dataSource", "k0s_config.spec.vrrp[v].authPass", f"k0s_config.spec.{MASK}"), why
    )


def test_files_that_a_configuration_names_are_asked_for() -> None:
    arguments = {"audit-policy-file": "/etc/k0s/audit.yml", "audit-log-path": "/var/log/a", "oidc-ca-file": "relative"}
    lab = k0s_lab(controller(k0s_config={"spec": {"api": {"extraArgs": arguments}}}))
    assert missing_of(lab) == {
        "file /etc/k0s/audit.yml": "k0s_config names it, and the audit does not read it: take it from a controller or a backup"
    }


def test_no_configuration() -> None:
    lab = k0s_lab(without(controller(), "k0s_config"))
    assert variables(lab)["k0s_config"] is None
    assert missing_of(lab) == {
        "k0s_config": (
            "no controller told its configuration: add it to k0s in the lab file and audit again, or take /etc/k0s/k0s.yaml of one"
        )
    }


def configured(name: str, *names: str, **spec: t.Any) -> Item:
    """A controller with an address, an etcd and names of its own."""
    own = {"api": {"address": name, "sans": [*names]}, "storage": {"type": "etcd", "etcd": {"peerAddress": name}}}
    return controller(name, k0s_config={"spec": {**own, **spec}})


def test_controllers_differ_only_in_what_is_theirs() -> None:
    lab = k0s_lab(configured("c1", "c1", "lab.test"), configured("c2", "c2", "lab.test"))
    assert variables(lab)["k0s_config"]["spec"]["api"] == {"sans": ["c1", "lab.test", "c2"]}
    assert missing_of(lab) == {}


def test_controllers_that_differ_are_named() -> None:
    lab = k0s_lab(configured("c1"), configured("c2", network={"provider": "calico"}))
    assert missing_of(lab) == {"k0s_config": "it is that of c1, and c2 has another: compare /etc/k0s/k0s.yaml of both"}
