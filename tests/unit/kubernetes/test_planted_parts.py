# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A word that only its place makes a secret reaches the evidence from no place of Argo CD, Longhorn, events and drifted objects."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.drift import explain
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer

SECRET = "ordinary-word"
URL = f"https://me:{SECRET}@git.example/lab.git"
TRIMMER = Trimmer(Redactor(b"key of the tests"))
KIND = {kind.noun: kind for kind in KINDS}
PAIR = f"env:\n- name: DB_PASSWORD\n  value: {SECRET}\n"

# Parts of the source of an Application.
SOURCES: t.Mapping[str, Object] = {
    "values: pair": {"helm": {"values": PAIR}},
    "values: mapping of secrets": {"helm": {"values": f"secrets:\n  main: {SECRET}\n"}},
    "values: list of secrets": {"helm": {"values": f"tokens:\n- {SECRET}\n"}},
    "values: pair in a text": {"helm": {"values": "file: |\n" + "".join(f"  {line}\n" for line in PAIR.splitlines())}},
    "values: flag in a text": {"helm": {"values": f"run: psql --password {SECRET}\n"}},
    "values: words of a command line": {"helm": {"values": f"args: [--token, {SECRET}]\n"}},
    "valuesObject: deep below a secret name": {"helm": {"valuesObject": {"tokens": {"ci": {"value": SECRET}}}}},
    "valuesObject: a Secret": {"helm": {"valuesObject": {"extra": [{"kind": "Secret", "data": {"any": SECRET}}]}}},
    "valuesObject: words of a command line": {"helm": {"valuesObject": {"args": ["--token", SECRET]}}},
    "parameters": {"helm": {"parameters": [{"name": "auth.password", "value": SECRET}]}},
    "valueFiles": {"helm": {"valueFiles": [URL]}},
    "components": {"kustomize": {"components": [URL]}},
    "patch: anything": {"kustomize": {"patches": [{"patch": f"- op: add\n  path: /stringData/any\n  value: {SECRET}\n"}]}},
    "jsonnet": {"directory": {"jsonnet": {"tlas": [{"name": "password", "value": SECRET}]}}},
    "plugin: env": {"plugin": {"env": [{"name": "ARGS", "value": f"--set password={SECRET} --token {SECRET}"}]}},
    "plugin: map": {"plugin": {"parameters": [{"name": "credentials", "map": {"any": SECRET}}]}},
    "plugin: array": {"plugin": {"parameters": [{"name": "tokens", "array": [SECRET]}]}},
    "repoURL": {"repoURL": URL},
}
# Texts as events and conditions have them.
TEXTS = (
    f"helm template . --set auth.password={SECRET} failed",
    f"redis-cli --pass {SECRET} ping failed",
    f'exec ["redis-cli" "--pass" "{SECRET}" "ping"] failed',
    f"curl -u admin:{SECRET} http://web failed",
    f'cannot apply {{"name":"API_TOKEN","value":"{SECRET}"}}',
    f"cannot fetch {URL}",
)


def trimmed(noun: str, item: Object) -> str:
    return json.dumps(TRIMMER.trim(KIND[noun], {"metadata": {"name": "web"}, **item}), ensure_ascii=False)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_wherever_argo_cd_repeats_a_source(source: Object) -> None:
    sync = {"sync": {"source": source, "sources": [source]}}
    compared = {"comparedTo": {"source": source, "sources": [source]}}
    state = {"operation": sync, "syncResult": {"source": source, "sources": [source]}}
    status = {"sync": compared, "operationState": state, "history": [{"id": 1, "source": source, "sources": [source]}]}
    spec = {"source": source, "sources": [source]}
    assert SECRET not in trimmed("applications", {"spec": spec, "operation": sync, "status": status})
    generators = [{"list": {"elements": [{"source": source}], "template": {"spec": spec}}}]
    assert SECRET not in trimmed("applicationsets", {"spec": {"generators": generators, "template": {"spec": spec}}})


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("left", [{"spec": {"source": {}}}, {"spec": {}}, {}], ids=["source", "spec", "nothing"])
def test_an_application_that_has_drifted(source: Object, left: Object, typed: bool) -> None:
    applied = json.dumps({"spec": {"source": {"path": "web", **source}}})
    metadata = {"name": "web", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}
    told = explain({"metadata": metadata, **left}, typed, TRIMMER)
    assert told["differences"]
    assert SECRET not in json.dumps(told)


@pytest.mark.parametrize("text", TEXTS)
def test_texts(text: str) -> None:
    condition = {"conditions": [{"type": "SyncError", "message": text}], "health": {"message": text}}
    assert SECRET not in trimmed("applications", {"status": {**condition, "operationState": {"message": text}}})
    assert SECRET not in trimmed("applicationsets", {"status": condition})
    assert SECRET not in trimmed("appprojects", {"spec": {"description": text, "syncWindows": [{"description": text}]}})
    assert SECRET not in trimmed("events", {"message": text})


@pytest.mark.parametrize(
    ("noun", "item"),
    [
        ("applicationsets", {"spec": {"generators": [{"list": {"elementsYaml": f"- name: DB_PASSWORD\n  value: {SECRET}\n"}}]}}),
        ("applicationsets", {"spec": {"generators": [{"list": {"elements": [{"name": "A_TOKEN", "value": SECRET}]}}]}}),
        ("applicationsets", {"spec": {"templatePatch": PAIR}}),
        ("applicationsets", {"spec": {"templatePatch": "{{- if .x }}\n" + PAIR + "{{- end }}"}}),
        ("longhorn_volumes", {"status": {"shareEndpoint": f"nfs://me:{SECRET}@192.0.2.1/web"}}),
        ("longhorn_recurring_jobs", {"spec": {"labels": {"password": SECRET}}}),
    ],
)
def test_other_places(noun: str, item: Object) -> None:
    assert SECRET not in trimmed(noun, item)


def test_what_says_which_secret_it_is_stays() -> None:
    values = {"imagePullSecrets": [{"name": "registry"}], "passwordSecretRef": {"name": "web", "key": "password"}}
    kept = TRIMMER.trim(KIND["applications"], {"metadata": {"name": "web"}, "spec": {"source": {"helm": {"valuesObject": values}}}})
    assert kept is not None
    assert kept["spec"]["source"]["helm"]["valuesObject"] == values
