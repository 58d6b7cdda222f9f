# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replay server answers as the API server did: bodies, paging and refusals, and it changes nothing."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from lab import replay
from lab.demo_tier import DemoLab
from lab.kube_api import KubeApi
from lab.rewriting import moved

PODS = "/api/v1/pods"
MEMBERS = "/apis/etcd.k0sproject.io/v1beta1/etcdmembers"
CRONJOBS = "/apis/batch/v1/cronjobs"
USER = "system:serviceaccount:homelab-audit:homelab-audit"
RECORDED = sorted(
    "/" + str(file.relative_to(replay.RECORDINGS))[: -len(".json")]
    for file in replay.RECORDINGS.rglob("*.json")
    if file.name not in (replay.ERRORS, replay.ABOUT)
)
APPLICATIONS = "/apis/argoproj.io/v1alpha1/applications"
DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/bgppeers.metallb.io"


def pages(api: KubeApi, path: str, limit: int) -> t.Iterator[dict[str, t.Any]]:
    page = api.get(f"{path}?limit={limit}")
    yield page
    while page["metadata"].get("continue"):
        page = api.get(f"{path}?limit={limit}&continue={page['metadata']['continue']}")
        yield page


def test_answers_with_what_was_recorded(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.now = lambda: lab.kube.recorded
    for path in RECORDED:
        assert kube.get(path) == json.loads((replay.RECORDINGS / f"{path[1:]}.json").read_text(encoding="utf-8"))


def test_everything_that_may_be_read_is_recorded() -> None:
    assert {PODS, MEMBERS, CRONJOBS, APPLICATIONS, DEFINITION, "/version", "/apis"} <= set(RECORDED)
    assert not [path for path in RECORDED if "secret" in path]


@pytest.mark.parametrize(("path", "limit"), [(PODS, 1), (PODS, 5), (PODS, 12), (PODS, 13), (PODS, 500), (MEMBERS, 1)])
def test_pages(lab: DemoLab, kube: KubeApi, path: str, limit: int) -> None:
    lab.kube.now = lambda: lab.kube.recorded
    whole = kube.get(path)
    found = list(pages(kube, path, limit))
    assert [item for page in found for item in page["items"]] == whole["items"]
    assert len(found) == -(-len(whole["items"]) // limit)
    left = [page["metadata"].get("remainingItemCount", 0) for page in found]
    assert left == [max(0, len(whole["items"]) - limit * (number + 1)) for number in range(len(found))]
    assert {page["metadata"]["resourceVersion"] for page in found} == {whole["metadata"]["resourceVersion"]}


def test_usage_comes_in_one_piece(kube: KubeApi) -> None:
    assert len(kube.get("/apis/metrics.k8s.io/v1beta1/nodes?limit=1")["items"]) == 2


def test_an_expired_token_offers_to_go_on(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.now = lambda: lab.kube.recorded
    first = kube.get(f"{PODS}?limit=5")
    lab.kube.expired = 1
    answer = kube.raw("GET", f"{PODS}?limit=5&continue={first['metadata']['continue']}")
    status = json.loads(answer.text)
    assert (answer.status, status["reason"]) == (410, "Expired")
    assert status["message"].startswith("The provided continue parameter is too old to display a consistent list result. ")
    lab.kube.expired = 1  # the offered token does not expire
    rest = kube.get(f"{PODS}?continue={status['metadata']['continue']}")
    assert first["items"] + rest["items"] == kube.get(PODS)["items"]


def test_a_token_that_is_none(kube: KubeApi) -> None:
    answer = kube.raw("GET", f"{PODS}?limit=5&continue=nonsense")
    assert answer.status == 400
    assert json.loads(answer.text)["message"].startswith("invalid continue token: ")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (PODS, f'pods is forbidden: User "{USER}" cannot list resource "pods" in API group "" at the cluster scope'),
        (
            MEMBERS,
            f'etcdmembers.etcd.k0sproject.io is forbidden: User "{USER}" cannot list resource "etcdmembers"'
            ' in API group "etcd.k0sproject.io" at the cluster scope',
        ),
    ],
)
def test_a_forbidden_kind(lab: DemoLab, kube: KubeApi, path: str, message: str) -> None:
    lab.kube.forbidden.add(path.rsplit("/", 1)[-1])
    answer = kube.raw("GET", path)
    assert (answer.status, json.loads(answer.text)["message"]) == (403, message)
    assert kube.raw("GET", "/api/v1/nodes").status == 200


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/api/v1/secrets",
            f'secrets is forbidden: User "{USER}" cannot list resource "secrets" in API group "" at the cluster scope',
        ),
        ("/somewhere/else", f'forbidden: User "{USER}" cannot get path "/somewhere/else"'),
        ("/../errors", f'forbidden: User "{USER}" cannot get path "/../errors"'),
        (f"/{replay.ERRORS}", f'forbidden: User "{USER}" cannot get path "/{replay.ERRORS}"'),
        ("/errors", f'forbidden: User "{USER}" cannot get path "/errors"'),
    ],
)
def test_what_was_never_readable(kube: KubeApi, path: str, message: str) -> None:
    answer = kube.raw("GET", path)
    assert (answer.status, json.loads(answer.text)["message"]) == (403, message)


def test_missing_kinds(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.missing |= {"etcdmembers", "cronjobs"}
    assert kube.raw("GET", MEMBERS) == (404, "text/plain; charset=utf-8", "404 page not found\n")
    answer = kube.raw("GET", CRONJOBS)
    assert (answer.status, json.loads(answer.text)["message"]) == (404, "the server could not find the requested resource")


def test_everything_keeps_its_age(lab: DemoLab, kube: KubeApi) -> None:
    def newest_age() -> datetime.timedelta:
        newest = max(event["metadata"]["creationTimestamp"] for event in kube.get("/api/v1/events")["items"])
        moment = datetime.datetime.strptime(newest, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
        return lab.kube.now() - moment

    lab.kube.now = lambda: lab.kube.recorded
    recorded = newest_age()
    lab.kube.now = lambda: lab.kube.recorded + datetime.timedelta(days=200)
    assert newest_age() == recorded < datetime.timedelta(minutes=10)


def test_moments_keep_their_form() -> None:
    body = {"a": ["2026-02-28T23:59:59Z", {"b": "2026-02-28T23:59:59.500000Z"}], "c": "on 2026-02-28T23:59:59Z", "d": 1, "e": None}
    assert moved(body, datetime.timedelta(seconds=61)) == {
        "a": ["2026-03-01T00:01:00Z", {"b": "2026-03-01T00:01:00.500000Z"}],
        "c": "on 2026-02-28T23:59:59Z",
        "d": 1,
        "e": None,
    }


def test_a_group_that_is_not_there(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.absent_groups.add("argoproj.io")
    assert "argoproj.io" not in {group["name"] for group in kube.get("/apis")["groups"]}
    assert kube.raw("GET", APPLICATIONS) == (404, "text/plain; charset=utf-8", "404 page not found\n")
    assert kube.raw("GET", "/apis/metallb.io/v1beta1/ipaddresspools").status == 200


def test_no_usage_figures(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.metrics_broken = True
    assert kube.raw("GET", "/apis/metrics.k8s.io/v1beta1/nodes")[::2] == (503, "service unavailable\n")
    assert "metrics.k8s.io" in {group["name"] for group in kube.get("/apis")["groups"]}


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("nodes", "/api/v1/nodes"),
        ("nodes.longhorn.io", "/apis/longhorn.io/v1beta2/nodes"),
        ("nodes.metrics.k8s.io", "/apis/metrics.k8s.io/v1beta1/nodes"),
        ("customresourcedefinitions", DEFINITION),
    ],
)
def test_names_of_kinds(lab: DemoLab, kube: KubeApi, name: str, refused: str) -> None:
    paths = ("/api/v1/nodes", "/apis/longhorn.io/v1beta2/nodes", "/apis/metrics.k8s.io/v1beta1/nodes", DEFINITION)
    lab.kube.forbidden.add(name)
    assert [path for path in paths if kube.raw("GET", path).status == 403] == [refused]


def test_an_object_that_is_gone(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.gone.add(DEFINITION)
    answer = kube.raw("GET", DEFINITION)
    assert answer.status == 404
    assert json.loads(answer.text) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'customresourcedefinitions.apiextensions.k8s.io "bgppeers.metallb.io" not found',
        "reason": "NotFound",
        "details": {"name": "bgppeers.metallb.io", "group": "apiextensions.k8s.io", "kind": "customresourcedefinitions"},
        "code": 404,
    }


def test_a_cluster_of_k3s(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.distribution = "k3s"
    assert kube.get("/version")["gitVersion"] == "v1.34.4+k3s1"
    assert not [group["name"] for group in kube.get("/apis")["groups"] if "k0s" in group["name"]]
    assert kube.raw("GET", MEMBERS).status == 404
    nodes = kube.get("/api/v1/nodes")["items"]
    assert {node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes} == {"v1.34.4+k3s1"}
    assert "node-role.kubernetes.io/control-plane" in nodes[0]["metadata"]["labels"]


@pytest.mark.parametrize("token", ["wrong", "canary", ""])
def test_wrong_tokens(lab: DemoLab, token: str) -> None:
    with KubeApi(lab.folder / "kubeconfig.yml", token=token or "x") as stranger:
        answer = stranger.raw("GET", "/version")
    assert (answer.status, json.loads(answer.text)["message"]) == (401, "Unauthorized")
    assert lab.kube_requests[-1] == {"method": "GET", "path": "/version", "query": {}, "user": None, "status": 401}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANYTHING"])
def test_only_get(lab: DemoLab, kube: KubeApi, method: str) -> None:
    body = None if method == "HEAD" else {}
    assert kube.raw(method, PODS, body).status == 405
    assert kube.raw("GET", PODS).status == 200  # the connection is still in step
    assert [entry["method"] for entry in lab.kube_requests] == [method, "GET"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), ("text/html", 406), ("application/yaml;q=1, application/json", 200)],
)
def test_accept(kube: KubeApi, accept: str, status: int) -> None:
    assert kube.raw("GET", PODS, accept=accept).status == status


def test_broken_and_slow(lab: DemoLab, kube: KubeApi) -> None:
    lab.kube.broken[PODS] = 503
    assert kube.raw("GET", PODS) == (503, "text/plain; charset=utf-8", "upstream failure\n")
    lab.kube.hanging["/version"] = 30
    with KubeApi(lab.folder / "kubeconfig.yml", timeout=0.3) as impatient, pytest.raises(TimeoutError):
        impatient.raw("GET", "/version")


def test_errors_hold_only_the_servers_words() -> None:
    errors = json.loads((replay.RECORDINGS / replay.ERRORS).read_text(encoding="utf-8"))
    statuses = {name: answer["status"] for name, answer in errors["answers"].items()}
    assert statuses == {
        "bad_continue": 400,
        "expired": 410,
        "forbidden_path": 403,
        "method_not_allowed": 405,
        "missing_group": 404,
        "missing_kind": 404,
        "missing_object": 404,
        "not_acceptable": 406,
        "unauthorized": 401,
        "unavailable": 503,
    }
    assert errors["user"] == USER
    assert {answer["status"] for answer in errors["forbidden"].values()} == {403}
    assert set(errors["forbidden"]) - {"/api/v1/secrets"} == set(RECORDED) - {"/version", "/apis"}
