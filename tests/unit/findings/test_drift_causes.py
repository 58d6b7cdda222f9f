# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The known causes of drift that the role brings: what each of them fits, and what it does not."""

from __future__ import annotations

import typing as t

import pytest
from unit.findings.builders import DATA_DIR, Item

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.drift_causes import Chart, DriftCause, parse_drift_cause
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import load_facts

CAUSES: tuple[DriftCause, ...] = tuple(load_facts([DATA_DIR]).lists["drift_causes"])
CRDS = "apiextensions.k8s.io"
HOOKS = "admissionregistration.k8s.io"


def row(kind: str, path: str, cause: str = "overwritten", **fields: t.Any) -> Item:
    """A row of drift. Both values are there unless the cause says otherwise."""
    base: Item = {"kind": kind, "namespace": "shop", "name": "web", "path": path, "cause": cause, "owner": None}
    return {**base, "applied": "a", "live": None if cause == "dropped" else "b", **fields}


def crd(name: str, path: str, cause: str, **fields: t.Any) -> Item:
    """A row of a CustomResourceDefinition."""
    return row("CustomResourceDefinition", path, cause, namespace="", name=name, **fields)


CONVERSION = "/spec/conversion/webhook/clientConfig/caBundle"
FITTING: list[tuple[str, str, Item]] = [
    ("longhorn-preserve-unknown-fields", CRDS, crd("nodes.longhorn.io", "/spec/preserveUnknownFields", "dropped", applied="false")),
    ("preserve-unknown-fields", CRDS, crd("things.example.org", "/spec/preserveUnknownFields", "dropped", applied="false")),
    ("metallb-ca-bundle", CRDS, crd("bgppeers.metallb.io", CONVERSION, "overwritten", owner="MetalLB")),
    ("conversion-ca-bundle", CRDS, crd("things.example.org", CONVERSION, "overwritten", owner="thing-operator")),
    ("webhook-ca-bundle", HOOKS, row("MutatingWebhookConfiguration", "/webhooks/0/clientConfig/caBundle", owner="cainjector")),
    (
        "webhook-failure-policy",
        HOOKS,
        row("ValidatingWebhookConfiguration", "/webhooks/1/failurePolicy", applied="Ignore", live="Fail", owner="istiod"),
    ),
    ("apiservice-ca-bundle", "apiregistration.k8s.io", row("APIService", "/spec/caBundle", owner="keda-operator")),
    ("scaled-replicas", "apps", row("Deployment", "/spec/replicas", owner="kube-controller-manager", applied="1", live="3")),
    ("service-address", "", row("Service", "/spec/clusterIP", applied="", live="10.0.0.1", owner="kube-apiserver")),
    ("service-address", "", row("Service", "/spec/ports/0/nodePort", applied="0", live="30080")),
    ("claim-volume-name", "", row("PersistentVolumeClaim", "/spec/volumeName", owner="kube-controller-manager")),
    (
        "aggregated-cluster-role",
        "rbac.authorization.k8s.io",
        row("ClusterRole", "/rules", owner="clusterrole-aggregation-controller"),
    ),
    ("reloader", "apps", row("Deployment", "/spec/template/metadata/annotations/x", owner="Reloader")),
    ("status-in-manifest", "example.org", row("Thing", "/status/loadBalancer", "dropped", applied="{}")),
    ("zero-value-in-application", "argoproj.io", row("Application", "/spec/source/helm/skipCrds", "dropped", applied="false")),
    ("empty-value", "monitoring.coreos.com", row("ServiceMonitor", "/metadata/annotations", "dropped", applied="null")),
    ("empty-value", "example.org", row("Thing", "/spec/limits", "dropped", applied="{}")),
    ("empty-value", "example.org", row("Thing", "/spec/name", "dropped", applied='""')),
    ("same-amount", "example.org", row("Thing", "/spec/cpu", "different", applied="1000m", live="1")),
    ("same-amount", "example.org", row("Thing", "/spec/memory", "different", applied="3072Mi", live="3Gi")),
]


def first(one: Item, group: str) -> str | None:
    """Id of the first cause that fits."""
    return next((cause.id for cause in CAUSES if cause.fits(one, group)), None)


@pytest.mark.parametrize(("cause", "group", "one"), FITTING)
def test_a_cause_that_is_seen(cause: str, group: str, one: Item) -> None:
    assert first(one, group) == cause


def test_every_cause_is_tried() -> None:
    assert {cause for cause, _group, _one in FITTING} == {cause.id for cause in CAUSES}


@pytest.mark.parametrize(
    ("group", "one"),
    [
        pytest.param("apps", row("Deployment", "/spec/replicas", owner="kubectl-edit", cause="different"), id="a person scaled it"),
        pytest.param("apps", row("Deployment", "/spec/template/spec/containers/0/image", "different"), id="another image"),
        pytest.param("example.org", row("Thing", "/spec/preserveUnknownFields", "dropped", applied="false"), id="another kind"),
        pytest.param(CRDS, crd("a.example.org", "/spec/preserveUnknownFields", "different", applied="true"), id="it is kept"),
        pytest.param("example.org", row("Thing", "/spec/cpu", "different", applied="1", live="2"), id="another amount"),
        pytest.param("example.org", row("Thing", "/spec/cpu", "different", applied="a", live="a"), id="no amount"),
        pytest.param("example.org", row("Thing", "/spec/cpu", "extra", applied=None, live="2"), id="nothing was applied"),
        pytest.param(
            HOOKS,
            row("ValidatingWebhookConfiguration", "/webhooks/1/failurePolicy", applied="Fail", live="Ignore"),
            id="the other way round",
        ),
    ],
)
def test_what_is_no_known_cause(group: str, one: Item) -> None:
    assert first(one, group) is None


def chart(cause: str) -> Chart:
    """The chart of a cause."""
    (found,) = [one.chart for one in CAUSES if one.id == cause]
    assert found
    return found


LONGHORN_THREE = {"engineimages.longhorn.io", "nodes.longhorn.io", "volumes.longhorn.io"}
LONGHORN_SEVEN = LONGHORN_THREE | {f"{name}.longhorn.io" for name in ("engines", "instancemanagers", "replicas", "settings")}


@pytest.mark.parametrize(
    ("version", "objects"),
    [
        *(("1.3.0", 0), ("1.3.3", 3), ("1.5.3", 3), ("1.5.4", 7), ("1.5.5", 7), ("1.6.0", 3), ("1.6.1", 7)),
        *(("1.7.2", 7), ("v1.8.1", 7), ("1.9.0", 7), ("1.9.1", 0), ("1.10.0", 0), ("1.*", 0), ("1.7.x", 0)),
    ],
)
def test_the_table_of_longhorn(version: str, objects: int) -> None:
    longhorn = chart("longhorn-preserve-unknown-fields")
    assert longhorn.brings(version, LONGHORN_THREE) is (objects >= 3)
    assert longhorn.brings(version, LONGHORN_SEVEN) is (objects == 7)


@pytest.mark.parametrize(
    ("version", "objects"), [("0.13.1", 0), ("0.13.2", 2), ("0.14.2", 2), ("0.14.3", 1), ("0.14.9", 1), ("0.15.0", 0)]
)
def test_the_table_of_metallb(version: str, objects: int) -> None:
    metallb = chart("metallb-ca-bundle")
    assert metallb.brings(version, {"bgppeers.metallb.io"}) is (objects >= 1)
    assert metallb.brings(version, {"bgppeers.metallb.io", "addresspools.metallb.io"}) is (objects == 2)


@pytest.mark.parametrize(
    ("version", "fixed"), [("1.9.0", False), ("1.9.1", True), ("1.10.0", True), ("1.9.1-rc1", False), ("*", None), ("1.9.*", None)]
)
def test_when_a_chart_is_fixed(version: str, fixed: bool | None) -> None:
    assert chart("longhorn-preserve-unknown-fields").is_fixed(version) is fixed


def test_a_value_that_is_not_there_fits_no_pattern() -> None:
    cause = parse_drift_cause("my.yml", {"id": "one", "match": {"live": ["None", "null", ""]}, "text": "it is so"})
    assert not cause.fits(row("Thing", "/spec/a", "dropped"), "")
    assert cause.fits(row("Thing", "/spec/a", live="null"), "")


def test_an_entry_may_be_short() -> None:
    cause = parse_drift_cause("my.yml", {"id": "one", "match": {"kind": "Thing"}, "text": "it   is\nso"})
    assert (cause.text, cause.ignore, cause.chart, cause.sync_options) == ("it is so", None, None, ())
