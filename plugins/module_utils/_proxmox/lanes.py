# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Work for several hosts side by side, with a limit per host: a host serves three requests of a kind at a time by default."""

from __future__ import annotations

import collections
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .transport import MAX_CONNECTIONS

PER_HOST = 4
AGENTS_PER_HOST = 2

Job = t.Callable[[], None]


def run(jobs: t.Iterable[tuple[str, Job]], per_host: int = PER_HOST) -> None:
    """Run all jobs, at most per_host at a time for each host and MAX_CONNECTIONS altogether; raises what a job raised."""
    queues: dict[str, collections.deque[Job]] = collections.defaultdict(collections.deque)
    for host, job in jobs:
        queues[host].append(job)
    # A lane works through the queue of one host; the first lanes of all hosts start first, so that no host waits for another.
    lanes = [queue for turn in range(per_host) for queue in queues.values() if turn < len(queue)]
    if not lanes:
        return
    with ThreadPoolExecutor(min(len(lanes), MAX_CONNECTIONS)) as pool:
        for future in [pool.submit(_drain, queue) for queue in lanes]:
            future.result()


def _drain(queue: collections.deque[Job]) -> None:
    while True:
        try:
            job = queue.popleft()
        except IndexError:
            return
        job()
