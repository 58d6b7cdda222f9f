# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One demo lab per test, and clients for it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from lab.demo_tier import DemoLab, demo_lab
from lab.kube_api import KubeApi


@pytest.fixture
def lab(tmp_path: Path) -> t.Iterator[DemoLab]:
    """A demo lab without faults."""
    with demo_lab(tmp_path) as running:
        yield running


@pytest.fixture
def kube(lab: DemoLab) -> t.Iterator[KubeApi]:
    """A client with the credentials of its kubeconfig."""
    with KubeApi(lab.folder / "kubeconfig.yml") as api:
        yield api
