# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: metallb_pool_problems
short_description: What is wrong with address pools of MetalLB
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Checks pools before anything is applied, and tells everything that is wrong at once.
  - A pool must be readable.
  - It must hold no address of a machine, a DHCP range, the networks of pods and services, or another pool.
  - Addresses are texts such as V(192.0.2.31) or V(192.0.2.31/24), or mappings with C(name) and C(address).
options:
  _input:
    description: Mappings with C(name) and C(addresses), a list of V(192.0.2.240/28) or V(192.0.2.240-192.0.2.250).
    type: list
    elements: dict
    required: true
  nodes:
    description: Addresses of the nodes, with prefix lengths when O(same_subnet) is true.
    type: list
    elements: raw
    default: []
  gateways:
    description: Addresses of routers.
    type: list
    elements: raw
    default: []
  hypervisors:
    description: Addresses of the hosts of the machines.
    type: list
    elements: raw
    default: []
  nfs_servers:
    description: Addresses of the NFS servers.
    type: list
    elements: raw
    default: []
  reserved:
    description: Other addresses that are taken, such as controllers and virtual addresses of the control plane.
    type: list
    elements: raw
    default: []
  dhcp_ranges:
    description: Ranges that a DHCP server hands out, as in a pool.
    type: list
    elements: str
    default: []
  pod_cidrs:
    description: Networks of the pods.
    type: list
    elements: str
    default: []
  service_cidrs:
    description: Networks of the services.
    type: list
    elements: str
    default: []
  other_pools:
    description: Pools that the cluster has. Those with a name of a checked pool are passed over, since they will be replaced.
    type: list
    elements: dict
    default: []
  service_count:
    description: Number of Services that need an address, V(0) when it is not known.
    type: int
    default: 0
  same_subnet:
    description: Whether the pools must lie in a subnet of a node. Without BGP they must, or nobody finds the addresses.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Refuse pools that cannot work
  vars:
    problems: "{{ metallb_pools | homelab.deepdive.metallb_pool_problems(nodes=['192.0.2.31/24'], gateways=['192.0.2.1']) }}"
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
"""

RETURN = r"""
_value:
  description: Everything that is wrong, a sentence each. Empty when the pools can be applied.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.homelab.deepdive.plugins.module_utils._rebuild.pools import Surroundings, pool_problems


def metallb_pool_problems(pools: t.Sequence[t.Any], **around: t.Any) -> list[str]:
    """What is wrong with the pools, given what is around them."""
    return pool_problems(pools, Surroundings(**around))


class FilterModule:
    """Filters of the collection."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {"metallb_pool_problems": metallb_pool_problems}
