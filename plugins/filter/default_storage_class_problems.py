# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: default_storage_class_problems
short_description: Why there is not exactly one default StorageClass
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: wanted
description:
  - Without a default class claims that name none stay pending, and with several the newest wins, which is rarely meant.
options:
  _input:
    description: The StorageClass objects of the cluster.
    type: list
    elements: dict
    required: true
  wanted:
    description: The name that the default must have. Any will do when it is empty.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Say what is wrong
  ansible.builtin.debug:
    msg: "{{ classes.resources | homelab.deepdive.default_storage_class_problems('longhorn') }}"
"""

RETURN = r"""
_value:
  description: What is wrong, a sentence each. Empty when there is exactly one default class, and the wanted one.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.storage import default_class_problems
from ansible_collections.homelab.deepdive.plugins.plugin_utils._filters import items


def default_storage_class_problems(classes: t.Any, wanted: str = "") -> list[str]:
    """What is wrong with the default class."""
    return default_class_problems(items("default_storage_class_problems", "the input", classes), wanted)


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"default_storage_class_problems": default_storage_class_problems}
