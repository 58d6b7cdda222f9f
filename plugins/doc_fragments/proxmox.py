# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of one Proxmox VE connection; their argument_spec is module_utils/_proxmox/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment homelab.deepdive.proxmox."""

    DOCUMENTATION = r"""
options:
  api_host:
    description:
      - Names or addresses of hosts of one cluster, or of one standalone host, tried in turn until one answers.
      - A port may follow, as in V(pve1.example:8006) or V([2001:db8::1]:8006); without one it is 8006.
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_HOST) will be used instead.
    type: list
    elements: str
    required: true
  api_user:
    description:
      - User with its realm, such as V(audit@pve). Needed unless O(api_token_id) holds it already.
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_USER) will be used instead.
    type: str
  api_password:
    description:
      - Password of O(api_user), for a login without a token. Users with a second factor need a token.
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_PASSWORD) will be used instead.
    type: str
  api_token_id:
    description:
      - Name of an API token of O(api_user); its full id, V(audit@pve!deepdive), is understood, too.
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_TOKEN_ID) will be used instead.
    type: str
  api_token_secret:
    description:
      - Secret of the token.
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_TOKEN_SECRET) will be used instead.
    type: str
  ca_path:
    description:
      - File with the CA that signed the certificates of the hosts, a copy of C(/etc/pve/pve-root-ca.pem).
      - Only this CA is trusted then.
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_CA_PATH) will be used instead.
    type: path
  fingerprint:
    description:
      - SHA-256 fingerprint of the certificate of the host, with or without colons, instead of every other check of the certificate.
      - Each host of a cluster has a certificate of its own, so O(ca_path) suits several O(api_host) better.
    type: str
  validate_certs:
    description:
      - Whether the certificate is checked. V(false) holds whatever the environment says, but not against O(fingerprint).
      - If the value is not specified in the task, the value of environment variable E(PROXMOX_VALIDATE_CERTS) will be used instead.
    type: bool
    default: true
  timeout:
    description:
      - Seconds that one answer may take, 10 by default.
      - Guest agents always get at least 9 seconds, and the list of storages at least 30.
      - A connection has to be made within 5 seconds.
    type: float
  gather:
    description:
      - What to read. By default everything. V(version) is always read.
    type: list
    elements: str
    choices:
      - version
      - permissions
      - cluster_status
      - resources
      - hosts
      - guests
      - storages
      - backup_jobs
      - not_backed_up
requirements:
  - proxmoxer >= 2.3.0
  - requests >= 2.28.0
notes:
  - Proxies of the environment are not used.
"""
