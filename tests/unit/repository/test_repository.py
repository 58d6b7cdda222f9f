# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a checkout gives: objects, machines, problems, and the head."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._report.documents import merge
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.collect import NOUNS
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.nodes import YamlError, read_documents

from .conftest import Checkout

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: apps}\n"


def identities(checkout: Checkout, text: str) -> list[tuple[int, str, str, str | None, str]]:
    checkout.write({"a.yaml": text})
    nouns = checkout.nouns()
    assert nouns["problems"] == []
    return [(row["index"], row["apiVersion"], row["kind"], row["namespace"], row["name"]) for row in nouns["manifests"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CONFIG_MAP, [(0, "v1", "ConfigMap", "apps", "a")]),
        (f"---\n# nothing\n---\n{CONFIG_MAP}---\n", [(1, "v1", "ConfigMap", "apps", "a")]),
        (f"\ufeff{CONFIG_MAP}", [(0, "v1", "ConfigMap", "apps", "a")]),
        (CONFIG_MAP.replace("\n", "\r\n"), [(0, "v1", "ConfigMap", "apps", "a")]),
        ("kind: Job\napiVersion: batch/v1\nmetadata: {generateName: x-}", [(0, "batch/v1", "Job", None, "x-")]),
        ("kind: Pod\napiVersion: v1\nmetadata: {name: a, name: b, namespace: ~}", [(0, "v1", "Pod", None, "b")]),
        ("kind: Pod\napiVersion: v1\nmetadata: {name: 0644, namespace: 'null'}", [(0, "v1", "Pod", "null", "0644")]),
        (
            "kind: Pod\napiVersion: v1\nmetadata: {name: !include x}\nspec: {t: 2024-02-30, m: !mode 0644}",
            [(0, "v1", "Pod", None, "x")],
        ),
        ("kind: Pod\napiVersion: v1\nx: &m {name: a}\nmetadata: {<<: *m, namespace: n}", [(0, "v1", "Pod", "n", "a")]),
        ("kind: Pod\napiVersion: v1\nx: &m {name: a}\nmetadata: {<<: [{y: z}, *m], name: own}", [(0, "v1", "Pod", None, "own")]),
        ("kind: &k Pod\napiVersion: v1\nmetadata: {name: &k a, labels: {b: *k}}", [(0, "v1", "Pod", None, "a")]),
        (
            "kind: List\napiVersion: v1\nitems:\n- {kind: Pod, apiVersion: v1, metadata: {name: a}}\n- text\n"
            "- {kind: PodList, apiVersion: v1, items: []}",
            [(0, "v1", "Pod", None, "a")],
        ),
        ("kind: List\napiVersion: v1\nitems: &i\n- &l {kind: List, apiVersion: v1, items: *i}", []),
        ("kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nmetadata: {name: a}", []),
        ("kind: Config\napiVersion: v1\nclusters: []", []),
        ("kind: '{{ .Kind }}'\napiVersion: v1\nmetadata: {name: a}", []),
        ("kind: Pod\nmetadata: {name: a}", []),
        ("kind: Pod\napiVersion: v1\nmetadata: [name, a]", []),
        ("kind: {a: b}\napiVersion: v1\nmetadata: {name: a}", []),
        ("? {a: b}\n: c\nkind: Pod\napiVersion: v1\nmetadata: {name: a}", [(0, "v1", "Pod", None, "a")]),
        ("- kind: Pod", []),
        ("just text", []),
        ("", []),
        ("$ANSIBLE_VAULT;1.1;AES256\n62313365\n", []),
    ],
)
def test_objects_as_kubernetes_reads_them(
    checkout: Checkout, text: str, expected: list[tuple[int, str, str, str | None, str]]
) -> None:
    assert identities(checkout, text) == expected


def test_json_files_hold_objects_too(checkout: Checkout) -> None:
    document = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}}
    checkout.write({"a.json": json.dumps(document, indent="\t"), "tsconfig.json": "{\n  // a comment: [\n}", "a.jsonnet": "{"})
    nouns = checkout.nouns()
    assert [row["path"] for row in nouns["manifests"]] == ["a.json"]
    assert nouns["problems"] == []


@pytest.mark.parametrize(
    ("path", "text", "detail"),
    [
        ("a.yaml", "a: b: c", "line 1: mapping values are not allowed in this context"),
        ("a.yml", "a:\n\t- b", "line 2: found character that cannot start any token"),
        ("a.yaml", "a: [b", "line 2: did not find expected ',' or ']'"),
        ("a.yaml", "a: 1\nb: *none", "line 2: found undefined alias"),
        ("a.yaml", b"a: \xff", "it holds bytes that YAML does not allow"),
        ("a.json", '{"apiVersion": "v1", "kind": "Pod", "metadata": {', "line 2: did not find expected node content"),
    ],
)
def test_files_that_are_no_valid_yaml(checkout: Checkout, path: str, text: str | bytes, detail: str) -> None:
    checkout.write({path: text, "b.yaml": CONFIG_MAP})
    nouns = checkout.nouns()
    assert nouns["problems"] == [{"path": path, "detail": detail}]
    assert [row["path"] for row in nouns["manifests"]] == ["b.yaml"]


def test_templates_are_no_problem(checkout: Checkout) -> None:
    template = "{{- if .Values.a }}\n" + CONFIG_MAP + "{{- end }}\n"
    checkout.write(
        {
            "charts/app/Chart.yaml": "name: app\nversion: 1.0.0\napiVersion: v2\n",
            "charts/app/values.yaml": "a: true",
            "charts/app/templates/a.yaml": template,
            "charts/app/templates/sub/plain.yaml": CONFIG_MAP,
            "charts/app/crds/crd.yaml": CONFIG_MAP.replace("name: a", "name: crd"),
            "ansible/templates/a.yaml": template,
            "templates/mine.yaml": CONFIG_MAP.replace("name: a", "name: mine"),
            "broken.yaml": "a: {{ b }}: c: d",
        }
    )
    nouns = checkout.nouns()
    assert [row["name"] for row in nouns["manifests"]] == ["crd", "mine"]
    assert [row["path"] for row in nouns["problems"]] == ["broken.yaml"]


K0SCTL = """
apiVersion: k0sctl.k0sproject.io/v1beta1
kind: cluster
metadata: {name: lab}
spec:
  hosts:
    - {role: controller, ssh: {address: 192.0.2.31, user: root}, hostname: ctrl-1}
    - role: controller+worker
      openSSH: {address: "${CTRL2:-192.0.2.32}"}
    - {role: worker, winRM: {address: 192.0.2.33}, privateAddress: 198.51.100.3}
    - {role: single, localhost: {enabled: true}, hostname: here}
    - {role: single, localhost: {}}
    - {role: worker, ssh: {address: 192.0.2.39}, reset: true}
"""


def test_the_machines_of_a_k0sctl_file(checkout: Checkout) -> None:
    checkout.write({"k0s/cluster.yaml": K0SCTL})
    nouns = checkout.nouns()
    assert [(row["role"], row["address"], row["hostname"]) for row in nouns["k0sctl_hosts"]] == [
        ("controller", "192.0.2.31", "ctrl-1"),
        ("controller+worker", "192.0.2.32", None),
        ("worker", "192.0.2.33", None),
        ("single", "here", "here"),
        ("single", "localhost", None),
    ]
    assert {row["path"] for row in nouns["k0sctl_hosts"]} == {"k0s/cluster.yaml"}
    assert nouns["manifests"] == []


@pytest.mark.parametrize(
    "host",
    [
        "{role: worker, ssh: {address: $NODE}}",
        "{role: worker, ssh: {address: 'x-${NODE}'}}",
        "{role: worker}",
        "{ssh: {address: a}}",
    ],
)
def test_a_machine_that_the_file_does_not_tell_is_a_gap(checkout: Checkout, host: str) -> None:
    checkout.write({"k0sctl.yaml": f"apiVersion: k0sctl.k0sproject.io/v1beta1\nspec:\n  hosts:\n  - {host}\n"})
    found = checkout.collect()
    assert found.nouns["k0sctl_hosts"] == []
    (gap,) = found.gaps
    assert (gap.what, gap.reason, gap.remedy) == ("k0sctl_hosts/k0sctl.yaml", "unsupported", "write them into the file")
    cause = "the file does not say, or leaves it to the environment"
    assert gap.detail == f"cannot tell address and role of host 1 in k0sctl.yaml: {cause}"


# --- what the audit wrote itself -----------------------------------------------------------------------------------


def test_documents_of_the_audit_are_left_out_and_those_of_people_stay(checkout: Checkout) -> None:
    generated = merge(None, "inventory", "What is there.", "Inventory", "docs/inventory.md")
    people = merge("# My lab\n\nHello.\n", "inventory", "What is there.", "Inventory", "README.md")
    checkout.write({"docs/inventory.md": generated, "README.md": people, "plain.md": "# Title\n", "empty.md": ""})
    assert checkout.paths() == ["README.md", "empty.md", "plain.md"]


def test_folders_that_audits_were_written_to_are_left_out(checkout: Checkout) -> None:
    checkout.write(
        {
            "audit/evidence/manifest.json": "{}",
            "audit/lab.json": "{}",
            "audit/report.md": "x",
            "other/evidence/manifest.json": "{}",
            "auditor.yaml": "",
        }
    )
    assert checkout.paths() == ["auditor.yaml", "other/evidence/manifest.json"]


# --- head ----------------------------------------------------------------------------------------------------------


def head(checkout: Checkout) -> dict[str, t.Any]:
    return checkout.nouns()["head"][0]


def test_a_folder_without_git(checkout: Checkout) -> None:
    checkout.write({"a.yaml": CONFIG_MAP})
    assert head(checkout) == {"branch": None, "commit": None, "remote": None}
    assert checkout.paths() == ["a.yaml"]


def test_the_head_of_a_checkout(checkout: Checkout) -> None:
    checkout.write({"a.yaml": CONFIG_MAP})
    checkout.git("init", "-q")
    assert head(checkout) == {"branch": "main", "commit": None, "remote": None}
    checkout.git("add", ".")
    checkout.git("commit", "-qm", "first")
    checkout.git("remote", "add", "other", "https://example.org/other.git")
    checkout.git("remote", "add", "origin", "https://me:s3cret@example.org/lab.git")
    commit = checkout.git("rev-parse", "HEAD")
    shown = head(checkout)
    assert shown["branch"] == "main"
    assert shown["commit"] == commit
    assert shown["remote"].startswith("https://«")
    assert shown["remote"].endswith("»@example.org/lab.git")
    assert "s3cret" not in shown["remote"]
    checkout.git("pack-refs", "--all")
    assert head(checkout)["commit"] == commit
    checkout.git("checkout", "-q", "-b", "feature/x")
    assert head(checkout)["branch"] == "feature/x"
    checkout.git("checkout", "-q", "--detach")
    assert head(checkout) == {"branch": None, "commit": commit, "remote": shown["remote"]}


def test_the_head_of_a_linked_work_tree(checkout: Checkout) -> None:
    checkout.write({"a.yaml": CONFIG_MAP})
    checkout.git("init", "-q")
    checkout.git("add", ".")
    checkout.git("commit", "-qm", "first")
    checkout.git("remote", "add", "origin", "git@example.org:lab.git")
    checkout.git("worktree", "add", "-q", "-b", "side", str(checkout.path.parent / "tree"))
    commit = checkout.git("rev-parse", "HEAD")
    checkout.path = checkout.path.parent / "tree"
    assert head(checkout) == {"branch": "side", "commit": commit, "remote": "git@example.org:lab.git"}
    assert checkout.paths() == ["a.yaml"]


@pytest.mark.parametrize(
    "content", ["", "ref: refs/heads/../../../../etc/passwd", "ref: refs/tags/x", "s3cret", "ref: refs/heads/a b"]
)
def test_a_head_that_makes_no_sense_shows_nothing(checkout: Checkout, content: str) -> None:
    checkout.write({".git/HEAD": content, ".git/config": '[remote "origin"]\n\tfetch = x\n[core]\n\turl = y\n'})
    shown = checkout.collect("head").nouns["head"][0]
    assert shown["commit"] is None
    assert shown["remote"] is None
    assert "s3cret" not in str(shown)


# --- gather --------------------------------------------------------------------------------------------------------


def test_gather(checkout: Checkout) -> None:
    checkout.write({"a.yaml": CONFIG_MAP})
    assert sorted(checkout.collect("head").nouns) == ["head"]
    assert [request.endpoint for request in checkout.ledger.requests] == []
    assert sorted(checkout.collect("manifests", "files").nouns) == ["files", "manifests"]
    assert sorted(checkout.collect().nouns) == sorted(NOUNS)


@pytest.mark.parametrize(
    ("noun", "help_"),
    [("manifest", "did you mean 'manifests'?"), ("zzz", f"there are {', '.join(NOUNS)}")],
)
def test_a_noun_that_does_not_exist(checkout: Checkout, noun: str, help_: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checkout.collect(noun)
    assert str(caught.value) == f"cannot gather '{noun}' from the repository: there is no such thing; {help_}"


# --- hostile YAML --------------------------------------------------------------------------------------------------


def test_yaml_that_multiplies_costs_no_more_than_its_length() -> None:
    lines = ["a0: &a0 {name: x}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 40)]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}' if n else 'x'] * 9)}]" for n in range(40)]
    started = time.monotonic()
    (document,) = read_documents("\n".join(lines).encode())
    assert document.text("a39", "name") == "x"
    assert document.text("a39", "none") is None
    assert time.monotonic() - started < 2


def test_yaml_that_is_deep(checkout: Checkout) -> None:
    started = time.monotonic()
    with pytest.raises(YamlError, match=r"^line 1: nested deeper than 1000 levels$"):
        read_documents(b"[" * 1_000_000)
    assert time.monotonic() - started < 2
    assert identities(checkout, "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nx: " + "[" * 900 + "]" * 900)[0][4] == "a"


@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!<>|?#'\" \n\t", max_size=60).map(str.encode))
def test_any_bytes_are_documents_or_a_problem(data: bytes) -> None:
    try:
        read_documents(data)
    except YamlError as exc:
        assert str(exc)
