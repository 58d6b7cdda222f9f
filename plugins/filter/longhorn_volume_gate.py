# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: longhorn_volume_gate
short_description: Whether an upgrade or a drain may go on
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: engines, replicas, node
description:
  - Judges the volumes of Longhorn. Volumes that are not attached are no obstacle unless they are faulted.
  - What a volume does not say of itself makes the verdict V(wait), never V(continue).
options:
  _input:
    description: The Volume objects of Longhorn, from the group C(longhorn.io).
    type: list
    elements: dict
    required: true
  engines:
    description: Engine objects, to see rebuilds that are running.
    type: list
    elements: dict
    default: []
  replicas:
    description: Replica objects, to see where the replicas are. Needed with O(node).
    type: list
    elements: dict
    default: []
  node:
    description: The node that is to be drained. A volume whose only healthy replica is there makes the verdict V(stop).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Wait for the volumes
  kubernetes.core.k8s_info:
    api_version: longhorn.io/v1beta2
    kind: Volume
    namespace: longhorn-system
  register: volumes
  until: (volumes.resources | homelab.deepdive.longhorn_volume_gate).verdict != 'wait'
  retries: 60
  delay: 30
"""

RETURN = r"""
_value:
  description: The verdict.
  type: dict
  contains:
    verdict:
      description: V(continue), V(wait) to look again later, or V(stop) for a person to decide.
      type: str
    reasons:
      description: Why not to go on, a sentence each, by volume.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.volumes import Gate, volume_gate
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import items


def longhorn_volume_gate(volumes: t.Any, engines: t.Any = (), replicas: t.Any = (), node: str = "") -> Gate:
    """The verdict over the volumes."""
    named = {"volumes": volumes, "engines": engines, "replicas": replicas}
    found = {what: items("longhorn_volume_gate", what, value) for what, value in named.items()}
    return volume_gate(**found, node=node)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"longhorn_volume_gate": longhorn_volume_gate}
