# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications, routes, files of Kustomize and k0sctl that a checkout declares."""

from __future__ import annotations

import typing as t

import pytest

from .conftest import Checkout

APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: web
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: apps
  destination: {server: "https://kubernetes.default.svc", namespace: web}
  source:
    repoURL: https://me:canary-userinfo@git.example/lab.git
    path: kubernetes/web
    targetRevision: 5c0c0ffee5c0c0ffee5c0c0ffee5c0c0ffee5c0c
    directory: {recurse: yes, include: '*.yaml', exclude: '{a,b}.yaml'}
  syncPolicy:
    automated: {prune: true, selfHeal: on}
"""
SOURCE: dict[str, t.Any] = {
    **{"repo_url": None, "path": None, "chart": None, "target_revision": None, "ref": None},
    **{"kind": None, "value_files": [], "directory": None},
}


def application(checkout: Checkout, text: str) -> dict[str, t.Any]:
    checkout.write({"app.yaml": text})
    nouns = checkout.nouns()
    assert "canary" not in str(nouns)
    (row,) = nouns["declared_applications"]
    assert [manifest["kind"] for manifest in nouns["manifests"]] == ["Application"]
    return row


def test_addresses_of_values_tell_no_password(checkout: Checkout) -> None:
    helm = "\n    helm: {valueFiles: [values.yaml, 'https://me:canary-word@git.example/x']}\n  syncPolicy:"
    row = application(checkout, APPLICATION.replace("\n  syncPolicy:", helm))
    assert row["sources"][0]["value_files"][0] == "values.yaml"
    assert len(row["sources"][0]["value_files"]) == 2


def test_an_application(checkout: Checkout) -> None:
    row = application(checkout, APPLICATION)
    (source,) = row.pop("sources")
    assert source.pop("repo_url").endswith("»@git.example/lab.git")
    assert source == {
        "path": "kubernetes/web",
        "chart": None,
        "target_revision": "5c0c0ffee5c0c0ffee5c0c0ffee5c0c0ffee5c0c",
        "ref": None,
        "kind": "Directory",
        "value_files": [],
        "directory": {"recurse": True, "include": "*.yaml", "exclude": "{a,b}.yaml"},
    }
    assert row == {
        **{"path": "app.yaml", "namespace": "argocd", "name": "web", "project": "apps"},
        "destination": {"server": "https://kubernetes.default.svc", "name": None, "namespace": "web"},
        **{"automated": True, "self_heal": True, "prune": True},
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    }


HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n"


@pytest.mark.parametrize(
    ("spec", "field", "expected"),
    [
        ("  project: x", "sources", []),
        ("  project: x", "namespace", None),
        ("  project: x", "automated", False),
        ("  syncPolicy: {automated: {}}", "automated", True),
        ("  syncPolicy: {automated: {}}", "self_heal", False),
        ("  syncPolicy: {automated: ~}", "automated", False),
        ("  syncPolicy: {automated: {enabled: false, prune: true}}", "automated", False),
        ("  syncPolicy: {automated: {prune: 'true'}}", "prune", False),
        (
            "  source: {repoURL: x}\n  sources:\n"
            "  - {repoURL: r, chart: c, targetRevision: 1.10, helm: {valueFiles: [$v/a.yaml]}}\n"
            "  - {repoURL: r, ref: v}",
            "sources",
            [
                {**SOURCE, "repo_url": "r", "chart": "c", "target_revision": "1.10", "kind": "Helm", "value_files": ["$v/a.yaml"]},
                {**SOURCE, "repo_url": "r", "ref": "v"},
            ],
        ),
        ("  source: {path: a, kustomize: {}}", "sources", [{**SOURCE, "path": "a", "kind": "Kustomize"}]),
        ("  source: {path: a, plugin: {name: avp}}", "sources", [{**SOURCE, "path": "a", "kind": "Plugin"}]),
        ("  source: [a]\n  destination: b", "destination", {"server": None, "name": None, "namespace": None}),
    ],
)
def test_parts_of_an_application(checkout: Checkout, spec: str, field: str, expected: t.Any) -> None:
    assert application(checkout, HEAD + spec)[field] == expected


ROUTE = "apiVersion: {}\nkind: {}\nmetadata: {{name: a, namespace: n}}\nspec:\n"
INGRESS = ROUTE.format("networking.k8s.io/v1", "Ingress")
HTTP_ROUTE = ROUTE.format("gateway.networking.k8s.io/v1", "HTTPRoute")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{INGRESS}  rules:\n  - host: a.example\n    http: {{paths: [{{path: /x, backend: {{service: {{name: s}}}}}}]}}\n"
            "  - http: {paths: [{backend: {resource: {kind: Bucket, name: b}}}]}\n  - host: no.paths\n"
            "  defaultBackend: {service: {name: d}}",
            [("a.example", "/x", "s"), (None, "/", None), (None, "/", "d")],
        ),
        (
            ROUTE.format("extensions/v1beta1", "Ingress")
            + "  backend: {serviceName: d}\n  rules: [{host: h, http: {paths: [{backend: {serviceName: s}}]}}]",
            [("h", "/", "s"), (None, "/", "d")],
        ),
        (
            f"{HTTP_ROUTE}  hostnames: [a.example, b.example]\n  rules:\n"
            "  - matches: [{path: {value: /x}}, {path: {value: /x}, method: GET}, {headers: []}]\n"
            "    backendRefs: [{kind: Other, name: o}, {name: s}]",
            [("a.example", "/x", "s"), ("a.example", "/", "s"), ("b.example", "/x", "s"), ("b.example", "/", "s")],
        ),
        (f"{HTTP_ROUTE}  parentRefs: [{{name: g}}]", [(None, "/", None)]),
        (ROUTE.format("example.org/v1", "Ingress") + "  rules: [{host: h, http: {paths: [{}]}}]", []),
        (f"{INGRESS}  rules: {{a: b}}\n  tls: x", []),
    ],
)
def test_routes(checkout: Checkout, text: str, expected: list[tuple[str | None, str, str | None]]) -> None:
    checkout.write({"r.yaml": text})
    rows = checkout.nouns()["declared_routes"]
    assert [(row["host"], row["route_path"], row["kube_service_name"]) for row in rows] == expected
    assert {(row["path"], row["namespace"], row["name"]) for row in rows} <= {("r.yaml", "n", "a")}


KUSTOMIZATION = """
resources: [deployment.yaml, ../base, "https://example.org/x"]
components: [../extra]
patches:
- path: patch.yaml
- patch: "- op: add"
patchesStrategicMerge: [old.yaml, "kind: Inline\\nx: y"]
configMapGenerator:
- {name: a, files: [config.ini, key=other.ini], envs: [a.env]}
helmCharts:
- {name: x, valuesFile: values.yaml}
"""


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_files_of_kustomize(checkout: Checkout, name: str) -> None:
    checkout.write({f"app/{name}": KUSTOMIZATION, "other.yaml": KUSTOMIZATION})
    nouns = checkout.nouns()
    assert nouns["kustomizations"] == [
        {
            "path": f"app/{name}",
            "resources": ["deployment.yaml", "../base", "https://example.org/x", "../extra"],
            "files": ["a.env", "config.ini", "old.yaml", "other.ini", "patch.yaml", "values.yaml"],
        }
    ]
    assert nouns["manifests"] == []


@pytest.mark.parametrize(
    "text",
    [
        "resources: [https://me:canary-word@git.example/x?ref=main]\n",
        "resources: ['https://git.example/x?token=canary-word']\n",
        "components: [https://me:canary-word@git.example/x]\n",
        "helmCharts: [{name: x, valuesFile: 'https://me:canary-word@git.example/x'}]\n",
        'patchesStrategicMerge: [\'{"kind": "Secret", "stringData": {"any": "canary-word"}}\']\n',
        "patchesStrategicMerge:\n- |-\n  stringData: {any: canary-word}\n",
        "generators: ['{kind: Secret, stringData: {any: canary-word}}']\n",
        "secretGenerator: [{name: x, literals: [any=canary-word]}]\n",
    ],
)
def test_files_of_kustomize_tell_no_secret(checkout: Checkout, text: str) -> None:
    checkout.write({"kustomization.yaml": text})
    nouns = checkout.nouns()
    assert len(nouns["kustomizations"]) == 1
    assert "canary" not in str(nouns)


def test_an_object_of_flux_is_no_file_of_kustomize(checkout: Checkout) -> None:
    checkout.write(
        {"kustomization.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"}
    )
    nouns = checkout.nouns()
    assert nouns["kustomizations"] == []
    assert [row["name"] for row in nouns["manifests"]] == ["apps"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("metadata: {name: lab}\nspec: {k0s: {version: v1.30.2+k0s.0}}", ("v1.30.2+k0s.0", "lab")),
        ("spec: {k0s: {version: '${V:-1.30.2}'}}", ("1.30.2", None)),
        ("spec: {k0s: {version: $V}}", (None, None)),
        ("spec: {hosts: []}", (None, None)),
    ],
)
def test_clusters_of_k0sctl(checkout: Checkout, document: str, expected: tuple[str | None, str | None]) -> None:
    checkout.write({"k0sctl.yaml": f"apiVersion: k0sctl.k0sproject.io/v1beta1\nkind: Cluster\n{document}\n"})
    version, name = expected
    assert checkout.nouns()["k0sctl_files"] == [{"path": "k0sctl.yaml", "k0s_version": version, "cluster_name": name}]


def test_a_route_that_gets_its_name_later(checkout: Checkout) -> None:
    checkout.write({"r.yaml": f"{INGRESS}  defaultBackend: {{service: {{name: d}}}}".replace("name: a,", "generateName: a-,")})
    assert [row["name"] for row in checkout.nouns()["declared_routes"]] == ["a-"]
