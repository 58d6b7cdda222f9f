# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
from unit.kubernetes.fake_api import FakeApi, Handler, Pki
from unit.kubernetes.test_login import exec_user

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.checks import Check
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes import preflight as module
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object


def steps(options: Object) -> list[tuple[str, bool]]:
    return [(check.step, check.ok) for check in module.preflight(options, Ledger())]


def test_a_healthy_cluster(api: FakeApi, options: Object) -> None:
    assert module.preflight(options, Ledger()) == [
        Check("kubernetes", "lab", "reachable", True, f"{api.url} answers"),
        Check("kubernetes", "lab", "tls", True, "the certificate is valid for 127.0.0.1"),
        Check("kubernetes", "lab", "login", True, "Kubernetes v1.34.4+k0s as the user of context 'lab'"),
        Check("kubernetes", "lab", "rights", True, f"may list all {len(KINDS)} kinds"),
    ]
    assert {query.get("limit") for method, path, query, headers in api.requests} == {None, "1"}
    assert {method for method, path, query, headers in api.requests} == {"GET"}


def test_each_missing_right_is_a_check_of_its_own(api: FakeApi, options: Object) -> None:
    for path in ("/apis", "/api/v1/nodes", "/apis/apps/v1/deployments"):
        api.always[path] = lambda handler: handler.status(403)
    rights = [check for check in module.preflight(options, Ledger()) if check.step == "rights"]
    assert [check.ok for check in rights] == [False, False, False]
    assert [check.detail for check in rights] == [
        f"cannot read /apis from {api.url}: the user of context 'lab' may not",
        "cannot list nodes: the user of context 'lab' may not",
        "cannot list deployments.apps: the user of context 'lab' may not",
    ]
    assert all(check.remedy.startswith("kubectl apply -f ") for check in rights)


def test_a_version_that_may_not_be_read_is_a_missing_right(api: FakeApi, options: Object) -> None:
    api.always["/version"] = lambda handler: handler.status(403)
    assert steps(options) == [("reachable", True), ("tls", True), ("login", True), ("rights", False)]


def test_only_what_will_be_read_is_checked(api: FakeApi, options: Object) -> None:
    api.always["/api/v1/nodes"] = lambda handler: handler.status(403)
    assert module.preflight({**options, "gather": ["pods"]}, Ledger())[-1].detail == "may list all 1 kinds"


def test_kinds_that_the_cluster_does_not_have_are_no_missing_right(api: FakeApi, options: Object) -> None:
    del api.groups["discovery.k8s.io"]
    api.groups["etcd.k0sproject.io"] = ["v2"]
    api.always["/apis/batch/v1/cronjobs"] = lambda handler: handler.status(404)
    assert steps(options)[-1] == ("rights", True)


@pytest.mark.parametrize(
    ("group", "version", "plural"), [("argoproj.io", "v1alpha1", "applications"), ("metrics.k8s.io", "v1beta1", "nodes")]
)
def test_parts_that_may_not_be_listed_are_missing_rights(
    api: FakeApi, options: Object, group: str, version: str, plural: str
) -> None:
    path = f"/apis/{group}/{version}/{plural}"
    api.always[path] = lambda handler: handler.status(403)
    # Absent parts are not asked for.
    assert steps(options)[-1] == ("rights", True)
    api.groups[group] = [version]
    [check] = [check for check in module.preflight(options, Ledger()) if check.step == "rights"]
    assert (check.ok, check.detail) == (False, f"cannot list {plural}.{group}: the user of context 'lab' may not")
    assert f'apiGroups: ["{group}"], resources: ["{plural}"]' in check.remedy


def test_what_has_drifted_needs_the_applications(api: FakeApi, options: Object) -> None:
    api.groups["argoproj.io"] = ["v1alpha1"]
    api.always["/apis/argoproj.io/v1alpha1/applications"] = lambda handler: handler.status(403)
    assert steps({**options, "gather": ["drifted_objects"]})[-1] == ("rights", False)


def test_the_wrong_ca(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    options["kubeconfig"] = str(api.kubeconfig(tmp_path, pki, ca=pki.other_ca))
    checks = module.preflight(options, Ledger())
    assert [(check.step, check.ok) for check in checks] == [("reachable", True), ("tls", False)]
    assert checks[-1].detail == f"cannot verify the certificate of {api.url}: the CA of the kubeconfig did not sign it"
    assert checks[-1].remedy.startswith("put the CA of the cluster into cluster 'home' of the kubeconfig")


def test_nothing_listens(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    options["kubeconfig"] = str(api.kubeconfig(tmp_path, pki, server="https://127.0.0.1:1"))
    [check] = module.preflight(options, Ledger())
    assert (check.step, check.ok) == ("reachable", False)
    assert check.detail == "cannot connect to https://127.0.0.1:1: the connection was refused"


@pytest.mark.parametrize(
    "answer", [lambda handler: handler.status(401), lambda handler: handler.status(500), lambda handler: handler.body(b"<html>")]
)
def test_refused_or_no_api_server(api: FakeApi, options: Object, answer: t.Callable[[Handler], None]) -> None:
    api.always["/version"] = answer
    assert steps(options) == [("reachable", True), ("tls", True), ("login", False)]


def test_an_exec_plugin_that_is_missing(api: FakeApi, options: Object, pki: Pki, tmp_path: Path) -> None:
    options["kubeconfig"] = str(api.kubeconfig(tmp_path, pki, user=exec_user("no-such-login")))
    assert steps(options) == [("login", False)]


def test_a_mistake_in_the_kubeconfig_stops(options: Object) -> None:
    with pytest.raises(ConfigError):
        module.preflight({**options, "context": "attic"}, Ledger())


def test_a_server_that_hangs_takes_a_bounded_time(api: FakeApi, options: Object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.3)
    for kind in KINDS:
        api.always[kind.path] = lambda handler: time.sleep(1.5)
    started = time.monotonic()
    checks = module.preflight(options, Ledger())
    assert time.monotonic() - started < 1.4
    assert checks[-1].detail.endswith("no answer within 0.3 seconds")
    assert not checks[-1].ok
