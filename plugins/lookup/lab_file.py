# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: lab_file
author: homelab.deepdive contributors (@homelab)
version_added: 0.1.0
short_description: Read the file that tells where a lab is
description:
  - Reads a lab file, which says where a lab is and how role P(homelab.deepdive.audit#role) audits it, checks it, and
    returns it with every option filled in.
  - An unknown or misspelt key, a wrong type, a missing option or a value that cannot be rendered stops with a sentence that names
    the file, the entry, the key and what would help.
options:
  _terms:
    description: Path of one lab file, relative to the current directory.
    required: true
    type: list
    elements: path
notes:
  - The result holds passwords and tokens in clear text. Use it only in tasks with C(no_log=true).
  - Only the sections C(proxmox), C(kubernetes), C(k0s), C(repository) and C(audit) are templated. Values may use lookups and
    C(!vault), not variables. What a lookup gives is data and is never templated again.
  - Paths are relative to the folder of the file, C(~) is expanded.
  - Where the section C(proxmox) or C(kubernetes) is absent or has exactly one entry, it is completed from the environment variables
    E(PROXMOX_HOST), E(PROXMOX_USER), E(PROXMOX_PASSWORD), E(PROXMOX_TOKEN_ID), E(PROXMOX_TOKEN_SECRET), E(PROXMOX_CA_PATH),
    E(PROXMOX_VALIDATE_CERTS), E(K8S_AUTH_KUBECONFIG), E(KUBECONFIG) and E(K8S_AUTH_CONTEXT). What the file says wins, and the
    environment never adds a second way to log in or to trust. A section that is an empty list is not configured, whatever the
    environment says.
"""

EXAMPLES = r"""
- name: Read the lab file
  ansible.builtin.set_fact:
    lab: "{{ lookup('homelab.deepdive.lab_file', 'inventory/lab.yml') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: The file with every option filled in.
  type: list
  elements: dict
  contains:
    lab_file:
      description: Absolute path of the file.
      type: str
    proxmox:
      description: One mapping per Proxmox cluster or standalone host.
      type: list
      elements: dict
    kubernetes:
      description: One mapping per Kubernetes cluster.
      type: list
      elements: dict
    k0s:
      description: How hosts of k0s are reached.
      type: dict
    repository:
      description: The Git checkout; null when none is configured.
      type: dict
    audit:
      description: Variables of the role C(audit) without their prefix.
      type: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.lookup import LookupBase
from ansible.template import Templar

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.plugin_utils._lab_file import audit_options, load_lab_file


class LookupModule(LookupBase):
    """The lab file as one mapping."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        """See RETURN; AnsibleLookupError for anything wrong with the file."""
        if len(terms) != 1 or not isinstance(terms[0], str) or not terms[0]:
            raise AnsibleLookupError("cannot read a lab file: give the path of exactly one, such as inventory/lab.yml")
        try:
            loader, templar = t.cast(DataLoader, self._loader), t.cast(Templar, self._templar)
            return [load_lab_file(str(terms[0]), loader, templar, audit_options())]
        except LabError as exc:
            # Not chained: causes may show lines of the file.
            raise AnsibleLookupError(str(exc)) from None
