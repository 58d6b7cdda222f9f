# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of Argo CD say: drift with its known cause, loops, and folders that nothing loads."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from unit.findings.builders import DATA_DIR, Item, lab, results, shipped_rules

from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import Facts, load_facts

FACTS = load_facts([DATA_DIR])
CRDS = "apiextensions.k8s.io"
CONVERSION = "/spec/conversion/webhook/clientConfig/caBundle"
UNKNOWN_FIELDS = "/spec/preserveUnknownFields"


def drift(kind: str, name: str, path: str, cause: str, **fields: t.Any) -> Item:
    """A row of drift."""
    live = None if cause == "dropped" else "b"
    where = {"kind": kind, "namespace": "", "name": name, "path": path}
    return {**where, "cause": cause, "owner": None, "applied": "a", "live": live, **fields}


def application(
    name: str, *rows: Item, chart: str | None = None, version: str = "1.0.0", group: str = CRDS, **fields: t.Any
) -> Item:
    """An application that is out of sync in the objects of its rows."""
    objects = sorted({(row["kind"], row["name"]) for row in rows})
    return {
        "id": f"application/lab/argocd/{name}",
        "name": name,
        "cluster": "lab",
        "namespace": "argocd",
        "sync_status": "OutOfSync",
        "sync_options": [],
        "sources": [{"repo_url": "https://charts.example.org", "path": None, "chart": chart, "target_revision": version}],
        "out_of_sync": [
            {"group": group, "kind": kind, "namespace": "", "name": each, "requires_pruning": False} for kind, each in objects
        ],
        "drift": list(rows),
        **fields,
    }


def longhorn(version: str = "1.7.2", **fields: t.Any) -> Item:
    """Longhorn as its chart drifts."""
    rows = [
        drift("CustomResourceDefinition", f"{name}.longhorn.io", UNKNOWN_FIELDS, "dropped", applied="false")
        for name in ("volumes", "engines")
    ]
    return application("longhorn", *rows, chart="longhorn", version=version, **fields)


def metallb(version: str = "0.14.8", **fields: t.Any) -> Item:
    """MetalLB as its chart drifts."""
    row = drift("CustomResourceDefinition", "bgppeers.metallb.io", CONVERSION, "overwritten", owner="MetalLB")
    return application("metallb", row, chart="metallb", version=version, **fields)


def found(rule: str, one: Item, facts: Facts = FACTS) -> Item:
    """The one result of a rule."""
    (result,) = results(shipped_rules()[rule], lab(applications=[one]), facts=facts)
    return result


def test_longhorn_is_explained() -> None:
    result = found("ARGO-002", longhorn())
    assert result["message"] == (
        "longhorn: /spec/preserveUnknownFields of CustomResourceDefinition engines.longhorn.io and volumes.longhorn.io, "
        "kept by nobody: the chart writes false there, and the API server never keeps a false, so it is missing again after each "
        "sync; nothing changes, and Argo CD before 3.0 did not look at it"
    )
    assert result["fix"].startswith(
        "Chart longhorn 1.7.2 is known for it. Upgrade chart longhorn to 1.9.1 or later, one minor version at a time. "
        "Write the patch of the finding, if it has one, "
    )
    assert result["show"]["fixed_in"] == ["longhorn 1.9.1"]
    assert yaml.safe_load(result["show"]["patch"]) == {
        "spec": {"ignoreDifferences": [{"group": CRDS, "kind": "CustomResourceDefinition", "jsonPointers": [UNKNOWN_FIELDS]}]}
    }


def test_metallb_is_explained() -> None:
    result = found("ARGO-002", metallb(sync_options=["CreateNamespace=true"]))
    assert result["message"].startswith(
        "metallb: /spec/conversion/webhook/clientConfig/caBundle of CustomResourceDefinition bgppeers.metallb.io, kept by MetalLB: "
        "the chart brings a placeholder certificate"
    )
    assert result["show"]["owners"] == ["MetalLB"]
    assert result["show"]["paths"] == [CONVERSION]
    assert yaml.safe_load(result["show"]["patch"]) == {
        "spec": {
            "ignoreDifferences": [
                {
                    "group": CRDS,
                    "kind": "CustomResourceDefinition",
                    "name": "bgppeers.metallb.io",
                    "jsonPointers": [CONVERSION],
                }
            ],
            "syncPolicy": {"syncOptions": ["CreateNamespace=true", "RespectIgnoreDifferences=true"]},
        }
    }


@pytest.mark.parametrize(
    ("version", "start"),
    [
        ("0.14.8", "Chart metallb 0.14.8 is known for it. Upgrade chart metallb to 0.15.0 or later"),
        ("0.12.0", "Upgrade chart metallb to 0.15.0 or later"),
        ("0.14.*", "Upgrade chart metallb to 0.15.0 or later"),
        ("0.15.2", "Chart metallb 0.15.2 should no longer bring this: look whether older objects were left over."),
    ],
)
def test_what_to_do_depends_on_the_chart(version: str, start: str) -> None:
    assert found("ARGO-002", metallb(version))["fix"].startswith(start)


def test_objects_that_come_from_no_chart() -> None:
    row = drift("CustomResourceDefinition", "bgppeers.metallb.io", CONVERSION, "overwritten", owner="MetalLB")
    fix = found("ARGO-002", application("network", row))["fix"]
    assert fix.startswith("Chart metallb 0.15.0 and later no longer bring this. ")


def test_several_causes_in_one_application() -> None:
    rows = [
        drift("Deployment", "web", "/spec/replicas", "overwritten", owner="kube-controller-manager", applied="1"),
        drift("Deployment", "web", "/spec/template/spec/empty", "dropped", applied="null"),
        drift("Deployment", "web", "/spec/other", "different"),
    ]
    result = found("ARGO-002", application("shop", *rows, group="apps"))
    assert result["show"]["causes"] == ["empty-value", "scaled-replicas"]
    assert yaml.safe_load(result["show"]["patch"])["spec"]["ignoreDifferences"] == [
        {"group": "apps", "kind": "Deployment", "name": "web", "jsonPointers": ["/spec/template/spec/empty"]},
        {"group": "apps", "kind": "Deployment", "name": "web", "jsonPointers": ["/spec/replicas"]},
    ]
    assert "/spec/other" not in result["message"]


def test_a_cause_that_should_not_be_ignored_has_no_patch() -> None:
    result = found(
        "ARGO-002", application("shop", drift("Thing", "web", "/spec/cpu", "different", applied="b"), group="example.org")
    )
    assert result["outcome"] == "pass"
    row = drift("Thing", "web", "/spec/cpu", "different", applied="1000m", live="1")
    assert found("ARGO-002", application("shop", row, group="example.org"))["show"]["patch"] is None


def test_without_facts_nothing_is_known() -> None:
    assert found("ARGO-002", longhorn(), Facts())["outcome"] == "pass"


def test_text_of_the_lab_stays_text() -> None:
    hostile = 'x"]}: &a\n- !!python {{ 1 }} ${y}'
    row = drift("Thing", hostile, "/spec/empty", "dropped", applied="null")
    result = found("ARGO-002", application(hostile, row, group="example.org"))
    assert yaml.safe_load(result["show"]["patch"])["spec"]["ignoreDifferences"][0]["name"] == hostile
    assert hostile in result["message"]


CHURN = {
    **{"window_seconds": 3528, "started_count": 12, "completed_count": 12, "partial_count": 12, "failed_count": 0},
    **{"revision_count": 1, "flap_count": 0, "median_gap_seconds": 302, "syncs_per_hour": 12.24},
}


@pytest.mark.parametrize(
    ("one", "severity"),
    [
        pytest.param(longhorn(loop=True), "low", id="the server drops it"),
        pytest.param(metallb(loop=True), "medium", id="a controller writes it back"),
        pytest.param(application("a", drift("Deployment", "a", "/x", "different"), loop=True), "high", id="not explained"),
        pytest.param(
            application(
                "a",
                drift("Thing", "a", "/x", "dropped"),
                drift("Thing", "a", "/y", "overwritten"),
                drift("Thing", "a", "/z", "missing"),
                loop=True,
            ),
            "high",
            id="the worst counts",
        ),
        pytest.param({key: value for key, value in longhorn(loop=True).items() if key != "drift"}, "high", id="drift was not read"),
    ],
)
def test_a_loop_is_as_bad_as_what_keeps_it_going(one: Item, severity: str) -> None:
    assert found("ARGO-003", one)["severity"] == severity


def test_what_a_user_says_of_a_graded_rule_holds() -> None:
    (result,) = results(shipped_rules()["ARGO-003"], lab(applications=[longhorn(loop=True)]), severities={"ARGO-003": "critical"})
    assert result["severity"] == "critical"


def test_a_loop_in_numbers() -> None:
    assert found("ARGO-003", longhorn(loop=True, churn=CHURN))["message"] == (
        "longhorn: 12.2 syncs per hour, one every 302 s, over 59 minutes, 1 revision of Git; objects: CustomResourceDefinition "
        "engines.longhorn.io and volumes.longhorn.io"
    )


def test_a_loop_without_events_still_has_objects() -> None:
    message = found("ARGO-003", metallb(loop=True))["message"]
    assert message.startswith("metallb: it healed itself just now and differs again; no events tell how often; ")
    assert message.endswith("objects: CustomResourceDefinition bgppeers.metallb.io")


def folders(*folders: Item, files: t.Sequence[str], applications: t.Sequence[Item] = ()) -> Item:
    """A repository with these folders, and files with one object each."""
    return lab(
        applications=list(applications),
        repository_folders=list(folders),
        repository_files=[
            {"id": f"file//git/{path}", "path": path, "repository": "git", "kinds": ["Deployment"], "manifest_count": 1}
            for path in files
        ],
    )


def folder(path: str, *read_by: str, hosts: t.Sequence[str] = ()) -> Item:
    """A folder with one object."""
    return {
        **{"id": f"repository_folder//git/{path}", "path": path, "repository": "git"},
        **{"manifest_count": 1, "read_by": list(read_by), "route_hosts": list(hosts), "in_chart": False, "live_roots": []},
    }


def test_folders_that_nothing_loads_are_one_finding() -> None:
    data = folders(
        folder("apps/old", hosts=["old.example.org"]),
        folder("apps/new", "application/lab/argocd/new"),
        folder("."),
        files=["apps/old/a.yaml", "apps/new/a.yaml", "stray.yaml"],
        applications=[longhorn()],
    )
    fails = [one for one in results(shipped_rules()["ARGO-009"], data) if one["outcome"] == "fail"]
    assert [one["message"] for one in fails] == [
        "no application and no kustomization loads the objects in . and apps/old (host names there: old.example.org)"
    ]
    assert fails[0]["show"]["files"] == ["apps/old/a.yaml", "stray.yaml"]


def test_without_argo_cd_no_folder_is_missed() -> None:
    data = folders(folder("apps/old"), files=["apps/old/a.yaml"])
    (result,) = results(shipped_rules()["ARGO-009"], data)
    assert (result["outcome"], result["reason"]) == ("not_applicable", "there is no Argo CD application")
