# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret that is planted survives nowhere, and nothing that a server sends stops the trimmer or slows it down."""

from __future__ import annotations

import json
import time
import tracemalloc
import typing as t

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from unit.kubernetes.trimming import KIND, REDACTOR, TRIMMER, pod, trimmed

from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer

WORD = st.text(alphabet="abcdefghijkmnopqrstuvwxyz", min_size=8, max_size=12)
RANDOM = st.lists(st.tuples(st.sampled_from("abcdefXYZ"), st.sampled_from("0123456789")), min_size=9, max_size=20).map(
    lambda pairs: "".join(first + second for first, second in pairs)
)
# Texts in which a word is a secret because of what stands around it.
AROUND: list[t.Callable[[str], str]] = [
    lambda secret: f"--db-password={secret}",
    lambda secret: f"postgres://app:{secret}@db.example.org/app",
    lambda secret: f"curl -H 'Authorization: Bearer {secret}' https://example.org",
    lambda secret: f"PGPASSWORD={secret} psql",
    lambda secret: json.dumps({"a": [{"client_secret": secret}]}),
    lambda secret: f"user: me\npassword: {secret}\nport: 1",
    lambda secret: f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----",
]


PLACES: list[t.Callable[[str], Object]] = [
    lambda text: pod(container={"env": [{"name": "MODE", "value": text}]}),
    lambda text: pod(container={"args": ["run", text]}),
    lambda text: pod(container={"command": ["sh", "-c", text]}),
    lambda text: pod(container={"readinessProbe": {"exec": {"command": ["sh", "-c", text]}}}),
    lambda text: pod(container={"startupProbe": {"httpGet": {"path": f"/?{text}", "port": 1}}}),
    lambda text: pod(annotations={"example.org/note": text}),
    lambda text: pod(annotations={"example.org/json": json.dumps({"deep": [{"er": text}]})}),
    lambda text: pod(spec={"volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"share": text}}}]}),
    lambda text: pod(spec={"volumes": [{"name": "v", "flexVolume": {"driver": "d", "options": {"x": text}}}]}),
    lambda text: pod(spec={"volumes": [{"name": "v", "cephfs": {"monitors": [text]}}]}),
]
# Places whose name alone makes everything in them a secret.
NAMED: list[t.Callable[[str], Object]] = [
    lambda text: pod(container={"env": [{"name": "RESTIC_PASSWORD", "value": text}]}),
    lambda text: pod(container={"args": ["--token", text]}),
    lambda text: pod(container={"command": ["app", "--api-key"], "args": [text]}),
    lambda text: pod(annotations={"example.org/auth-secret": text}),
    lambda text: pod(spec={"volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"accessKey": text}}}]}),
    # Dropped as a whole.
    lambda text: pod(container={"lifecycle": {"preStop": {"exec": {"command": [text]}}}}),
    lambda text: pod(container={"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X", "value": text}]}}}),
    lambda text: pod(annotations={"kubectl.kubernetes.io/last-applied-configuration": text}),
]


@given(st.sampled_from(PLACES), RANDOM)
def test_a_random_secret_survives_nowhere(place: t.Callable[[str], Object], secret: str) -> None:
    assert secret not in json.dumps(trimmed("pods", place(secret)), ensure_ascii=False)


@given(st.sampled_from(PLACES), st.sampled_from(AROUND), WORD | RANDOM)
def test_a_word_that_is_a_secret_by_its_surroundings_survives_nowhere(
    place: t.Callable[[str], Object], around: t.Callable[[str], str], secret: str
) -> None:
    assert secret not in json.dumps(trimmed("pods", place(around(secret))), ensure_ascii=False)


@given(st.sampled_from(NAMED), WORD | RANDOM)
def test_a_word_that_is_a_secret_by_its_name_survives_nowhere(place: t.Callable[[str], Object], secret: str) -> None:
    # A word that stands in every pod anyway, such as a part of "annotations", tells nothing.
    assume(secret not in json.dumps(trimmed("pods", place("another word")), ensure_ascii=False))
    assert secret not in json.dumps(trimmed("pods", place(secret)), ensure_ascii=False)


# --- what no API server should send

FIELDS = [
    *(
        "metadata",
        "spec",
        "status",
        "template",
        "containers",
        "env",
        "args",
        "name",
        "value",
        "valueFrom",
        "volumes",
        "csi",
        "data",
    ),
    *("data", "annotations", "labels", "volumeAttributes", "parameters", "command", "exec", "ownerReferences", "x"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["spec", "status", "data", "parameters", "endpoints"]), JSON))
def test_any_form_is_trimmed_without_an_error(kind: t.Any, body: Object) -> None:
    found = TRIMMER.trim(kind, {"metadata": {"name": "k0s-ctrl-x"}, **body})
    json.dumps(found)


def test_data_that_is_nested_without_end() -> None:
    deep = "[" * 990 + "]" * 990
    found = trimmed("pods", pod(annotations={"deep": deep}, container={"env": [{"name": "DEEP", "value": deep}]}))
    json.dumps(found)
    nested: t.Any = "x"
    while len(str(nested)) < 1_800:
        nested = [nested]
    assert trimmed("persistentvolumes", {"metadata": {"name": "v"}, "spec": {"odd": nested}})["spec"] in ({}, {"odd": nested})


@pytest.mark.parametrize("text", ["aB3" * 80_000, "http://" + "x" * 200_000, "a." * 100_000, ("aB3" * 80 + "\n") * 300])
def test_long_texts_take_no_time(text: str) -> None:
    started = time.process_time()
    found = trimmed("pods", pod(annotations={"long": text}, container={"args": [text], "env": [{"name": "LONG", "value": text}]}))
    assert time.process_time() - started < 15
    assert len(found["metadata"]["annotations"]["long"]) < len(text)


def test_a_pod_costs_little() -> None:
    """10,000 of them take a few seconds and less than 250 MB; the limits here leave room for a busy machine."""
    text = json.dumps(pod(container={"env": [{"name": f"VAR_{number}", "value": f"value {number}"} for number in range(20)]}))
    trimmer = Trimmer(REDACTOR)
    tracemalloc.start()
    started = time.process_time()
    found = [trimmer.trim(KIND["pods"], json.loads(text)) for number in range(1_000)]
    seconds = time.process_time() - started
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(found) == 1_000
    assert seconds < 10
    assert size < 1_000 * 25_000
