# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Missing Python packages are named all at once, with the command for the Python that runs."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils import _sources
from ansible_collections.homelab.deepdive.plugins.module_utils._errors import MissingPackagesError
from ansible_collections.homelab.deepdive.plugins.module_utils._requirements import require


def test_all_missing_packages_come_at_once() -> None:
    with pytest.raises(MissingPackagesError) as caught:
        require(["proxmoxer>=2.3.0", "kubernetes>=30", "jmespath>=1.0.1", "kubernetes>=30"])
    assert str(caught.value) == (
        "cannot audit the lab: Python packages are missing (jmespath>=1.0.1, kubernetes>=30, proxmoxer>=2.3.0); run: "
        f"{sys.executable} -m pip install 'jmespath>=1.0.1' 'kubernetes>=30' 'proxmoxer>=2.3.0'"
    )


def test_nothing_missing_is_no_error() -> None:
    require([])


def test_only_configured_sources_need_their_packages() -> None:
    assert _sources.missing_packages([]) == []
    assert _sources.missing_packages(_sources.SOURCES) == []
