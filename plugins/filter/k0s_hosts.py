# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k0s_hosts
short_description: The k0s hosts that an audit reads
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Gives the hosts that the section C(k0s) of a lab file lists.
  - When the section says C(auto), gives the controllers and nodes that k0s clusters know of, by name and internal address.
options:
  _input:
    description: The section C(k0s) as the lookup P(homelab.deepdive.lab_file#lookup) gives it.
    type: dict
    required: true
  clusters:
    description: Results of M(homelab.deepdive.kubernetes_info) with C(nodes) and C(controlnodes), one per cluster.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: List the k0s hosts
  ansible.builtin.debug:
    msg: "{{ lab.k0s | homelab.deepdive.k0s_hosts(clusters.results) }}"
"""

RETURN = r"""
_value:
  description: One mapping per host with C(name), C(address), C(connection) and what else its entry says.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

Item = t.Mapping[str, t.Any]

# What only an entry of the lab file can say of a host.
_OF_AN_ENTRY = ("data_dir", "k0s_binary", "status_socket", "recording")


def k0s_hosts(section: t.Any, clusters: t.Any) -> list[dict[str, t.Any]]:
    """Hosts of the section, or those that the clusters know. Hosts over SSH are left out while ssh is off."""
    if not isinstance(section, t.Mapping) or not isinstance(clusters, t.Sequence):
        raise AnsibleFilterError(
            "homelab.deepdive.k0s_hosts takes the section k0s of a lab file and a list of kubernetes_info results"
        )
    if section["hosts"] != "auto":
        return [dict(host) for host in section["hosts"] if section["ssh"] or host["connection"] == "local"]
    shared = {key: value for key, value in section.items() if key not in ("ssh", "hosts")}
    found: dict[str, dict[str, t.Any]] = {}
    for cluster in clusters if section["ssh"] else []:
        nouns = cluster.get("kubernetes") or {}
        for item in [*nouns.get("controlnodes", []), *filter(_runs_k0s, nouns.get("nodes", []))]:
            address = _internal_address(item)
            if address:
                name = str(item["metadata"]["name"])
                own = {"name": name, "address": address, "connection": "ssh", **dict.fromkeys(_OF_AN_ENTRY)}
                found.setdefault(name, {**shared, **own})
    return [found[name] for name in sorted(found)]


def _runs_k0s(node: Item) -> bool:
    return "+k0s" in str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion"))


def _internal_address(item: Item) -> str:
    addresses = (item.get("status") or {}).get("addresses") or []
    return next((str(entry["address"]) for entry in addresses if entry.get("type") == "InternalIP"), "")


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"k0s_hosts": k0s_hosts}
