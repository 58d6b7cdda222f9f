# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: what keeps a rebuild from starting."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rebuild_problems
short_description: What keeps a rebuild from starting
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Judges the variables of C(rebuild_vars.yml), or those that a person wrote.
  - A value of null is one that nobody has told yet, wherever it stands.
options:
  _input:
    description: The variables by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse to begin with half of what is needed
  ansible.builtin.assert:
    that: wanted | homelab.deepdive.rebuild_problems == []
"""

RETURN = r"""
_value:
  description: What is wrong, a sentence each. Empty when everything is said.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.order import order_problems


def rebuild_problems(given: t.Any) -> list[str]:
    """What is wrong with the variables."""
    if not isinstance(given, t.Mapping):
        raise AnsibleFilterError("cannot use homelab.deepdive.rebuild_problems: the input is no mapping of variables")
    return order_problems(given)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"rebuild_problems": rebuild_problems}
