# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: longhorn_replica_counts
short_description: The setting default-replica-count by data engine
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads both forms of the setting, a plain number of older versions and the JSON of newer ones.
options:
  _input:
    description: The value of the setting, such as V(3) or V({"v1":"3","v2":"3"\}).
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the number of replicas of the data engine v1
  ansible.builtin.debug:
    msg: "{{ ('3' | homelab.deepdive.longhorn_replica_counts).v1 }}"
"""

RETURN = r"""
_value:
  description: Number of replicas by data engine. A plain number is for V(v1) and V(v2).
  type: dict
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.storage import replica_counts
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import told


def longhorn_replica_counts(setting: t.Any) -> dict[str, int]:
    """The counts of the setting."""
    return told(replica_counts, setting)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"longhorn_replica_counts": longhorn_replica_counts}
