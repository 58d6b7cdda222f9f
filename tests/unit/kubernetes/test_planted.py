# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret that is planted anywhere in a redacted place of a pod or workload never reaches the evidence."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer

SECRET = "q7Rk2ZvX9mTb4LwP"
TRIMMER = Trimmer(Redactor(b"key of the tests"))
KIND = {kind.noun: kind for kind in KINDS}


def env_value(text: str) -> dict[str, t.Any]:
    return {"spec": {"containers": [{"name": "a", "image": "i:1", "env": [{"name": "MODE", "value": text}]}]}}


def init_env_value(text: str) -> dict[str, t.Any]:
    return {"spec": {"initContainers": [{"name": "a", "image": "i:1", "env": [{"name": "DB_PASSWORD", "value": text}]}]}}


def argument(text: str) -> dict[str, t.Any]:
    return {"spec": {"containers": [{"name": "a", "image": "i:1", "args": ["--token", text, f"--x={text}", text]}]}}


def command(text: str) -> dict[str, t.Any]:
    return {"spec": {"containers": [{"name": "a", "image": "i:1", "command": ["sh", "-c", text]}]}}


def annotation(text: str) -> dict[str, t.Any]:
    return {"metadata": {"annotations": {"example.test/note": text, "example.test/json": json.dumps({"a": [text]})}}}


def hook(text: str) -> dict[str, t.Any]:
    probe = {"httpGet": {"port": 80, "httpHeaders": [{"name": "X", "value": text}]}, "exec": {"command": [text]}}
    return {"spec": {"containers": [{"name": "a", "image": "i:1", "livenessProbe": probe, "lifecycle": {"postStart": probe}}]}}


def volume(text: str) -> dict[str, t.Any]:
    return {"spec": {"containers": [], "volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"a": text}}}]}}


PLACES = (env_value, init_env_value, argument, command, annotation, hook, volume)


def item(part: dict[str, t.Any]) -> dict[str, t.Any]:
    metadata = {"name": "p", "namespace": "n", **part.get("metadata", {})}
    return {"metadata": metadata, "spec": part.get("spec", {"containers": []}), "status": {}}


@pytest.mark.parametrize("place", PLACES)
@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_place_lets_a_secret_through(place: t.Callable[[str], dict[str, t.Any]], before: str, after: str) -> None:
    pod = item(place(f"{before}{SECRET}{after}"))
    deployment = {**item({}), "spec": {"template": {"metadata": pod["metadata"], "spec": pod["spec"]}}}
    for noun, body in (("pods", pod), ("deployments", deployment)):
        assert SECRET not in json.dumps(TRIMMER.trim(KIND[noun], body))


def test_the_secret_would_show_without_redaction() -> None:
    kept = TRIMMER.trim(KIND["pods"], item(env_value("plain words")))
    assert "plain words" in json.dumps(kept)
