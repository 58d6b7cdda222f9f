# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work side by side, within limits per host."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.lanes import run
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.transport import MAX_CONNECTIONS


class Meter:
    """Counts how many jobs of each host run at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.most_of_all = 0
        self.done = 0

    def job(self, host: str) -> None:
        with self.lock:
            self.now[host] = self.now.get(host, 0) + 1
            self.most[host] = max(self.most.get(host, 0), self.now[host])
            self.most_of_all = max(self.most_of_all, sum(self.now.values()))
        time.sleep(0.002)
        with self.lock:
            self.now[host] -= 1
            self.done += 1


@pytest.mark.parametrize(("hosts", "per_host"), [(1, 4), (3, 2), (10, 4)])
def test_limits(hosts: int, per_host: int) -> None:
    meter = Meter()
    names = [f"host-{number}" for number in range(hosts)]
    run(((name, lambda name=name: meter.job(name)) for name in names for turn in range(8)), per_host)
    assert meter.done == 8 * hosts
    assert max(meter.most.values()) <= per_host
    assert 1 < meter.most_of_all <= MAX_CONNECTIONS


def test_an_error_comes_through() -> None:
    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run([("north", fail)])


def test_nothing_to_do() -> None:
    run([])
