# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trimmer, and objects with secrets in them: "hunter2" must not survive anywhere."""

from __future__ import annotations

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import KINDS, Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.trim import Trimmer

REDACTOR = Redactor(b"key of the tests")
TRIMMER = Trimmer(REDACTOR)
KIND = {kind.noun: kind for kind in KINDS}
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "web-5d",
    "uid": "u-2",
    "controller": True,
    "blockOwnerDeletion": True,
}
METADATA: Object = {
    "name": "web-5d-x",
    "namespace": "shop",
    "uid": "u-1",
    "resourceVersion": "812",
    "generation": 3,
    "creationTimestamp": "2026-01-02T03:04:05Z",
    "labels": {"app": "web", "pass": "not-a-secret-but-a-label"},
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "shop"},
    "ownerReferences": [OWNER],
    "managedFields": [{"manager": "kubectl"}],
}


def masked(text: str) -> str:
    return REDACTOR.mask(text)


def trimmed(noun: str, item: Object) -> t.Any:
    return TRIMMER.trim(KIND[noun], item)


def pod(**parts: t.Any) -> Object:
    container = {"name": "a", "image": "i:1", **parts.get("container", {})}
    spec = {"containers": [container], "initContainers": [container], "ephemeralContainers": [container], "volumes": []}
    metadata = {"name": "p", "namespace": "n", "annotations": parts.get("annotations", {})}
    return {"metadata": metadata, "spec": {**spec, **parts.get("spec", {})}, "status": {}}
