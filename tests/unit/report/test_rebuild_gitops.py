# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuild_vars.yml: which parts Applications bring back, and the Applications that all others come from."""

from __future__ import annotations

import typing as t

import pytest
from unit.report.builders import Item, workload
from unit.report.rebuilt import controller, k0s_lab, missing_of, variables

UNREAD = "it could not be read: see the gaps of the report"
SPEAKER = "registry.test/metallb/speaker:v0.15.2"


def application(name: str = "infrastructure", **fields: t.Any) -> Item:
    """One that lives in the repository and deploys a folder."""
    return {
        "id": f"application/lab/argocd/{name}",
        "name": name,
        "cluster": "lab",
        "namespace": "argocd",
        "project": "default",
        "sources": [{"repo_url": "https://git.test/lab.git", "path": "infra", "chart": None, "target_revision": "main"}],
        "source_kinds": ["Directory"],
        "destination_server": "https://kubernetes.default.svc",
        "destination_namespace": None,
        "automated": True,
        "self_heal": True,
        "prune": False,
        "sync_options": ["CreateNamespace=true"],
        "parent_id": None,
        "declared_in": f"apps/{name}.yaml",
        **fields,
    }


def gitops_lab(
    *applications: Item, workloads: t.Sequence[Item] | None = (), parts: t.Sequence[str] = ("argocd", "metallb")
) -> Item:
    """workloads: None when they were not read."""
    cluster = {"parts": list(parts), "argocd_version": "v3.2.3", "metallb_version": "v0.15.2", "metallb_advertisements": []}
    rows = None if workloads is None else list(workloads)
    return k0s_lab(controller(), cluster=cluster, applications=list(applications), workloads=rows, ip_pools=[])


def test_only_applications_that_no_other_makes() -> None:
    root = application()
    lab = gitops_lab(root, application("glance", parent_id=root["id"]))
    assert variables(lab)["rebuild_bootstrap"] == [
        {
            "name": "infrastructure",
            "namespace": "argocd",
            "project": "default",
            "sources": [{"repo_url": "https://git.test/lab.git", "path": "infra", "target_revision": "main"}],
            "destination_server": "https://kubernetes.default.svc",
            "automated": True,
            "self_heal": True,
            "prune": False,
            "sync_options": ["CreateNamespace=true"],
        }
    ]
    assert missing_of(lab) == {}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (
            {"source_kinds": ["Helm"]},
            "the audit keeps no values of charts: compare it with apps/infrastructure.yaml in the repository",
        ),
        (
            {"sources": [{"repo_url": "https://git.test/a.git"}, {"repo_url": "https://git.test/b.git"}], "declared_in": None},
            "the audit keeps no values of charts: compare it with the file that it was made from",
        ),
    ],
)
def test_what_an_application_had_beside_its_source_is_asked_for(fields: Item, why: str) -> None:
    assert missing_of(gitops_lab(application(**fields))) == {"rebuild_bootstrap[infrastructure]": why}


@pytest.mark.parametrize(("owner", "found"), [("application/lab/argocd/infrastructure", {"metallb": "infrastructure"}), (None, {})])
def test_parts_that_an_application_brings_back(owner: str | None, found: Item) -> None:
    speaker = workload("speaker", "metallb-system", kind="DaemonSet", images=[SPEAKER], application_id=owner)
    assert variables(gitops_lab(application(), workloads=[speaker]))["rebuild_applications"] == found


def test_nothing_is_made_up_where_nothing_was_read() -> None:
    assert missing_of(gitops_lab(application(), workloads=None)) == {"rebuild_applications": UNREAD}
    cluster = {"parts": ["argocd", "metallb"], "metallb_version": "v1", "argocd_version": "v3.2.3", "metallb_advertisements": []}
    lab = k0s_lab(controller(), cluster=cluster, applications=None, ip_pools=[])
    assert missing_of(lab) == {"rebuild_bootstrap": UNREAD, "rebuild_applications": UNREAD}
    assert variables(gitops_lab(application(), parts=["metallb"])).keys().isdisjoint({"rebuild_bootstrap", "rebuild_applications"})
