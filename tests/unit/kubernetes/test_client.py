# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import gzip
import json
import threading
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.kubernetes.fake_api import FakeApi, Handler

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ForbiddenRequestError, SourceError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes import libraries
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.client import Client
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.options import Connection

PODS = next(kind for kind in KINDS if kind.noun == "pods")
LEASES = next(kind for kind in KINDS if kind.noun == "leases")


def whole(item: Object) -> Object:
    return item


def named(count: int) -> list[Object]:
    return [{"metadata": {"name": f"pod-{number}", "namespace": "default"}} for number in range(count)]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.client.BUSY_SECONDS", 0.0)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def client(options: Object, ledger: Ledger) -> t.Iterator[Client]:
    with Client(Connection.from_options(options), ledger) as made:
        yield made


FORBIDDEN = [
    ("POST", "/version"),
    ("PUT", "/api/v1/pods"),
    ("PATCH", "/api/v1/nodes"),
    ("DELETE", "/api/v1/namespaces"),
    ("POST", "/api/v1/namespaces/default/pods/web/exec"),
    ("GET", "/api/v1/namespaces/default/pods/web/exec"),
    ("GET", "/api/v1/namespaces/default/pods/web/attach"),
    ("GET", "/api/v1/namespaces/default/pods/web/portforward"),
    ("GET", "/api/v1/namespaces/default/pods/web/log"),
    ("GET", "/api/v1/nodes/worker-1/proxy/pods"),
    ("GET", "/api/v1/secrets"),
    ("GET", "/api/v1/namespaces/default/secrets"),
    ("GET", "/api/v1/namespaces/default/secrets/db"),
    ("GET", "/api/v1/pods/../secrets"),
    ("GET", "/api/v1/configmaps/..%2Fsecrets"),
    ("GET", "/api/v1/namespaces//secrets"),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/x"),
    ("GET", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"),
    ("GET", "/api/v1/namespaces/default/configmaps/app"),
    ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
    ("get", "/version"),
    ("GET", "/version?x=1"),
    ("GET", "version"),
]


@pytest.mark.parametrize(("method", "path"), FORBIDDEN)
def test_what_is_not_a_listed_read_never_leaves(client: Client, api: FakeApi, ledger: Ledger, method: str, path: str) -> None:
    with pytest.raises(ForbiddenRequestError):
        client.request(method, path)
    assert api.requests == []
    [line] = ledger.requests
    assert (line.verb, line.path, line.endpoint, line.status, line.allowed) == (method, path, path, None, False)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]), st.text(alphabet="/.%2fapisv1secretspod{}?#", max_size=40))
def test_no_path_of_any_form_reaches_secrets(client: Client, api: FakeApi, method: str, path: str) -> None:
    api.requests.clear()
    with contextlib.suppress(ForbiddenRequestError, SourceError):
        client.request(method, path)
    assert all(verb == "GET" and "secrets" not in sent for verb, sent, query, headers in api.requests)


def test_a_request_and_its_line_in_the_ledger(client: Client, api: FakeApi, ledger: Ledger) -> None:
    client.get("/api/v1/pods", {"limit": 1})
    [(method, path, query, headers)] = api.requests
    assert (method, path, query) == ("GET", "/api/v1/pods", {"limit": "1"})
    assert headers["Authorization"] == "Bearer good-token"
    assert headers["User-Agent"].startswith("homelab.deepdive/")
    [line] = ledger.requests
    assert (line.source, line.name, line.verb, line.endpoint, line.path) == (
        "kubernetes",
        "lab",
        "GET",
        "/api/v1/pods",
        "/api/v1/pods",
    )
    assert (line.status, line.allowed, line.identity) == (200, True, None)
    assert line.bytes > 0
    assert line.seconds >= 0


def test_an_api_below_a_path(api: FakeApi, options: Object, pki: t.Any, tmp_path: Path, ledger: Ledger) -> None:
    api.prefix = "/k8s/clusters/c-m-abc"
    path = api.kubeconfig(tmp_path, pki, server=f"{api.url}{api.prefix}/")
    with Client(Connection.from_options({**options, "kubeconfig": str(path)}), ledger) as client:
        assert client.get("/version")["major"] == "1"
        with pytest.raises(ForbiddenRequestError):
            client.request("GET", "/../../v3/secrets")
    assert api.paths() == ["/version"]
    assert ledger.requests[-1].path == "/version"


def test_pages(client: Client, api: FakeApi) -> None:
    api.lists["/api/v1/pods"] = named(1100)
    assert client.read_all(PODS, whole) == named(1100)
    assert [query for method, path, query, headers in api.requests] == [
        {"limit": "500"},
        {"limit": "500", "continue": "500"},
        {"limit": "500", "continue": "1000"},
    ]


def gone(handler: Handler) -> None:
    handler.status(410)


def test_an_expired_continue_token_begins_the_list_again(client: Client, api: FakeApi) -> None:
    api.lists["/api/v1/pods"] = named(700)
    served: list[int] = []

    def expire(handler: Handler) -> None:
        served.append(1)
        if len(served) == 2:
            handler.status(410)
        else:
            handler.route("/api/v1/pods", api.requests[-1][2])

    api.always["/api/v1/pods"] = expire
    assert client.read_all(PODS, whole) == named(700)
    assert len(served) == 4


def test_a_token_that_keeps_expiring_is_a_gap(client: Client, api: FakeApi) -> None:
    api.always["/api/v1/pods"] = gone
    with pytest.raises(SourceError) as caught:
        client.read_all(PODS, whole)
    assert str(caught.value) == f"cannot read /api/v1/pods from {api.url}: the API server answered with status 410"
    assert caught.value.reason == "invalid"
    assert len(api.requests) == 2


def test_a_list_without_an_end(client: Client, api: FakeApi) -> None:
    api.always["/api/v1/pods"] = lambda handler: handler.json({"metadata": {"continue": "again"}, "items": named(1)})
    with pytest.raises(SourceError, match="the answer is not a list that ends"):
        client.read_all(PODS, whole)
    assert len(api.requests) == 2


@pytest.mark.parametrize("items", [None, []])
def test_an_empty_list(client: Client, api: FakeApi, items: t.Any) -> None:
    api.always["/api/v1/pods"] = lambda handler: handler.json({"metadata": {}, "items": items})
    assert client.read_all(PODS, whole) == []


def test_packed_answers(client: Client, api: FakeApi) -> None:
    body = gzip.compress(json.dumps({"metadata": {}, "items": named(3)}).encode())
    api.always["/api/v1/pods"] = lambda handler: handler.body(body, headers={"Content-Encoding": "gzip"})
    assert client.read_all(PODS, whole) == named(3)


def test_half_a_character_becomes_text(client: Client, api: FakeApi) -> None:
    api.always["/version"] = lambda handler: handler.body(rb'{"gitVersion": "v1 \ud83d\ude00 \ud800"}')
    client.get("/version")["gitVersion"].encode("utf-8")


REMEDY = "check that server in the kubeconfig is the API server itself, usually on port 6443"
REACH = "check that the API server runs, that server in the kubeconfig is right and that no firewall blocks the port"
NEW_KUBECONFIG = "make a new kubeconfig with roles/audit/files/permissions/kubernetes/make-kubeconfig.sh"
NODES_ROLE = (
    "kubectl apply -f roles/audit/files/permissions/kubernetes/audit-identity.yml, or add to a ClusterRole of "
    'the user of context \'lab\': apiGroups: [""], resources: ["pods"], verbs: ["get", "list"]'
)
ANSWERS: list[tuple[str, t.Callable[[Handler], None], str, str, str]] = [
    (
        "401",
        lambda handler: handler.status(401),
        "cannot log in to kubernetes 'lab': the API server at URL refused the credentials of context 'lab': "
        "expired or unknown token",
        "unauthorized",
        NEW_KUBECONFIG,
    ),
    ("403", lambda handler: handler.status(403), "cannot list pods: the user of context 'lab' may not", "forbidden", NODES_ROLE),
    ("404", lambda handler: handler.status(404), "cannot list pods: the API server does not serve v1", "unsupported", ""),
    (
        "500",
        lambda handler: handler.status(500),
        "cannot read /api/v1/pods from URL: the API server answered with status 500",
        "invalid",
        "look at URL/readyz?verbose and the log of the API server",
    ),
    (
        "429",
        lambda handler: handler.status(429),
        "cannot read /api/v1/pods from URL: the API server answered with status 429",
        "invalid",
        "the API server has too much to do; run the audit again later",
    ),
    (
        "redirect",
        lambda handler: handler.body(b"", 302, {"Location": "https://127.0.0.1:1/login"}),
        "cannot read /api/v1/pods from URL: it answers with a redirect (status 302)",
        "invalid",
        REMEDY,
    ),
    (
        "HTML",
        lambda handler: handler.body(b"<html>"),
        "cannot read /api/v1/pods from URL: the answer is not JSON",
        "invalid",
        REMEDY,
    ),
    (
        "not UTF-8",
        lambda handler: handler.body(b'{"a": "\xff"}'),
        "cannot read /api/v1/pods from URL: the answer is not JSON",
        "invalid",
        REMEDY,
    ),
    (
        "nested without end",
        lambda handler: handler.body(b"[" * 100_000),
        "cannot read /api/v1/pods from URL: the answer is not JSON",
        "invalid",
        REMEDY,
    ),
    (
        "a list",
        lambda handler: handler.json([]),
        "cannot read /api/v1/pods from URL: the answer is not a JSON object",
        "invalid",
        REMEDY,
    ),
    (
        "another object",
        lambda handler: handler.json({"items": [1]}),
        "cannot read /api/v1/pods from URL: the answer is not a list of pods",
        "invalid",
        REMEDY,
    ),
    (
        "objects without names",
        lambda handler: handler.json({"metadata": {}, "items": [{"metadata": {}}]}),
        "cannot read /api/v1/pods from URL: the answer is not a list of pods",
        "invalid",
        REMEDY,
    ),
    (
        "not packed as it says",
        lambda handler: handler.body(b"plain", headers={"Content-Encoding": "gzip"}),
        "cannot read /api/v1/pods from URL: the answer is not packed as it says",
        "invalid",
        REMEDY,
    ),
    (
        "not HTTP",
        lambda handler: raw(handler, b"SSH-2.0-OpenSSH_9.2\r\n"),
        "cannot read /api/v1/pods from URL: the answer is not HTTP",
        "invalid",
        REMEDY,
    ),
    (
        "dropped",
        Handler.drop,
        "cannot read /api/v1/pods from URL: the connection was lost twice",
        "unreachable",
        REACH,
    ),
    (
        "cut off",
        lambda handler: raw(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        "cannot read /api/v1/pods from URL: the connection was lost twice",
        "unreachable",
        REACH,
    ),
    (
        "silent",
        lambda handler: silent(handler, b""),
        "cannot read /api/v1/pods from URL: no answer within 0.3 seconds",
        "timeout",
        "when the cluster is only slow, set timeout to more seconds",
    ),
    (
        "stops in the middle",
        lambda handler: silent(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        "cannot read /api/v1/pods from URL: no answer within 0.3 seconds",
        "timeout",
        "when the cluster is only slow, set timeout to more seconds",
    ),
]
RELEASED = threading.Event()


def raw(handler: Handler, data: bytes) -> None:
    handler.wfile.write(data)
    handler.wfile.flush()
    handler.drop()


def silent(handler: Handler, data: bytes) -> None:
    handler.wfile.write(data)
    handler.wfile.flush()
    RELEASED.wait(1)
    handler.close_connection = True


@pytest.mark.parametrize(("answer", "expected"), [pytest.param(answer, rest, id=name) for name, answer, *rest in ANSWERS])
def test_each_bad_answer_has_its_sentence(
    api: FakeApi, options: Object, ledger: Ledger, answer: t.Any, expected: list[str]
) -> None:
    api.always["/api/v1/pods"] = answer
    with Client(Connection.from_options({**options, "timeout": 0.3}), ledger) as client, pytest.raises(SourceError) as caught:
        client.read_all(PODS, whole)
    error = caught.value
    assert [str(error).replace(api.url, "URL"), error.reason, error.remedy.replace(api.url, "URL")] == expected
    assert all(line.allowed and line.endpoint == "/api/v1/pods" for line in ledger.requests)
    assert len(ledger.requests) == len(api.requests)


def test_a_connection_that_breaks_once_is_tried_again(client: Client, api: FakeApi, ledger: Ledger) -> None:
    api.once("/version", Handler.drop)
    assert client.get("/version")["major"] == "1"
    assert [line.status for line in ledger.requests] == [None, 200]


def test_a_server_that_is_busy_is_asked_again(client: Client, api: FakeApi, ledger: Ledger) -> None:
    api.once("/version", lambda handler: handler.status(429))
    assert client.get("/version")["major"] == "1"
    assert [line.status for line in ledger.requests] == [200, 429]


@pytest.mark.parametrize("noun", ["longhorn_volumes", "applications", "events"])
def test_an_object_without_a_namespace_is_none_of_a_kind_that_has_them(client: Client, api: FakeApi, noun: str) -> None:
    kind = next(kind for kind in KINDS if kind.noun == noun)
    api.groups[kind.group] = [kind.version]
    api.lists[kind.path] = [{"metadata": {"name": "a"}}]
    with pytest.raises(SourceError, match=f"the answer is not a list of {noun}"):
        client.read_all(kind, whole)


def test_what_is_missing_for_leases_is_a_role_in_their_namespace(client: Client, api: FakeApi) -> None:
    api.always[LEASES.path] = lambda handler: handler.status(403)
    with pytest.raises(SourceError) as caught:
        client.read_all(LEASES, whole)
    assert str(caught.value) == (
        "cannot list leases.coordination.k8s.io in namespace kube-node-lease: the user of context 'lab' may not"
    )
    assert caught.value.remedy.endswith(
        "or add to a Role in namespace kube-node-lease of the user of context 'lab': "
        'apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "list"]'
    )


def test_missing_packages_are_named(options: Object, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "IMPORT_ERROR", ImportError("no module named kubernetes"))
    assert libraries.missing_packages() == ["kubernetes>=31.0.0"]
    with pytest.raises(Exception, match=r"Python packages are missing \(kubernetes>=31\.0\.0\)"):
        Client(Connection.from_options(options), ledger)


@pytest.mark.parametrize(("found", "missing"), [("31.0.0", False), ("37.0.2", False), ("30.1.0b1", True), ("9.0", True)])
def test_old_packages_are_missing(found: str, missing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: found)
    assert bool(libraries.missing_packages()) is missing
