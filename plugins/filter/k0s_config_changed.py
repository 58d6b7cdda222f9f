# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k0s_config_changed
short_description: Whether two configurations of k0s mean different things
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: actual
description:
  - Compares two C(ClusterConfig) without what k0s adds itself.
  - That is defaults, images, addresses of the host, and what the API keeps of an object.
  - Order of keys, spelling of durations, null and empty values do not matter.
  - Of arguments of components, databases and charts only names are told, since values may be secrets.
options:
  _input:
    description: The wanted configuration.
    type: dict
    required: true
  actual:
    description: A file of k0s, the C(ClusterConfig) of C(k0s status), or the object C(k0s) of a cluster with dynamic configuration.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say what differs
  vars:
    compared: "{{ config | homelab.deepdive.k0s_config_changed(k0s_status.ClusterConfig) }}"
  ansible.builtin.debug:
    msg: "{{ compared.differences }}"
"""

RETURN = r"""
_value:
  description: The comparison.
  type: dict
  contains:
    changed:
      description: Whether they mean different things.
      type: bool
    differences:
      description: What differs, a sentence each, by path.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.config import Comparison, compare_configs
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import told


def k0s_config_changed(wanted: t.Any, actual: t.Any) -> Comparison:
    """The wanted configuration against the actual one."""
    return told(compare_configs, wanted, actual)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"k0s_config_changed": k0s_config_changed}
