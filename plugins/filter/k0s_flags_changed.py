# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k0s_flags_changed
short_description: Whether the flags of a k0s service are the wanted ones
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: actual
description:
  - Compares flags as k0s understands them.
  - Order, V(--a b) for V(--a=b), repeated flags, order in lists, spelling of durations, and defaults do not matter.
  - Tokens and their files are left out, and so are the options of C(k0s install) that say nothing of the service.
  - Of C(--kubelet-extra-args) and C(--kube-controller-manager-extra-args) only names are told, since values may be secrets.
options:
  _input:
    description:
      - The wanted flags, a list of words or one text.
      - The path of k0s and its role V(controller) or V(worker) may lead. The roles are compared when both sides have one.
    type: raw
    required: true
  actual:
    description:
      - The C(Args) of C(k0s status), or the text of a unit file, of which the last C(ExecStart) counts.
      - What C(systemctl show) prints is refused, since it lacks the quotes.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Say what differs
  ansible.builtin.debug:
    msg: "{{ (k0s_install_flags | homelab.deepdive.k0s_flags_changed(k0s_status.Args)).differences }}"
"""

RETURN = r"""
_value:
  description: The comparison.
  type: dict
  contains:
    changed:
      description: Whether the service must be installed anew to have the wanted flags.
      type: bool
    differences:
      description: What differs, a sentence each, by name of the flag.
      type: list
      elements: str
    only_when_joining:
      description: Differences in labels and taints, which a node reads only when it joins. They do not count as changed.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.flags import Comparison, compare_flags
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import told


def k0s_flags_changed(wanted: t.Any, actual: t.Any) -> Comparison:
    """The wanted flags against those of a service."""
    return told(compare_flags, wanted, actual)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"k0s_flags_changed": k0s_flags_changed}
