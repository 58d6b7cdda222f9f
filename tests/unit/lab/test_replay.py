# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replay server answers as the API server did: bodies, paging and refusals, and it changes nothing."""

from __future__ import annotations

import json
import typing as t

import pytest
from lab import replay
from lab.demo_tier import DemoLab
from lab.kube_api import KubeApi

PODS = "/api/v1/pods"
MEMBERS = "/apis/etcd.k0sproject.io/v1beta1/etcdmembers"
CRONJOBS = "/apis/batch/v1/cronjobs"
USER = "system:serviceaccount:homelab-audit:homelab-audit"
RECORDED = sorted(
    "/" + str(file.relative_to(replay.RECORDINGS))[: -len(".json")]
    for file in replay.RECORDINGS.rglob("*.json")
    if file.name != replay.ERRORS
)


def pages(api: KubeApi, path: str, limit: int) -> t.Iterator[dict[str, t.Any]]:
    page = api.get(f"{path}?limit={limit}")
    yield page
    while page["metadata"].get("continue"):
        page = api.get(f"{path}?limit={limit}&continue={page['metadata']['continue']}")
        yield page


def test_answers_with_what_was_recorded(kube: KubeApi) -> None:
    for path in RECORDED:
        assert kube.get(path) == json.loads((replay.RECORDINGS / f"{path[1:]}.json").read_text(encoding="utf-8"))


def test_everything_that_may_be_read_is_recorded() -> None:
    assert {PODS, MEMBERS, CRONJOBS, "/version", "/apis"} <= set(RECORDED)
    assert not [path for path in RECORDED if "secret" in path]


@pytest.mark.parametrize(("path", "limit"), [(PODS, 1), (PODS, 5), (PODS, 12), (PODS, 13), (PODS, 500), (MEMBERS, 1)])
def test_pages(kube: KubeApi, path: str, limit: int) -> None:
    whole = kube.get(path)
    found = list(pages(kube, path, limit))
    assert [item for page in found for item in page["items"]] == whole["items"]
    assert len(found) == -(-len(whole["items"]) // limit)
    left = [page["metadata"].get("remainingItemCount", 0) for page in found]
    assert left == [max(0, len(whole["items"]) - limit * (number + 1)) for number in range(len(found))]
    assert {page["metadata"]["resourceVersion"] for page in found} == {whole["metadata"]["resourceVersion"]}


def test_an_expired_token_offers_to_go_on(lab: DemoLab, kube: KubeApi) -> None:
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
        "not_acceptable": 406,
        "unauthorized": 401,
    }
    assert errors["user"] == USER
    assert {answer["status"] for answer in errors["forbidden"].values()} == {403}
    assert set(errors["forbidden"]) - {"/api/v1/secrets"} == set(RECORDED) - {"/version", "/apis"}
