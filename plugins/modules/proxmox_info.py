#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a Proxmox VE cluster or host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: proxmox_info
short_description: Read a Proxmox VE cluster or host
version_added: 0.1.0
author:
  - homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads hosts, guests, storages and backup jobs of a Proxmox VE cluster, or of a host without a cluster.
  - Only reads are sent, from a fixed list of paths. Secrets in notes, arguments, cloud-init and the like are masked.
  - What could not be read is told in RV(gaps), and is not the same as an empty list.
extends_documentation_fragment:
  - homelab.deepdive.attributes
  - homelab.deepdive.proxmox
"""

EXAMPLES = r"""
- name: Read everything with a token
  homelab.deepdive.proxmox_info:
    api_host: [pve1.example, pve2.example]
    api_user: audit@pve
    api_token_id: deepdive
    api_token_secret: "{{ lookup('ansible.builtin.env', 'PROXMOX_TOKEN_SECRET') }}"
    ca_path: pve-root-ca.pem
  register: lab

- name: List what runs where
  ansible.builtin.debug:
    msg: "{{ lab.proxmox.resources | selectattr('type', 'in', ['qemu', 'lxc']) | map(attribute='id') }}"
"""

RETURN = r"""
proxmox:
  description:
    - What was read, by name. A name that is missing was not read; an empty list was read and is empty.
  returned: success
  type: dict
  contains:
    version:
      description: One object, the answer of C(/version).
      type: list
      elements: dict
      returned: success
    permissions:
      description: One object, each path with the privileges that the identity has there.
      type: list
      elements: dict
      returned: when it could be read
    cluster_status:
      description: The rows of C(/cluster/status).
      type: list
      elements: dict
      returned: when it could be read
    resources:
      description: The rows of C(/cluster/resources), without what changes from second to second.
      type: list
      elements: dict
      returned: when it could be read
    hosts:
      description: Each host with its C(status); without it where it could not be read.
      type: list
      elements: dict
      returned: when it could be read
    guests:
      description:
        - Each guest with C(vmid), C(node), C(type), C(config), C(interfaces) and C(agent).
        - C(interfaces) is there when the guest agent or the container told it.
        - C(agent) is V(answers), V(silent) or V(off), when known.
      type: list
      elements: dict
      returned: when it could be read
    storages:
      description: The rows of C(/storage).
      type: list
      elements: dict
      returned: when it could be read
    backup_jobs:
      description: The rows of C(/cluster/backup).
      type: list
      elements: dict
      returned: when it could be read
    not_backed_up:
      description: The guests that no backup job includes.
      type: list
      elements: dict
      returned: when it could be read
  sample:
    version: [{version: 9.1.4, release: "9.1", repoid: 5ac30304265fbd8e}]
gaps:
  description: What could not be read, why, and what would help.
  returned: always
  type: list
  elements: dict
  sample:
    - what: cluster_status
      reason: forbidden
      detail: "cannot read /cluster/status: audit@pve!deepdive lacks Sys.Audit on /"
      remedy: pveum acl modify / --users audit@pve --roles PVEAuditor
requests_count:
  description: Number of requests that were sent.
  returned: always
  type: int
  sample: 24
"""

import secrets
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LabError
from ..module_utils._evidence.ledger import Ledger
from ..module_utils._evidence.redaction import Redactor
from ..module_utils._proxmox.collect import collect
from ..module_utils._proxmox.options import connection_spec


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(argument_spec=connection_spec(), supports_check_mode=True)
    ledger = Ledger()
    try:
        # Masks of one run are comparable with each other only.
        found = collect(module.params, ledger, Redactor(secrets.token_bytes(32)))
    except LabError as exc:
        module.fail_json(msg=str(exc))
    result: dict[str, t.Any] = {"gaps": [gap.to_dict() for gap in found.gaps], "requests_count": len(ledger.requests)}
    if found.state == "failed":
        cause = found.gaps[0]
        module.fail_json(msg="; ".join(filter(None, (cause.detail, cause.remedy))), **result)
    module.exit_json(changed=False, proxmox=found.nouns, **result)


if __name__ == "__main__":
    main()
