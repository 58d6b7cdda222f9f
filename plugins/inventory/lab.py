# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: lab
author: homelab.deepdive contributors (@homelab-deepdive)
version_added: 0.1.0
short_description: Hypervisors, guests and Kubernetes nodes of a lab
description:
  - Gives every machine of a lab as one host - the hosts of Proxmox VE, their guests, the nodes of Kubernetes that run in no known
    guest, and controllers without a Node object. A guest that is a node is one host with the facts of both.
  - Its configuration is the lab file, which the audit reads, too. See C(inventory/lab.example.yml) for every key.
  - It only reads, through the same fixed list of requests as the audit, and writes nothing to disk unless O(cache=true).
  - What guests and nodes are called, and every other text of the lab, is data and never a template.
options:
  plugin:
    description: Marks a file as a configuration of this plugin.
    type: str
    required: true
    choices:
      - homelab.deepdive.lab
  k0s:
    description: How the audit reads hosts of k0s over SSH. The inventory does not use it.
    type: dict
  audit:
    description: Variables of role P(homelab.deepdive.audit#role) without their prefix. The inventory does not use them.
    type: dict
  on_error:
    description:
      - What happens when a source cannot be read, refuses the login, or hides machines that its identity may not see.
      - V(fail) stops with a sentence that says what is wrong and what would help, because a play on half of a lab may do harm.
      - V(warn) gives the machines that could be read, and a warning for what is missing.
      - What does not hide machines, such as a host that is off or a guest agent that does not answer, is a warning in both cases.
    type: str
    default: fail
    choices:
      - fail
      - warn
  address_preference:
    description:
      - Networks, the best first, such as V(192.0.2.0/24) or V(::/0). Addresses in them win over all others of a machine.
      - Without it the first network card decides, and IPv4.
    type: list
    elements: str
    default: []
notes:
  - The name of the file must be C(lab.yml), or end in C(.lab.yml) or C(.deepdive.yml); C(.yaml) will do as well.
  - Without C(any_unparsed_is_failed=true) in section C([inventory]) of C(ansible.cfg), Ansible itself goes on with an empty
    inventory and exit code 0 when this plugin fails.
  - The option C(gather) of a source is for the audit. The inventory reads the little that it needs in any case - of Proxmox VE the
    cluster, its guests, their configuration and their addresses; of Kubernetes the version, API groups, nodes, volumes, and what
    k0s keeps of its controllers.
  - C(ansible_host) is an address of the network cards that Proxmox VE gave a guest, as its agent or its container tells it, else
    the static one of its configuration, else the InternalIP of its node. Addresses of container networks and bridges inside of a
    guest are never taken. C(lab_address_source) says which one it is. Without any address there is no C(ansible_host), and Ansible
    tries the name.
  - Two machines of one name stay two hosts. Both get a suffix, which is the number of a guest and else the name of its entry in the
    lab file. The same happens to a machine that is called like a group or like C(localhost).
  - Groups are C(hosts), C(guests), C(cluster_X), C(host_X), C(status_X), C(kind_qemu), C(kind_lxc), C(kind_template), C(tag_X),
    C(pool_X), C(kube_controllers), C(kube_workers), C(k0s_controllers) and C(k0s_workers). Characters that the name of a group may
    not have become underscores. Templates are in C(kind_template) alone.
  - The variables of a host begin with C(lab_). The guide "Inventory" of this collection lists them. One that is absent was not
    read; one that is null or an empty list was read and is so.
  - With O(cache=true) changes to the lab file, too, are seen when the cache ends, or with C(--flush-cache). The cache holds names,
    addresses and the like, and no credentials. A partial inventory is not cached.
  - C(ansible-inventory --list) shows texts that could be mistaken for templates as C({"__ansible_unsafe":"..."}). Plays, C(--host)
    and C(--yaml) see plain text.
seealso:
  - module: homelab.deepdive.proxmox_info
  - module: homelab.deepdive.kubernetes_info
  - plugin: homelab.deepdive.lab_file
    plugin_type: lookup
extends_documentation_fragment:
  - homelab.deepdive.sources
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
requirements:
  - proxmoxer >= 2.3.0, for the section proxmox
  - requests >= 2.28.0, for the section proxmox
  - kubernetes >= 31.0.0, for the section kubernetes
"""

EXAMPLES = r"""
# lab.yml: a Proxmox cluster and the Kubernetes cluster on it
plugin: homelab.deepdive.lab
proxmox:
  - name: home
    api_host: [192.0.2.11, 192.0.2.12]
    api_user: audit@pve
    api_token_id: deepdive
    api_token_secret: "{{ lookup('ansible.builtin.env', 'PROXMOX_TOKEN_SECRET') }}"
    ca_path: pve-root-ca.pem
kubernetes:
  - name: lab
    kubeconfig: ~/.kube/lab-audit.conf

---
# home.lab.yml: part of a lab is better than none; guests have their own user, and groups by operating system and size
plugin: homelab.deepdive.lab
proxmox:
  - name: home
    api_host: pve1.example
    api_user: audit@pve
    api_token_id: deepdive
    api_token_secret: "{{ lookup('ansible.builtin.env', 'PROXMOX_TOKEN_SECRET') }}"
on_error: warn
address_preference: [192.0.2.0/24]
compose:
  ansible_user: "'root' if lab_kind == 'host' else 'ubuntu'"
groups:
  big: lab_memory_bytes is defined and lab_memory_bytes >= 8 * 1024 ** 3
keyed_groups:
  - key: lab_os_image | default('')
    prefix: os
"""

import contextlib
import os
import re
import typing as t

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.inventory.host import Host
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable, to_safe_group_name
from ansible.template import trust_as_template

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError, LabError
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory import FORMAT, build_inventory
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory_addresses import networks
from ansible_collections.homelab.deepdive.plugins.plugin_utils._inventory_sources import read_sources
from ansible_collections.homelab.deepdive.plugins.plugin_utils._lab_file import audit_options, load_lab_file, plain

_FILE = re.compile(r"(?:lab|.*\.(?:lab|deepdive))\.ya?ml")
# No template, no expression with a call, and no header that could change what a template looks like can be written with these.
_HARMLESS = re.compile(r"[A-Za-z0-9 ._:@/+-]*")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The machines of a lab as hosts."""

    NAME = "homelab.deepdive.lab"

    def verify_file(self, path: str) -> bool:
        """Whether the file has a name for this plugin."""
        return bool(BaseInventoryPlugin.verify_file(self, path)) and bool(_FILE.fullmatch(os.path.basename(path)))

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Fill the inventory; AnsibleParserError, in one sentence, for whatever is in the way."""
        super().parse(inventory, loader, path, cache)
        try:
            lab = load_lab_file(path, loader, self.templar, audit_options())
            BaseInventoryPlugin._read_config_data(self, path)
            found = self._cached(path) if cache else None
            if found is None:
                found = self._read(lab, path)
        except LabError as exc:
            # Not chained: causes may show lines of the file.
            raise AnsibleParserError(str(exc)) from None
        for warning in found["warnings"]:
            self.display.warning(f"{path}: {warning}")
        for host in found["hosts"]:
            self._add(inventory, host)

    def _option(self, name: str) -> t.Any:
        return BaseInventoryPlugin.get_option(self, name)

    def _cached(self, path: str) -> dict[str, t.Any] | None:
        """What an earlier run kept; None when there is nothing that this version can use."""
        with contextlib.suppress(KeyError):
            if self._option("cache"):
                # Whoever may write to the cache could mark a text of it as a template.
                kept: dict[str, t.Any] = plain(self._cache[self.get_cache_key(path)])
                return kept if kept.get("format") == FORMAT else None
        return None

    def _read(self, lab: dict[str, t.Any], path: str) -> dict[str, t.Any]:
        reserved = {to_safe_group_name(name) for name in self._option("groups")}
        preference = networks(self._option("address_preference"), path)
        built = build_inventory(read_sources(lab), preference, reserved)
        if built.missing and self._option("on_error") == "fail":
            causes = "; and ".join(built.missing)
            raise ConfigError(f"cannot make the whole inventory of {path} (on_error: warn makes the rest of it): {causes}")
        found = {"format": FORMAT, "hosts": built.hosts, "warnings": [*built.missing, *built.warnings]}
        if self._option("cache") and not built.missing:
            self._cache[self.get_cache_key(path)] = found
        return found

    def _add(self, inventory: InventoryData, host: t.Mapping[str, t.Any]) -> None:
        name = inventory.add_host(host["name"])
        for group in host["groups"]:
            inventory.add_child(inventory.add_group(group), name)
        for variable, value in host["variables"].items():
            inventory.set_variable(name, variable, _data(value))
        strict = self._option("strict")
        variables = t.cast(Host, inventory.get_host(name)).get_vars()
        Constructable._set_composite_vars(self, self._option("compose"), variables, name, strict)
        Constructable._add_host_to_composed_groups(self, self._option("groups"), {}, name, strict)
        Constructable._add_host_to_keyed_groups(self, self._option("keyed_groups"), {}, name, strict)


def _data(value: t.Any) -> t.Any:
    """A value of the lab, never a template. Harmless texts are marked as trusted, so that ansible-inventory shows them plainly."""
    if isinstance(value, str):
        return trust_as_template(value) if _HARMLESS.fullmatch(value) else value
    if isinstance(value, list):
        return [_data(one) for one in value]
    return value
