# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What the filters of the roles share: what they say when they are given something of another shape."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import LabError

Result = t.TypeVar("Result")


def told(function: t.Callable[..., Result], *values: t.Any, **options: t.Any) -> Result:
    """The result of a pure function; its LabError as the error that Ansible shows for a filter."""
    try:
        return function(*values, **options)
    except LabError as exc:
        raise AnsibleFilterError(str(exc)) from exc


def items(filter_name: str, what: str, value: t.Any) -> list[t.Mapping[str, t.Any]]:
    """A list of objects of the Kubernetes API; AnsibleFilterError for anything else, such as the result of a failed read."""
    if isinstance(value, (list, tuple)) and all(
        isinstance(one, t.Mapping) and "name" in (one.get("metadata") or {}) for one in value
    ):
        return list(value)
    raise AnsibleFilterError(
        f"cannot use homelab.deepdive.{filter_name}: {what} is no list of objects with metadata; give it the resources of k8s_info"
    )
