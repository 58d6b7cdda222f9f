# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Twin of _options.sources_spec(): the sections of the lab file as module options."""

    DOCUMENTATION = r"""
options:
  proxmox:
    description: Proxmox clusters and standalone hosts, as in the lab file. See M(homelab.deepdive.proxmox_info) for the options.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the entry.
        type: str
        required: true
      api_host:
        description: Hosts to ask, tried in turn; host or host:port.
        type: list
        elements: str
        required: true
      api_user:
        description: User with its realm.
        type: str
      api_password:
        description: Password, when there is no token.
        type: str
      api_token_id:
        description: Name of the API token.
        type: str
      api_token_secret:
        description: Secret of the API token.
        type: str
      ca_path:
        description: File with the certificate authority of the hosts.
        type: path
      fingerprint:
        description: SHA-256 fingerprint of the certificate.
        type: str
      validate_certs:
        description: Whether the certificate is checked.
        type: bool
      timeout:
        description: Seconds that one answer may take.
        type: float
      gather:
        description: What to read; all when omitted.
        type: list
        elements: str
  kubernetes:
    description: Kubernetes clusters, as in the lab file. See M(homelab.deepdive.kubernetes_info) for the options.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the entry.
        type: str
        required: true
      kubeconfig:
        description: File that says how to reach the cluster.
        type: path
      context:
        description: Context of that file; its current one when omitted.
        type: str
      timeout:
        description: Seconds that the server may be silent.
        type: float
      gather:
        description: What to read; all when omitted.
        type: list
        elements: str
  repository:
    description: Checkout of the repository that the cluster follows. See M(homelab.deepdive.repository_info).
    type: dict
    suboptions:
      name:
        description: Name of the repository.
        type: str
        required: true
      path:
        description: Folder of the checkout.
        type: path
        required: true
      url_aliases:
        description: Other addresses of the same repository.
        type: list
        elements: str
      gather:
        description: What to read; all when omitted.
        type: list
        elements: str
  k0s:
    description: Registered results of M(homelab.deepdive.k0s_info) by name of the host, failed and unreachable ones included.
    type: dict
    default: {}
"""
