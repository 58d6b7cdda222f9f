# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that have another form than the API gives them neither stop an audit nor reach the evidence in that form."""

from __future__ import annotations

import copy
import json
import random
import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest
from lab.replay import RECORDINGS, recording_file

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import (
    Evidence,
    SourceEvidence,
    SourceRecord,
    dump,
    encoded,
)
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import load_facts
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rule_files import load_rules
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.drifted import read_drifted
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.forms import fitting
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.build import build_lab
from ansible_collections.homelab.deepdive.plugins.module_utils._report.environment import Templates
from ansible_collections.homelab.deepdive.plugins.module_utils._report.report import build_report

ROLE = Path(__file__).parents[3] / "roles" / "audit"
TRIMMER = Trimmer(Redactor(b"key of the tests"))
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CONDITION = {"type": "SyncError", "message": "x"}
# What may stand where something else should.
WRONG: tuple[t.Any, ...] = (
    *(None, "", "x", 0, -1, 1.5, True, [], {}, [None], {"a": None}, ["x"], [[]], [{}], {"name": 5}, {"x\n|`": "y"}),
    *("192.0.2.1", "10Gi", "2026-99-99T00:00:00Z", "«masked:00000000»", 10**30, "\\ud800", "{{ 1 }}"),
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"spec": "x", "status": []}, {}),
        ({"metadata": {"labels": {"a": "b", "c": 1, "d": None}}}, {"metadata": {"labels": {"a": "b"}}}),
        ({"status": {"capacity": {"cpu": 2, "memory": "1Gi", "x": []}}}, {"status": {"capacity": {"cpu": 2, "memory": "1Gi"}}}),
        ({"containers": [{"image": "a"}, {"name": "a"}, 5]}, {"containers": [{"name": "a"}]}),
        (
            {"spec": {"containers": [{"name": "a"}, {"name": "a", "image": "b"}]}},
            {"spec": {"containers": [{"name": "a", "image": "b"}]}},
        ),
        ({"spec": {"ports": [{"port": {}}, {"port": 80}, {}]}}, {"spec": {"ports": [{"port": 80}]}}),
        ({"spec": {"hostPath": {"type": ""}, "nfs": {"server": "a"}}}, {"spec": {}}),
        ({"spec": {"replicas": True, "hostNetwork": 1, "nodeName": 5}}, {"spec": {}}),
        ({"status": {"conditions": [{"type": "Ready"}, CONDITION]}}, {"status": {"conditions": [CONDITION]}}),
        ({"spec": {"selector": {"app": ["x"], "matchLabels": {"a": "b"}}}}, {"spec": {"selector": {"matchLabels": {"a": "b"}}}}),
        ({"source": {"helm": {"valuesObject": {"spec": 1}}}}, {"source": {"helm": {"valuesObject": {"spec": 1}}}}),
        ({"spec": {"accessModes": ["a", 1, None]}}, {"spec": {"accessModes": ["a"]}}),
    ],
)
def test_what_has_another_form_is_left_out(given: Object, kept: Object) -> None:
    assert fitting(given) == kept


def recorded(noun: str) -> list[Object]:
    path = next(kind.path for kind in KINDS if kind.noun == noun)
    file = recording_file(RECORDINGS, path)
    items: list[Object] = json.loads(file.read_text(encoding="utf-8"))["items"] if file.exists() else []
    return items


ITEMS = {kind.noun: recorded(kind.noun) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_nothing_is_left_out_of_what_an_api_server_sends(kind: t.Any) -> None:
    for item in ITEMS[kind.noun]:
        prepared = kind.prepare(item) if kind.prepare else item
        if prepared is not None:
            assert fitting(TRIMMER.cut(kind.shape, prepared)) == TRIMMER.cut(kind.shape, prepared)


def places(value: t.Any) -> list[tuple[t.Any, t.Any]]:
    inner = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [place for key, part in inner for place in ((value, key), *places(part))]


def broken(chance: random.Random, item: Object, times: int) -> Object:
    """The object with some parts taken away or replaced. Its name and namespace stay: without them a list is refused as a whole."""
    out: Object = copy.deepcopy(item)
    for turn in range(times):
        holder, key = chance.choice(places(out) or [({"x": turn}, "x")])
        if isinstance(holder, dict) and chance.random() < 0.4:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(WRONG))
    metadata = out["metadata"] if isinstance(out.get("metadata"), dict) else {}
    identity = {field: item["metadata"][field] for field in ("name", "namespace") if field in item["metadata"]}
    return {**out, "metadata": {**metadata, **identity}}


class Live:
    """A client that finds every object, each broken in another way."""

    whom = SimpleNamespace(endpoint="https://192.0.2.21:6443")

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def read_one(self, group: str, plural: str, path: str) -> Object:
        file = recording_file(RECORDINGS, path)
        item = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"metadata": {"name": f"{group}{plural}"}}
        annotations = item["metadata"].get("annotations", {})
        if LAST_APPLIED in annotations:
            annotations[LAST_APPLIED] = json.dumps(broken(self.chance, json.loads(annotations[LAST_APPLIED]), 3))
        return broken(self.chance, item, 3)


@pytest.mark.parametrize("seed", range(8))
def test_broken_answers_stop_nothing(seed: int) -> None:
    chance = random.Random(seed)
    nouns: dict[str, list[Object]] = {}
    for kind in KINDS:
        share = chance.choice([0.05, 0.5, 1])
        items = [broken(chance, item, chance.choice([1, 2, 9])) if chance.random() < share else item for item in ITEMS[kind.noun]]
        nouns[kind.noun] = [kept for item in items if (kept := TRIMMER.trim(kind, item)) is not None]
    rows, gaps = read_drifted(t.cast("t.Any", Live(chance)), nouns["applications"], TRIMMER)
    nouns["drifted_objects"] = rows or []
    written = {noun: [json.loads(encoded(dump(item))) for item in items] for noun, items in nouns.items()}
    record = SourceRecord("kubernetes", "lab", "read", started="2026-03-01T00:00:00Z")
    lab = build_lab(Evidence("0.1.0", "2026-03-01T00:00:00Z", [SourceEvidence(record, written, gaps)], []))
    settings = Settings(facts=load_facts([ROLE / "files" / "data"]))
    findings = judge(load_rules([ROLE / "files" / "rules"]), json.loads(encoded(dump(lab))), settings)
    report = build_report(json.loads(encoded(dump(lab))), json.loads(encoded(dump(findings))), "", ())
    assert Templates([ROLE / "templates"]).render("report.md.j2", {"report": report})
