# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a cluster: which there are, in which versions, and its events."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, event, kubernetes, lab, workload

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.parts import image_tag
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.units import moment


def cluster(unread: str = "", **nouns: list[Item]) -> Item:
    """The cluster itself."""
    return t.cast("Item", lab(kubernetes(unread=unread, **nouns))["kube_clusters"][0])


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("quay.test/argoproj/argocd:v2.12.3", "v2.12.3"),
        ("registry.test:5000/a:1", "1"),
        ("registry.test:5000/a", None),
        ("a:1@sha256:abc", "1"),
        ("a@sha256:abc", None),
    ],
)
def test_image_tags(image: str, tag: str | None) -> None:
    assert image_tag(image) == tag


def running(name: str, image: str) -> Item:
    """A workload with one container of this image."""
    return workload(name, "system", spec={"containers": [{"name": "app", "image": image}]})


@pytest.mark.parametrize(
    ("name", "image", "field", "version"),
    [
        ("argocd-application-controller", "quay.io/argoproj/argocd:v2.12.3", "argocd_version", "v2.12.3"),
        ("cd-argocd-application-controller", "registry.test:5000/bitnami/argo-cd:2.12", "argocd_version", "2.12"),
        ("argocd-server", "quay.io/argoproj/argocd:v2.12.3", "argocd_version", None),
        ("longhorn-manager", "longhornio/longhorn-manager:v1.7.2", "longhorn_version", "v1.7.2"),
        ("longhorn-manager", "rancher/mirrored-longhornio-longhorn-manager:v1.7.2", "longhorn_version", "v1.7.2"),
        ("longhorn-ui", "longhornio/longhorn-ui:v1.7.2", "longhorn_version", None),
        ("speaker", "quay.io/metallb/speaker:v0.14.8", "metallb_version", "v0.14.8"),
        ("controller", "quay.io/other/controller:v0.14.8", "metallb_version", None),
        ("controller", "bitnami/metallb-controller:0.14.8-debian", "metallb_version", "0.14.8-debian"),
    ],
)
def test_versions_of_parts(name: str, image: str, field: str, version: str | None) -> None:
    assert cluster(statefulsets=[running(name, image)])[field] == version
    assert cluster(daemonsets=[running(name, image)], unread="deployments").get(field) == version
    assert (field in cluster(daemonsets=[running(name, image)], unread="deployments")) is (version is not None)
    # A task keeps the image that it was made with.
    assert cluster(cronjobs=[running(name, image)])[field] is None


def test_parts_by_api_groups() -> None:
    groups = [{"name": name} for name in ("apps", "metrics.k8s.io", "argoproj.io", "metallb.io", "longhorn.io")]
    assert cluster(api_groups=groups)["parts"] == ["argocd", "longhorn", "metallb", "metrics"]
    assert cluster()["parts"] == []
    assert "parts" not in cluster(unread="api_groups")


def test_parts_that_a_cluster_does_not_have_leave_empty_collections() -> None:
    model = lab(kubernetes())
    assert (model["applications"], model["ip_pools"], model["replicas"], model["storage_disks"]) == ([], [], [], [])
    assert (model["kube_clusters"][0]["longhorn_settings"], model["kube_clusters"][0]["backup_target"]) == ({}, None)
    unread = lab(kubernetes(unread="ipaddresspools longhorn_replicas longhorn_nodes longhorn_settings longhorn_backup_targets"))
    assert not {"ip_pools", "replicas", "storage_disks"} & set(unread)
    assert not {"longhorn_settings", "backup_target"} & set(unread["kube_clusters"][0])
    assert unread["coverage"]["replicas"] == {"kubernetes/lab": "unread"}


def test_events_are_counted_over_their_own_window() -> None:
    events = [
        event("a", "2026-01-02T02:04:05Z"),
        {**event("b", "2026-01-02T01:00:00Z"), "lastTimestamp": "2026-01-02T03:00:00Z", "involvedObject": {"kind": "Pod"}},
        {
            "type": "Warning",
            "eventTime": "2026-01-02T02:34:05.123456Z",
            "involvedObject": {"kind": "Application", "apiVersion": "x/v1"},
        },
        {
            "type": "Warning",
            "series": {"lastObservedTime": "2026-01-02T03:00:00.000000Z"},
            "firstTimestamp": "2026-01-01T00:00:00Z",
        },
        {"type": "Normal"},
    ]
    found = cluster(events=events)
    assert (found["event_count"], found["warning_event_count"], found["argocd_event_count"]) == (5, 2, 1)
    assert found["event_window_seconds"] == 3600
    assert cluster(events=[])["event_window_seconds"] is None
    assert not {field for field in cluster(unread="events") if "event" in field}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00.999999Z", 60.0),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(text: str | None, seconds: float | None) -> None:
    assert moment(text) == seconds
