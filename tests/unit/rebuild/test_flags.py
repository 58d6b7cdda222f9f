# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags of k0s: what is a difference, and what only looks like one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.flags import compare_flags

CONTROLLER = ["/usr/local/bin/k0s", "controller"]
UNIT = r"""[Service]
ExecStart=/bin/old
ExecStart=/usr/local/bin/k0s worker --kubelet-extra-args=--max-pods=50\x20--v=2 "--labels=a=1,b=2" \
  --token-file=/etc/k0s/token --data-dir=/srv/100%%
Restart=always
"""
NOTHING = {"changed": False, "differences": [], "only_when_joining": []}


@pytest.mark.parametrize(
    ("wanted", "actual"),
    [
        ([], CONTROLLER),
        (["--profile", "big"], ["--profile=big"]),
        (["--enable-worker"], ["--enable-worker=true"]),
        (["--enable-worker"], ["--enable-worker=True"]),
        (["--no-taints=false"], []),
        (["--single"], ["--single=true", "--enable-worker=true"]),
        (["-d"], ["--debug=true", "--verbose=true"]),
        (["-c", "/srv/k0s.yaml"], ["--config=/srv/k0s.yaml"]),
        (["-c=/srv/k0s.yaml"], ["--config=/srv/./k0s.yaml"]),
        (["-c/srv/k0s.yaml"], ["--config=/srv//k0s.yaml"]),
        ([], ["--config=/etc/k0s/k0s.yaml", "--data-dir=/var/lib/k0s", "--profile=default", "--debugListenOn=:6060"]),
        (["--config="], []),
        (["--disable-components=coredns,helm"], ["--disable-components", "helm", "--disable-components=coredns"]),
        (["--disable-components=helm,coredns"], ['--disable-components="coredns,helm"']),
        (["--feature-gates=A=true", "--feature-gates=B=false"], ["--feature-gates=B=false,A=true"]),
        (["--logging=etcd=debug"], ["--logging=kubelet=1,etcd=debug,containerd=info"]),
        (["--logging=etcd=debug", "--logging=kubelet=4"], ["--logging=[kubelet=4]"]),
        (["--kubelet-extra-args=--a=1 --b=2"], ["--kubelet-extra-args=--b=2  --a=1"]),
        (["--kubelet-extra-args", "--a=1"], ["--kubelet-extra-args=--a=1"]),
        (["--api-server-stop-timeout=2m"], ["--api-server-stop-timeout=2m0s"]),
        (["--k0s-cloud-provider-update-frequency=120s"], []),
        (["--kubelet-root-dir=/var/lib/k0s/kubelet"], []),
        (["--data-dir=/data", "--kubelet-root-dir=/data/kubelet"], ["--data-dir=/data/"]),
        (["--token-file=/etc/k0s/token"], ["--token-file=/tmp/other"]),
        (["--force", "--start", "-e", "A=B", "--env=C=D"], []),
        (["worker"], ["/usr/local/bin/k0s", "worker", "H4sIAAAAsecret"]),
        (["--profile=a", "--profile=b"], ["--profile=b"]),
        ("k0s controller --profile=big", [*CONTROLLER, "--profile=big"]),
        ("worker --kubelet-extra-args='--v=2 --max-pods=50' --labels=b=2,a=1 --data-dir=/srv/100%", UNIT),
    ],
)
def test_the_same_in_other_words(wanted: object, actual: object) -> None:
    for one, other in ((wanted, actual), (actual, wanted)):
        assert compare_flags(one, other) == NOTHING


@pytest.mark.parametrize(
    ("wanted", "actual", "difference"),
    [
        (["--enable-worker"], [], "--enable-worker is wanted and not set"),
        ([], ["--no-taints=true"], "--no-taints is set and not wanted"),
        (["--profile=big"], [], "--profile is default, and big is wanted"),
        ([], ["--cri-socket=remote:/run/x.sock"], "--cri-socket is remote:/run/x.sock, and not set is wanted"),
        (
            ["--disable-components=helm,coredns"],
            ["--disable-components=helm"],
            "--disable-components is helm, and coredns,helm is wanted",
        ),
        (["--feature-gates=A=true"], ["--feature-gates=A=false"], "--feature-gates is A=false, and A=true is wanted"),
        (
            ["--kubelet-extra-args=--password=new --v=2 --same=1"],
            ["--kubelet-extra-args=--password=hunter2 --same=1"],
            "--kubelet-extra-args differs in --password, --v",
        ),
        (["worker"], CONTROLLER, "a worker is wanted, and the service runs a controller"),
        (
            ["--api-server-stop-timeout=2m"],
            ["--api-server-stop-timeout=3m"],
            "--api-server-stop-timeout is 180s, and 120s is wanted",
        ),
        # A flag of a version to come: with the next word, or without.
        (["--new-thing", "x"], ["--new-thing=y"], "--new-thing is y, and x is wanted"),
        (["--new-thing", "--single=false"], [], "--new-thing is not set, and true is wanted"),
        # No duration, whatever it looks like.
        (["--profile=2m"], ["--profile=120s"], "--profile is 120s, and 2m is wanted"),
    ],
)
def test_a_difference(wanted: object, actual: object, difference: str) -> None:
    assert compare_flags(wanted, actual) == {"changed": True, "differences": [difference], "only_when_joining": []}


def test_labels_and_taints_make_no_node_restart() -> None:
    wanted = ["--labels=rack=2", "--taints=a=b:NoSchedule,c=d:NoExecute"]
    assert compare_flags(wanted, ["--labels=rack=1"]) == {
        "changed": False,
        "differences": [],
        "only_when_joining": [
            "--labels is rack=1, and rack=2 is wanted; set it on the node itself",
            "--taints is not set, and a=b:NoSchedule,c=d:NoExecute is wanted; set it on the node itself",
        ],
    }


def test_differences_come_by_name() -> None:
    assert compare_flags(["--single", "--data-dir=/data"], [])["differences"] == [
        "--data-dir is /var/lib/k0s, and /data is wanted",
        "--enable-worker is wanted and not set",
        "--kubelet-root-dir is /var/lib/k0s/kubelet, and /data/kubelet is wanted",
        "--single is wanted and not set",
    ]


def test_no_secret_is_told() -> None:
    told = compare_flags(
        ["worker", "TOKEN1", "--kubelet-extra-args=--p=S1"], ["controller", "TOKEN2", "--kubelet-extra-args=--p=S2"]
    )
    assert not any(secret in str(told) for secret in ("TOKEN", "S1", "S2"))


@pytest.mark.parametrize(
    ("wanted", "actual", "message"),
    [
        (
            None,
            [],
            "cannot compare the flags of k0s: the wanted flags are neither a list of words nor a text; "
            "give the Args of k0s status, or the line ExecStart of the unit file",
        ),
        (
            [],
            "{ path=/usr/local/bin/k0s ; argv[]=/usr/local/bin/k0s worker ; }",
            "cannot compare the flags of k0s: the actual flags come from systemctl show, which drops quotes; "
            "give the Args of k0s status, or the line ExecStart of the unit file",
        ),
        (
            [],
            "ExecStart={ path=/usr/local/bin/k0s ; argv[]=/usr/local/bin/k0s worker ; }",
            "cannot compare the flags of k0s: the actual flags come from systemctl show, which drops quotes; "
            "give the Args of k0s status, or the line ExecStart of the unit file",
        ),
        (
            [],
            'k0s "controller',
            "cannot compare the flags of k0s: the actual flags have a quote that does not end; "
            "give the Args of k0s status, or the line ExecStart of the unit file",
        ),
    ],
)
def test_what_cannot_be_compared(wanted: object, actual: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compare_flags(wanted, actual)
    assert str(caught.value) == message


names = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
flag_lists = st.lists(
    st.one_of(
        st.sampled_from(["--enable-worker", "--single=false", "--no-taints", "--debug", "--enable-dynamic-config=true"]),
        st.builds("--profile={}".format, names),
        st.builds(lambda parts: f"--kubelet-extra-args={' '.join(f'--{part}=1' for part in parts)}", st.lists(names, max_size=3)),
        st.builds(lambda parts: f"--disable-components={','.join(parts)}", st.lists(names, max_size=3)),
    ),
    max_size=6,
    unique_by=lambda word: word.partition("=")[0],
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(words=flag_lists, seed=st.integers(0, 1000))
def test_order_and_form_are_no_difference(words: list[str], seed: int) -> None:
    other = [part for word in words for part in (word.split("=", 1) if word.startswith("--profile") else [word])]
    assert compare_flags(words, other) == NOTHING
    shuffled = list(words)
    random.Random(seed).shuffle(shuffled)
    assert compare_flags(shuffled, words) == NOTHING


@settings(max_examples=300, deadline=None, derandomize=True)
@given(one=flag_lists, two=flag_lists)
def test_both_directions_agree(one: list[str], two: list[str]) -> None:
    there, back = compare_flags(one, two), compare_flags(two, one)
    assert there["changed"] == back["changed"] == bool(there["differences"])
    assert len(there["differences"]) == len(back["differences"])
