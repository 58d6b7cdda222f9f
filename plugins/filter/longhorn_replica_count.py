# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: longhorn_replica_count
short_description: A number of replicas that fits the nodes
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: wanted
description:
  - Every replica of a volume needs a node of its own. With more replicas than nodes, every volume stays degraded.
options:
  _input:
    description: Number of nodes whose disks Longhorn uses.
    type: int
    required: true
  wanted:
    description: The wanted number of replicas. When it is not given, three or as many as fit.
    type: int
"""

EXAMPLES = r"""
- name: Use as many replicas as fit
  ansible.builtin.debug:
    msg: "{{ (2 | homelab.deepdive.longhorn_replica_count).count }}"
"""

RETURN = r"""
_value:
  description: What fits.
  type: dict
  contains:
    count:
      description: The number that fits, at most the wanted one.
      type: int
    problem:
      description: Why fewer than wanted fit, one sentence, or empty.
      type: str
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.storage import ReplicaCount, fitting_replica_count
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import told


def longhorn_replica_count(nodes: t.Any, wanted: t.Any = None) -> ReplicaCount:
    """What fits the number of nodes."""
    return told(fitting_replica_count, int(nodes), None if wanted is None else int(wanted))


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"longhorn_replica_count": longhorn_replica_count}
