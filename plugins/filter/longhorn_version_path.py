# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: longhorn_version_path
short_description: Whether Longhorn is to be installed, upgraded or left alone
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
positional: wanted, available
description:
  - Compares the installed version of Longhorn with the wanted one.
  - A downgrade and a skipped minor version are refused; the reason names what to upgrade to first.
options:
  _input:
    description: The installed version such as V(1.12.1). Empty or null when Longhorn is not installed.
    type: str
    required: true
  wanted:
    description: The wanted version.
    type: str
    required: true
  available:
    description:
      - Versions that can be had. They only decide which version a stop on the way names, the newest of its minor version.
      - What is no version of Longhorn is passed over.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse a version that cannot be reached in one step
  vars:
    path: "{{ longhorn_installed_version | homelab.deepdive.longhorn_version_path(longhorn_version) }}"
  ansible.builtin.assert:
    that: path.action != 'refuse'
    fail_msg: "{{ path.reason }}"
"""

RETURN = r"""
_value:
  description: What is to be done, and why.
  type: dict
  contains:
    action:
      description: V(none) when the wanted version is installed, V(install), V(upgrade), or V(refuse) when it must not be done.
      type: str
    reason:
      description: Why, one sentence.
      type: str
    stations:
      description:
        - Every stop after the installed version, up to the wanted one, each a mapping with C(minor) and C(version).
        - The C(version) is null when none of this minor version is among the O(available) ones.
        - Empty for a downgrade, and when nothing is to be done.
      type: list
      elements: dict
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.versions import LONGHORN, Path, version_path


def longhorn_version_path(current: t.Any, wanted: t.Any, available: t.Iterable[t.Any] = ()) -> Path:
    """The way from the installed version to the wanted one."""
    return version_path(LONGHORN, str(current or ""), str(wanted), [str(version) for version in available])


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"longhorn_version_path": longhorn_version_path}
