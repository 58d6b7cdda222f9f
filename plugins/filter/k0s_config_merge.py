# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k0s_config_merge
short_description: A configuration of k0s put together from parts
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: parts
description:
  - Merges mappings at every depth. Lists and values are replaced, and null takes a key away.
  - The later part wins.
options:
  _input:
    description: The configuration to start from.
    type: dict
    required: true
  parts:
    description: What is laid over it, in this order. Each part is an argument of its own.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Lay the part of this host over the common one
  ansible.builtin.set_fact:
    config: "{{ k0s_config | homelab.deepdive.k0s_config_merge(k0s_config_host) }}"
"""

RETURN = r"""
_value:
  description: The merged configuration. What came in is not changed.
  type: dict
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.config import merged
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import told


def k0s_config_merge(base: t.Any, *parts: t.Any) -> dict[str, t.Any]:
    """The base with every part laid over it."""
    return told(merged, base, *parts)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"k0s_config_merge": k0s_config_merge}
