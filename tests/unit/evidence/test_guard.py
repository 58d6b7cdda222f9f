# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of reads holds no write and nothing that runs or reveals, and no path talks its way around it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ForbiddenRequestError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.allowed import ALLOWED
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.guard import matching_endpoint

NEVER = re.compile(
    r"secret|exec|attach|portforward|proxy|/log\b|scan|vncwebsocket|termproxy|spiceproxy|migrate|query-|file-read|exec-status|"
    r"/monitor|/sendkey|rescan|argocd|api/v1/session"
)


@pytest.mark.parametrize("source", sorted(ALLOWED))
def test_the_list_is_reads_only(source: str) -> None:
    writes = [(method, path) for method, path in ALLOWED[source] if method != "GET"]
    assert writes == ([("POST", "/access/ticket")] if source == "proxmox" else [])
    assert not [path for method, path in ALLOWED[source] if NEVER.search(path)]


@pytest.mark.parametrize(
    ("source", "method", "path", "endpoint"),
    [
        ("proxmox", "GET", "/nodes/pve1/qemu/100/config", "/nodes/{node}/qemu/{vmid}/config"),
        ("proxmox", "POST", "/access/ticket", "/access/ticket"),
        ("kubernetes", "GET", "/api/v1/pods", "/api/v1/pods"),
        (
            "kubernetes",
            "GET",
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
            "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases",
        ),
    ],
)
def test_reads_pass(source: str, method: str, path: str, endpoint: str) -> None:
    assert matching_endpoint(source, method, path) == endpoint


@pytest.mark.parametrize(
    ("source", "method", "path"),
    [
        ("proxmox", "POST", "/nodes/pve1/qemu/100/config"),
        ("proxmox", "PUT", "/nodes/pve1/qemu/100/config"),
        ("proxmox", "DELETE", "/nodes/pve1/qemu/100"),
        ("proxmox", "POST", "/nodes/pve1/qemu/100/agent/exec"),
        ("proxmox", "GET", "/nodes/pve1/qemu/100/agent/file-read"),
        ("proxmox", "GET", "/nodes/pve1/qemu/100/config/../agent/file-read"),
        ("proxmox", "GET", "/nodes/../access/users/status"),
        ("proxmox", "GET", "/nodes/../status"),
        ("proxmox", "GET", "/nodes/./status"),
        ("proxmox", "GET", "/nodes//status"),
        ("proxmox", "GET", "/nodes/a%2fb/status"),
        ("proxmox", "GET", "nodes/pve1/status"),
        ("proxmox", "GET", "/versionx"),
        ("proxmox", "get", "/version"),
        ("kubernetes", "GET", "/api/v1/secrets"),
        ("kubernetes", "GET", "/api/v1/namespaces/default/secrets/a"),
        ("kubernetes", "GET", "/api/v1/namespaces/default/pods/a/exec"),
        ("kubernetes", "GET", "/api/v1/nodes/a/proxy/metrics"),
        ("kubernetes", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
        ("kubernetes", "PATCH", "/api/v1/pods"),
    ],
)
def test_everything_else_is_refused(source: str, method: str, path: str) -> None:
    with pytest.raises(ForbiddenRequestError) as caught:
        matching_endpoint(source, method, path)
    assert str(caught.value) == f"cannot send {method} {path} to {source}: it is not on the list of reads; nothing was sent"


@given(st.sampled_from(sorted(ALLOWED)), st.sampled_from(["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"]), st.data())
def test_no_other_verb_ever_passes(source: str, method: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([path for verb, path in ALLOWED[source]]))
    with pytest.raises(ForbiddenRequestError):
        matching_endpoint(source, method, path.replace("{node}", "a").replace("{vmid}", "1").replace("{namespace}", "n"))
