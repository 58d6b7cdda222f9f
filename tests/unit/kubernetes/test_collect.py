# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import time
import typing as t
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from unit.kubernetes.fake_api import GROUPS, VERSION, FakeApi, Handler, Pki
from unit.kubernetes.test_credentials import ACCOUNT, token
from unit.kubernetes.test_login import shown

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.gaps import Collected
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.guard import allowed_endpoints
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.collect import collect
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.options import NOUNS

BUILTIN = [kind for kind in KINDS if kind.builtin]
K0S = {"autopilot.k0sproject.io": ["v1beta2"], "etcd.k0sproject.io": ["v1beta1"]}
PARTS = {
    "argoproj.io": ["v1alpha1"],
    "longhorn.io": ["v1beta2", "v1beta1"],
    "metallb.io": ["v1beta2", "v1beta1"],
    "metrics.k8s.io": ["v1beta1"],
}
METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"


def read(options: Object, ledger: Ledger | None = None) -> Collected:
    return collect(options, ledger or Ledger(), Redactor(b"key of the tests"))


def status(code: int) -> t.Callable[[Handler], None]:
    return lambda handler: handler.status(code)


def test_everything_is_read(api: FakeApi, options: Object) -> None:
    api.groups.update({**K0S, **PARTS})
    for kind in KINDS:
        api.lists[kind.path] = [{"metadata": {"name": f"k0s-ctrl-{kind.noun}", "namespace": "default"}}]
    collected = read(options)
    assert (collected.state, collected.gaps, collected.version, collected.identity) == ("read", [], "v1.34.4+k0s", None)
    assert sorted(collected.nouns) == sorted(NOUNS)
    assert collected.nouns["drifted_objects"] == []
    assert collected.nouns["version"] == [{**VERSION, "endpoint": api.url}]
    assert {"name": "batch", "versions": ["v1"]} in collected.nouns["api_groups"]
    for kind in KINDS:
        assert [item["metadata"]["name"] for item in collected.nouns[kind.noun]] == [f"k0s-ctrl-{kind.noun}"]


def test_each_kind_is_an_allowed_read_and_each_allowed_list_but_one_is_a_kind() -> None:
    lists = {path for method, path in allowed_endpoints("kubernetes") if "{name}" not in path}
    allowed = {path.replace("{namespace}", "kube-node-lease") for path in lists}
    # Endpoints are what EndpointSlices replaced; nothing reads them.
    assert {kind.path for kind in KINDS} == allowed - {"/version", "/apis", "/api/v1/endpoints"}


def test_kinds_that_the_cluster_does_not_have_are_empty_and_not_asked_for(api: FakeApi, options: Object) -> None:
    collected = read(options)
    optional = [kind for kind in KINDS if not kind.builtin]
    assert {kind.noun: collected.nouns[kind.noun] for kind in optional} == {kind.noun: [] for kind in optional}
    assert (collected.nouns["drifted_objects"], collected.gaps) == ([], [])
    assert not {kind.path for kind in optional} & set(api.paths())


def test_a_kind_that_is_gone_though_its_group_is_there(api: FakeApi, options: Object) -> None:
    api.groups.update(K0S)
    api.always["/apis/etcd.k0sproject.io/v1beta1/etcdmembers"] = status(404)
    collected = read(options)
    assert (collected.nouns["etcdmembers"], collected.gaps) == ([], [])


def test_other_versions_of_a_kind_are_a_gap_and_not_nothing(api: FakeApi, options: Object) -> None:
    api.groups.update({**K0S, "autopilot.k0sproject.io": ["v1", "v1beta3"]})
    collected = read(options)
    assert "controlnodes" not in collected.nouns
    [gap] = collected.gaps
    assert (gap.what, gap.reason, gap.remedy) == ("controlnodes", "unsupported", "")
    assert gap.detail == (
        "cannot list controlnodes.autopilot.k0sproject.io: "
        "the API server does not serve autopilot.k0sproject.io/v1beta2, only v1, v1beta3"
    )


@pytest.mark.parametrize(
    ("noun", "group", "versions"),
    [
        ("ipaddresspools", "metallb.io", ["v1"]),
        ("longhorn_nodes", "longhorn.io", ["v1beta1"]),
        ("node_metrics", "metrics.k8s.io", ["v1"]),
    ],
)
def test_a_part_in_other_versions_is_a_gap(api: FakeApi, options: Object, noun: str, group: str, versions: list[str]) -> None:
    api.groups[group] = versions
    collected = read({**options, "gather": [noun]})
    [kind] = [kind for kind in KINDS if kind.noun == noun]
    assert [(gap.what, gap.reason, gap.detail) for gap in collected.gaps] == [
        (
            noun,
            "unsupported",
            f"cannot list {kind.resource}: the API server does not serve {group}/{kind.version}, only {versions[0]}",
        )
    ]
    assert noun not in collected.nouns


def test_metrics_that_are_registered_and_do_not_answer_are_a_gap(api: FakeApi, options: Object) -> None:
    api.groups.update(PARTS)
    api.always[METRICS] = status(503)
    collected = read(options)
    assert [(gap.what, gap.reason, gap.detail, gap.remedy) for gap in collected.gaps] == [
        (
            "node_metrics",
            "unreachable",
            "cannot list nodes.metrics.k8s.io: what serves metrics.k8s.io/v1beta1 does not answer (status 503)",
            "see why: kubectl describe apiservice v1beta1.metrics.k8s.io",
        )
    ]
    assert "node_metrics" not in collected.nouns
    assert collected.nouns["pod_metrics"] == []


def test_metrics_that_may_not_be_read_are_a_gap_with_the_right_that_is_missing(api: FakeApi, options: Object) -> None:
    api.groups.update(PARTS)
    api.always[METRICS] = status(403)
    [gap] = read(options).gaps
    assert (gap.what, gap.reason) == ("node_metrics", "forbidden")
    assert gap.remedy.endswith('apiGroups: ["metrics.k8s.io"], resources: ["nodes"], verbs: ["get", "list"]')


def test_a_slow_server_is_read_whole_with_many_requests_at_a_time(api: FakeApi, options: Object) -> None:
    api.groups.update({**K0S, **PARTS})

    def slow(handler: Handler) -> None:
        time.sleep(0.2)
        handler.route(urlsplit(handler.path).path, dict(parse_qsl(urlsplit(handler.path).query)))

    for path in ("/version", "/apis", *(kind.path for kind in KINDS)):
        api.always[path] = slow
    started = time.monotonic()
    collected = read(options)
    assert (collected.state, collected.gaps, sorted(collected.nouns)) == ("read", [], sorted(NOUNS))
    # One after the other it would take seven seconds.
    assert time.monotonic() - started < 3


def test_a_very_old_cluster(api: FakeApi, options: Object) -> None:
    del api.groups["discovery.k8s.io"]
    api.groups["batch"] = ["v1", "v1beta1"]
    api.always["/apis/batch/v1/cronjobs"] = status(404)
    collected = read(options)
    assert sorted((gap.what, gap.reason, gap.detail) for gap in collected.gaps) == [
        ("cronjobs", "unsupported", "cannot list cronjobs.batch: the API server does not serve batch/v1"),
        (
            "endpointslices",
            "unsupported",
            "cannot list endpointslices.discovery.k8s.io: the API server does not serve discovery.k8s.io/v1",
        ),
    ]
    assert "jobs" in collected.nouns


@pytest.mark.parametrize("kind", BUILTIN, ids=lambda kind: kind.noun)
def test_one_forbidden_kind_hides_no_other(api: FakeApi, options: Object, kind: t.Any) -> None:
    api.always[kind.path] = status(403)
    collected = read(options)
    [gap] = collected.gaps
    assert (gap.what, gap.reason, collected.state) == (kind.noun, "forbidden", "partial")
    assert gap.remedy.startswith("kubectl apply -f roles/audit/files/permissions/kubernetes/audit-identity.yml, or add to a ")
    assert gap.remedy.endswith(f'apiGroups: ["{kind.group}"], resources: ["{kind.noun}"], verbs: ["get", "list"]')
    assert set(collected.nouns) == set(NOUNS) - {kind.noun}


def test_a_list_that_breaks_off_gives_nothing_of_it(api: FakeApi, options: Object) -> None:
    api.lists["/api/v1/pods"] = [{"metadata": {"name": f"p-{number}", "namespace": "d"}} for number in range(600)]
    api.always["/api/v1/pods"] = lambda handler: (
        handler.status(500) if "continue=" in handler.path else handler.route("/api/v1/pods", {"limit": "500"})
    )
    collected = read(options)
    assert "pods" not in collected.nouns
    assert [(gap.what, gap.reason) for gap in collected.gaps] == [("pods", "invalid")]


def test_groups_that_may_not_be_read(api: FakeApi, options: Object) -> None:
    api.always["/apis"] = status(403)
    for kind in KINDS:
        if not kind.builtin:
            api.always[kind.path] = status(404)
    collected = read(options)
    [gap] = collected.gaps
    assert (gap.what, gap.reason) == ("api_groups", "forbidden")
    assert gap.remedy.endswith('nonResourceURLs: ["/apis"], verbs: ["get"]')
    assert collected.nouns["controlnodes"] == []


def test_a_version_that_may_not_be_read(api: FakeApi, options: Object) -> None:
    api.always["/version"] = status(403)
    collected = read(options)
    assert [(gap.what, gap.reason) for gap in collected.gaps] == [("version", "forbidden")]
    assert (collected.version, collected.state) == (None, "partial")
    assert "pods" in collected.nouns


WHOLE: list[tuple[str, t.Callable[[Handler], None], str]] = [
    ("401", status(401), "unauthorized"),
    ("500", status(500), "invalid"),
    ("HTML", lambda handler: handler.body(b"<html>"), "invalid"),
    ("another service", lambda handler: handler.json({"version": "1"}), "invalid"),
    ("redirect", lambda handler: handler.body(b"", 307, {"Location": "/login"}), "invalid"),
    ("dropped", Handler.drop, "unreachable"),
]


@pytest.mark.parametrize(("answer", "reason"), [pytest.param(*rest, id=name) for name, *rest in WHOLE])
def test_what_is_no_api_server_costs_the_whole_source(api: FakeApi, options: Object, answer: t.Any, reason: str) -> None:
    api.always["/version"] = answer
    collected = read(options)
    assert (collected.nouns, collected.state) == ({}, "failed")
    assert [(gap.what, gap.reason) for gap in collected.gaps] == [("source", reason)]
    assert set(api.paths()) == {"/version"}


def test_a_server_that_is_not_there(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
        user = {"token": token({"sub": ACCOUNT})}
        collected = read({**options, "kubeconfig": str(api.kubeconfig(tmp_path, pki, server=url, user=user))})
    [gap] = collected.gaps
    assert (gap.what, gap.reason, gap.detail) == ("source", "unreachable", f"cannot connect to {url}: the connection was refused")
    assert (collected.nouns, collected.identity) == ({}, ACCOUNT)


def test_nothing_may_be_read_at_all(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    for path in ("/version", "/apis", *(kind.path for kind in KINDS)):
        api.always[path] = status(403)
    user = {"token": token({"sub": ACCOUNT})}
    collected = read({**options, "kubeconfig": str(api.kubeconfig(tmp_path, pki, user=user))})
    assert (collected.nouns, collected.state, collected.identity) == ({}, "failed", ACCOUNT)
    assert len(collected.gaps) == len(KINDS) + 2
    assert collected.credentials == (user["token"],)


def test_who_an_account_is(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    api.token = token({"sub": ACCOUNT})
    collected = read({**options, "kubeconfig": str(api.kubeconfig(tmp_path, pki, user={"token": api.token}))})
    assert collected.identity == ACCOUNT
    groups = ["system:serviceaccounts", "system:serviceaccounts:homelab-audit"]
    assert collected.nouns["identity"] == [{"identity": ACCOUNT, "groups": groups}]


def test_who_an_administrator_is(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    api.token = None
    user = shown(pki.admin)
    collected = read({**options, "kubeconfig": str(api.kubeconfig(tmp_path, pki, user=user))})
    assert collected.nouns["identity"] == [{"identity": "kubernetes-admin", "groups": ["system:masters"]}]


def test_only_what_is_asked_for_is_read(api: FakeApi, options: Object) -> None:
    collected = read({**options, "gather": ["nodes", "etcdmembers"]})
    assert set(collected.nouns) == {"version", "nodes", "etcdmembers"}
    assert set(api.paths()) == {"/version", "/apis", "/api/v1/nodes"}


def test_a_mistake_in_the_kubeconfig_is_no_gap(options: Object) -> None:
    with pytest.raises(ConfigError, match="there is no such context; it has lab"):
        read({**options, "context": "attic"})


def test_every_request_is_in_the_ledger(api: FakeApi, options: Object) -> None:
    api.lists["/api/v1/pods"] = [{"metadata": {"name": f"p-{number}", "namespace": "d"}} for number in range(600)]
    api.once("/api/v1/nodes", Handler.drop)
    api.always["/api/v1/services"] = status(403)
    ledger = Ledger()
    read(options, ledger)
    assert sorted(line.path for line in ledger.requests) == sorted(api.paths())
    assert {line.verb for line in ledger.requests} == {"GET"}
    assert [line.status for line in ledger.requests if line.path == "/api/v1/services"] == [403]
    assert len([line for line in ledger.requests if line.path == "/api/v1/pods"]) == 2


def test_no_secret_of_the_kubeconfig_shows(api: FakeApi, options: Object) -> None:
    ledger = Ledger()
    collected = read(options, ledger)
    assert "good-token" not in f"{collected}{ledger.requests}"
    api.token = "another"
    assert "good-token" not in f"{read(options, ledger)}{ledger.requests}"


def test_the_test_server_serves_what_the_kinds_need() -> None:
    assert {kind.group for kind in BUILTIN} - {""} == set(GROUPS)
