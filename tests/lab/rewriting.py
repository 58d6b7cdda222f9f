# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the replay server changes in recorded bodies: how old things are, which groups there are, and whose distribution it is."""

from __future__ import annotations

import copy
import datetime
import re
import typing as t

from lab.kube_api import Object

K0S_GROUPS = frozenset({"autopilot.k0sproject.io", "etcd.k0sproject.io", "helm.k0sproject.io"})
# As Kubernetes writes a moment: seconds, or microseconds in leases and some events.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def moved(value: t.Any, by: datetime.timedelta) -> t.Any:
    """A body with every moment in it later by ``by``, so that all things keep their age."""
    if isinstance(value, dict):
        return {key: moved(item, by) for key, item in value.items()}
    if isinstance(value, list):
        return [moved(item, by) for item in value]
    if isinstance(value, str) and (match := _MOMENT.fullmatch(value)):
        form = "%Y-%m-%dT%H:%M:%S.%fZ" if match[1] else "%Y-%m-%dT%H:%M:%SZ"
        return (datetime.datetime.strptime(value, form) + by).strftime(form)
    return value


def without_groups(groups: Object, absent: t.Collection[str]) -> Object:
    """The answer to /apis of a server that does not have some groups."""
    return {**groups, "groups": [group for group in groups["groups"] if group["name"] not in absent]}


def as_k3s(path: str, body: Object) -> Object:
    """The answer of a k3s cluster: its version, controllers that are nodes, and no leases of k0s."""
    if path == "/version":
        return {**body, "gitVersion": _k3s(body["gitVersion"])}
    if path.endswith("/leases"):
        return {**body, "items": [item for item in body["items"] if not item["metadata"]["name"].startswith("k0s-")]}
    if path != "/api/v1/nodes":
        return body
    body = copy.deepcopy(body)
    for node in body["items"]:
        node["status"]["nodeInfo"]["kubeletVersion"] = _k3s(node["status"]["nodeInfo"]["kubeletVersion"])
    labels = body["items"][0]["metadata"].setdefault("labels", {})
    labels.update(dict.fromkeys(("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/etcd"), "true"))
    return body


def _k3s(version: str) -> str:
    return f"{version.partition('+')[0]}+k3s1"
