# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

import pytest
from unit.kubernetes.fake_api import FakeApi, Object, Pki, serve


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def api(pki: Pki, tmp_path: Path) -> t.Iterator[FakeApi]:
    """A healthy API server with TLS."""
    with serve(FakeApi(), pki.server, tmp_path) as running:
        yield running


@pytest.fixture
def serve_with(tmp_path: Path) -> t.Callable[..., contextlib.AbstractContextManager[FakeApi]]:
    """Run an API server with another certificate."""
    return lambda pair, **more: serve(FakeApi(), pair, tmp_path, **more)


@pytest.fixture
def options(api: FakeApi, pki: Pki, tmp_path: Path) -> Object:
    """One entry of a lab file for the healthy API server."""
    return {"name": "lab", "kubeconfig": str(api.kubeconfig(tmp_path, pki)), "context": None, "timeout": None, "gather": None}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
