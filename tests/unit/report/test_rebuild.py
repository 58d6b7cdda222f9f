# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuild_vars.yml as files: which there are, when one of an earlier audit stays, and that Ansible runs nothing of them."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from unit.report.builders import ROOT, TEMPLATES, Item, full_lab, gap, model, node, source
from unit.report.rebuilt import controller, k0s_lab, text_of, variables, without, worker
from unit.report.results import some_findings

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import MissingPackagesError
from ansible_collections.homelab.deepdive.plugins.module_utils._report import rebuild_values
from ansible_collections.homelab.deepdive.plugins.module_utils._report.publish import Order, Outcome, publish
from ansible_collections.homelab.deepdive.plugins.module_utils._report.rebuild import rebuild_files

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "report.rst").read_text(encoding="utf-8")


def head(text: str) -> list[str]:
    """The comments before the first variable."""
    return [line[2:] for line in text.split("\n\n", 1)[0].splitlines() if line.startswith("# ")]


def test_the_head_says_what_it_is_and_from_where() -> None:
    assert head(text_of(k0s_lab(controller()), "DEMO\nLAB")) == [
        "DEMO LAB",
        "For building the Kubernetes cluster lab (API server https://192.0.2.101:6443) anew with the roles k0s, metallb and",
        "longhorn.",
        "The new cluster is empty and has new keys. Data comes from backups, applications from the repository.",
        "A value of null is not known, and is never 'none': fill in what rebuild_missing at the end asks for.",
        "Written by each audit with homelab.deepdive 0.1.0 from lab.json alone. Change a copy of it.",
    ]


def test_what_is_missing_stands_above_the_variable_and_at_the_end() -> None:
    text = text_of(k0s_lab(without(controller(), "k0s_version")))
    why = "no controller told its version: choose a release of k0s for Kubernetes v1.30.2+k0s"
    assert f"\n# Missing: k0s_version: {why}.\nk0s_version: null\n" in text
    assert text.endswith(f"\nrebuild_missing:\n  - what: k0s_version\n    why: 'n{why[1:]}'\n")


def test_an_unchanged_lab_gives_the_same_bytes_at_any_time() -> None:
    lab = k0s_lab(controller(), nodes=[worker()])
    later = copy.deepcopy(lab)
    later["collected"] = "2027-07-07T07:07:07Z"
    later["sources"][0]["started"] = "2027-07-07T07:07:07Z"
    later["nodes"][0].update(ready=False, cpu_used_cores=3.0)
    assert text_of(lab) == text_of(later)


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        (model(source("proxmox/home")), "There is nothing to rebuild: this lab has no cluster."),
        (
            k0s_lab(controller(), cluster={"distribution": "k3s"}),
            "There is nothing to rebuild: no cluster of this lab was made with k0s.",
        ),
    ],
)
def test_nothing_to_rebuild(lab: Item, said: str) -> None:
    (file,) = rebuild_files(lab, "")
    assert head(file.text)[0] == said
    assert yaml.safe_load(file.text) == {"rebuild_format": 1, "rebuild_missing": []}
    assert not file.unread


def other(entity: Item) -> Item:
    """The same object of another cluster."""
    return json.loads(json.dumps(entity).replace("/lab//", "/cabin//")) | {"cluster": "cabin"}  # type: ignore[no-any-return]


def two_clusters(state: str = "read", distribution: str = "k0s") -> Item:
    """Clusters lab and cabin. state, distribution: of cabin."""
    cluster = k0s_lab()["kube_clusters"][0]
    second = {**other(cluster), "name": "cabin", "distribution": distribution}
    sources = [source("kubernetes/cabin", state), source("kubernetes/lab")]
    read = state == "read"
    return model(
        *sources,
        kube_clusters=[second, cluster] if read else [cluster],
        controllers=[other(controller("a")), controller("c1")] if read else [controller("c1")],
        nodes=[],
    )


@pytest.mark.parametrize(
    ("state", "distribution", "names"),
    [
        ("read", "k0s", ["rebuild_vars.yml", "rebuild_vars.cabin.yml", "rebuild_vars.lab.yml"]),
        ("read", "k3s", ["rebuild_vars.yml", "rebuild_vars.lab.yml"]),
        ("failed", "k0s", ["rebuild_vars.yml", "rebuild_vars.cabin.yml", "rebuild_vars.lab.yml"]),
    ],
)
def test_several_clusters_have_a_file_each(state: str, distribution: str, names: list[str]) -> None:
    lab = two_clusters(state, distribution)
    files = rebuild_files(lab, "")
    assert [file.name for file in files] == names
    assert [host["name"] for host in variables(lab, "rebuild_vars.lab.yml")["k0s_hosts"]] == ["c1"]
    index = variables(lab)
    assert index["rebuild_missing"] == [
        {
            "what": "rebuild_cluster_name",
            "why": "the lab has several clusters, each with a file of its own: load "
            + ("one of rebuild_vars.cabin.yml and rebuild_vars.lab.yml" if len(names) == 3 else "rebuild_vars.lab.yml"),
        }
    ]
    assert [file.name for file in files if file.unread] == (["rebuild_vars.cabin.yml"] if state == "failed" else [])


def dead(*hosts: Item, **collections: t.Any) -> Item:
    """A lab whose cluster does not answer."""
    failed = source("kubernetes/lab", "failed", [gap("source", "no answer within 10 s")])
    return model(failed, *hosts, kube_clusters=None, **collections)


def test_k0s_hosts_tell_of_a_cluster_whose_api_is_gone() -> None:
    loaded = variables(dead(source("k0s/c1"), controllers=[controller(cluster="", addresses=[])]))
    assert (loaded["rebuild_cluster_name"], loaded["k0s_version"]) == ("lab", "v1.30.2+k0s.0")
    assert loaded["k0s_hosts"][0] == {
        "name": "c1",
        "address": None,
        "role": "controller",
        "install_flags": [],
        "labels": {},
        "taints": [],
    }


def test_a_cluster_that_told_nothing_is_asked_for() -> None:
    loaded = variables(dead())
    assert {name for name, value in loaded.items() if value is None} == {"k0s_version", "k0s_config", "k0s_hosts", "rebuild_parts"}
    assert loaded["rebuild_missing"][2] == {
        "what": "k0s_hosts",
        "why": "neither nodes nor controllers could be read: name the hosts with address and role",
    }


class Bench:
    """Audits into one folder, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "audit" / "rebuild_vars.yml"

    def publish(self, lab: Item) -> Outcome:
        """One audit."""
        (self.folder / "lab.json").write_text(json.dumps(lab))
        (self.folder / "findings.json").write_text(json.dumps(some_findings()))
        dest = self.folder / "audit"
        return publish(Order(self.folder / "lab.json", self.folder / "findings.json", [TEMPLATES], dest, dest / "docs"))


@pytest.mark.parametrize(
    ("lab", "unread"),
    [
        (dead(), "kubernetes/lab"),
        (
            model(
                source("kubernetes/lab"),
                source("k0s/c1", "failed"),
                source("k0s/c2", "failed"),
                **without(k0s_lab(controller()), "sources", "coverage", "requests", "format", "collected", "collection", "edges"),
            ),
            "k0s/c1 and k0s/c2",
        ),
    ],
    ids=["cluster", "hosts"],
)
def test_the_file_of_an_earlier_audit_stays_when_the_cluster_is_gone(tmp_path: Path, lab: Item, unread: str) -> None:
    bench = Bench(tmp_path)
    bench.publish(k0s_lab(controller(), nodes=[worker()]))
    before = bench.file.read_bytes()
    outcome = bench.publish(lab)
    assert bench.file.read_bytes() == before
    assert bench.file not in [path for path, changed in outcome.files]
    report = json.loads((tmp_path / "audit" / "report.json").read_text())
    (document,) = [one for one in report["documents"] if one["path"] == "rebuild_vars.yml"]
    assert document["problem"] == f"it stays as an earlier audit wrote it, because {unread} could not be read"


def test_without_an_earlier_one_it_is_written_as_far_as_it_goes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.publish(dead())
    assert "k0s_hosts: null" in bench.file.read_text()
    assert bench.file.stat().st_mode & 0o777 == 0o600


def test_one_host_that_is_gone_does_not_hold_the_file_up() -> None:
    lab = full_lab()
    lab["sources"] += [source("k0s/c1"), source("k0s/c2", "failed")]
    assert [file.unread for file in rebuild_files(lab, "")] == [[]]


def test_without_pyyaml_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild_values, "IMPORT_ERROR", ImportError())
    with pytest.raises(MissingPackagesError, match=re.escape("Python packages are missing (PyYAML>=5.1)")):
        rebuild_files(k0s_lab(controller()), "")


TOUCH = "lookup('ansible.builtin.pipe', 'touch {}')"


def hostile(canary: Path) -> list[str]:
    """Texts that would run a command if Ansible took them for templates."""
    run = TOUCH.format(canary)
    return [
        f"{{{{ {run} }}}}",
        f"a {{{{ {run} }}}} b",
        f"{{% set x = {run} %}}",
        f"{{# {run} #}}{{{{ {run} }}}}",
        f"#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ {run} ]]",
        f"\n{{{{ {run} }}}}\n",
    ]


AWKWARD = [
    "yes",
    "1e3",
    "0o7",
    "12:30",
    "null",
    "~",
    "",
    " a",
    "a: b",
    "- a",
    "a # b",
    "'\"",
    "\x85\u2028\ufeff\x00\x1b",
    "*a",
    "&a",
    "!b",
    "é",
]


def hostile_lab(texts: t.Sequence[str]) -> Item:
    """A lab with these texts wherever it takes texts."""
    labels = {f"label-{number:02}": text for number, text in enumerate(texts)}
    nodes = [worker(text, labels=labels, taints=list(texts), addresses=[text]) for text in texts]
    pools = [
        {
            **{"id": f"ip_pool/lab/m/{number}", "name": text, "cluster": "lab", "namespace": "m", "ranges": list(texts)},
            **{"auto_assign": True, "service_allocation": labels},
        }
        for number, text in enumerate(texts)
    ]
    lab = k0s_lab(
        controller(
            "c1", k0s_config={"spec": labels, "list": [list(texts)]}, config_args=["controller", *(f"--a={text}" for text in texts)]
        ),
        nodes=nodes,
        cluster={
            "parts": ["metallb", "longhorn", "argocd"],
            "argocd_version": texts[0],
            "metallb_version": texts[0],
            "metallb_advertisements": [
                {"kind": "L2Advertisement", "namespace": "m", "name": text, "spec": {"interfaces": list(texts)}} for text in texts
            ],
            "longhorn_version": texts[0],
            "longhorn_settings": labels,
            "longhorn_recurring_jobs": [{"name": text, "labels": labels} for text in texts],
            "backup_target": texts[0],
        },
        ip_pools=pools,
    )
    lab["storage_classes"][0].update(name=texts[0], parameters=labels, provisioner="driver.longhorn.io")
    lab["storage_classes"][1].update(name=texts[0], provisioner=texts[0])
    return lab


def test_texts_come_through_ansible_as_they_are(tmp_path: Path) -> None:
    texts = [*hostile(tmp_path / "canary"), *AWKWARD]
    file = tmp_path / "rebuild_vars.yml"
    file.write_text(text_of(hostile_lab(texts), "\n{{ banner }}\nx: y"), encoding="utf-8")
    loaded = DataLoader().load_from_file(str(file))
    assert loaded["k0s_config"]["list"] == [texts]
    assert [host["name"] for host in loaded["k0s_hosts"]] == ["c1", *texts]
    assert list(loaded["k0s_hosts"][1]["labels"].values()) == texts
    assert [pool["name"] for pool in loaded["metallb_pools"]] == texts
    assert "x" not in loaded


def test_half_characters_become_question_marks() -> None:
    loaded = variables(k0s_lab(controller(k0s_config={"a\ud800": "half \ud800"})))
    assert loaded["k0s_config"] == {"a?": "half ?", "spec": {}}


def test_keys_that_look_like_templates_are_left_out(tmp_path: Path) -> None:
    key = hostile(tmp_path / "canary")[0]
    loaded = variables(k0s_lab(controller(), nodes=[worker(labels={key: "a", "room": "attic"})]))
    assert loaded["k0s_hosts"][1]["labels"] == {"room": "attic"}
    assert loaded["rebuild_missing"] == [
        {
            "what": f"k0s_hosts[w1].labels.{key}",
            "why": "its name holds template marks, which no variable may: enter it by hand if it is wanted",
        }
    ]


PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars_files: [rebuild_vars.yml]
  tasks:
    - ansible.builtin.include_vars: {file: rebuild_vars.yml, name: included}
    - ansible.builtin.debug: {var: included}
    - ansible.builtin.debug: {msg: "{{ item.name }} {{ item.labels }} {{ item.install_flags | join(' ') }}"}
      loop: "{{ k0s_hosts }}"
    - ansible.builtin.debug: {msg: "{{ metallb_pools | map(attribute='name') | join(' ') }} {{ k0s_config | to_json }}"}
    - ansible.builtin.debug: {var: rebuild_missing}
    - ansible.builtin.copy: {content: "{{ [k0s_config, k0s_hosts] | to_json }}", dest: "{{ playbook_dir }}/seen.json"}
"""


def run(folder: Path, *arguments: str) -> str:
    """The play, as a person runs it."""
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", *arguments, "play.yml"]
    command += ["-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_playbook_runs_nothing_of_it(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    texts = hostile(canary)
    lab = hostile_lab(texts)
    lab["nodes"][0]["labels"] = {texts[0]: "key", **lab["nodes"][0]["labels"]}
    (tmp_path / "rebuild_vars.yml").write_text(text_of(lab), encoding="utf-8")
    (tmp_path / "play.yml").write_text(PLAY)
    output = run(tmp_path, "-e", "@rebuild_vars.yml")
    assert "touch" in output
    assert not canary.exists()
    config, hosts = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert config["list"] == [texts]
    assert [host["name"] for host in hosts] == ["c1", *texts]


def test_such_texts_would_run_without_the_mark(tmp_path: Path) -> None:
    """The test above is worth something: the same file without its marks runs the commands."""
    canary = tmp_path / "canary"
    for number, text in enumerate(hostile(canary)):
        lab = k0s_lab(controller(k0s_config={"list": [text]}), nodes=[node("w1")])
        (tmp_path / "rebuild_vars.yml").write_text(text_of(lab).replace("!unsafe ", ""), encoding="utf-8")
        (tmp_path / "play.yml").write_text(
            "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug: {var: k0s_config}\n"
        )
        run(tmp_path, "-e", "@rebuild_vars.yml")
        assert canary.exists(), number
        canary.unlink()


def test_the_guide_has_every_variable_in_order() -> None:
    table = GUIDE.split(":header: Variable, ", 1)[1].split("\n\n", 2)[1]
    told = [line.strip().split(",", 1)[0] for line in table.splitlines()]
    flags = ["controller", "--data-dir=/d", "--disable-components=autopilot", "--enable-dynamic-config", "--single"]
    cluster = {
        "parts": ["argocd", "longhorn", "metallb"],
        "backup_target": "s3://b@r/",
        "metallb_advertisements": [{"kind": "BGPAdvertisement", "namespace": "m", "name": "b", "spec": {}}],
    }
    assert list(variables(k0s_lab(controller(config_args=flags), cluster=cluster))) == told
