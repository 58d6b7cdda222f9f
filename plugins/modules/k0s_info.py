#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: k0s_info
short_description: Read what a k0s host knows of itself
version_added: 0.1.0
author:
  - homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads version, status, configuration, etcd members and systemd units of k0s, and when its certificates end.
  - Runs only C(k0s version), C(k0s status), C(k0s etcd member-list) and C(systemctl show), each with a time limit, and reads only
    C(*.crt) files in C(pki) and C(pki/etcd) of the data directory. Keys, kubeconfigs and tokens are never opened.
  - Secrets in the configuration and in command lines are masked before they leave the host.
  - What could not be read is told in RV(gaps), and is not the same as an empty list. The task does not fail because of it.
  - Needs root, and nothing but Python's standard library.
extends_documentation_fragment:
  - homelab.deepdive.attributes
options:
  name:
    description: Name of the host in RV(requests). Without it, its own host name.
    type: str
  gather:
    description: What to read; everything without it.
    type: list
    elements: str
    choices: [version, status, config, etcd_members, units, certificates]
  data_dir:
    description: Data directory of k0s, for one that was started with another. Without it, the one that C(k0s status) tells.
    type: path
  k0s_binary:
    description: Path of k0s. Without it, the first on the search path.
    type: path
  status_socket:
    description: Socket that C(k0s status) asks, for k0s with another run directory.
    type: path
  timeout:
    description: Seconds that each command may take, instead of 20 for C(k0s status) and 10 for others.
    type: float
  mask_key:
    description:
      - Key of the masks, 64 hexadecimal digits. With the same key equal secrets have equal masks, on every host and in every audit.
      - Without it a random one, and masks of one run can be compared with each other only.
    type: str
  recording:
    description:
      - Folder with recorded answers that are read instead of the machine, for a repeatable look without the host.
      - It holds C(commands/NAME.json) with C(rc), C(stdout) and C(stderr), and C(files/) with the files by their absolute paths.
    type: path
seealso:
  - module: homelab.deepdive.lab_collect
"""

EXAMPLES = r"""
- name: Read every controller
  homelab.deepdive.k0s_info:
  become: true
  register: controller

- name: Tell when the first certificate ends
  ansible.builtin.debug:
    msg: "{{ controller.k0s.certificates | map(attribute='not_after') | min }}"
"""

RETURN = r"""
k0s:
  description:
    - What was read, by name. A name that is missing was not read; an empty list was read and is empty.
    - A worker has neither C(config) nor C(etcd_members).
  returned: success
  type: dict
  contains:
    version:
      description: One object with C(version).
      type: list
      elements: dict
      returned: when it could be read
    status:
      description: One object, the answer of C(k0s status) without its configuration and process numbers.
      type: list
      elements: dict
      returned: when it could be read
    config:
      description: One object, the configuration that the controller was started with. It is not the dynamic one.
      type: list
      elements: dict
      returned: on controllers
    etcd_members:
      description: Each member with C(name) and C(url).
      type: list
      elements: dict
      returned: on controllers with etcd
    units:
      description: Each systemd unit of k0s with C(name), C(active), C(enabled) and C(exec_start). Without systemd there is none.
      type: list
      elements: dict
      returned: when it could be read
    certificates:
      description: Each certificate with C(path), C(subject) and C(not_after) in UTC.
      type: list
      elements: dict
      returned: when it could be read
  sample:
    version: [{version: v1.34.4+k0s.0}]
    certificates:
      - path: /var/lib/k0s/pki/admin.crt
        subject: O=system:masters, CN=kubernetes-admin
        not_after: "2027-02-27T18:00:00Z"
gaps:
  description: What could not be read, why, and what would help.
  returned: success
  type: list
  elements: dict
  sample:
    - what: etcd_members
      reason: timeout
      detail: "cannot read the members of etcd: k0s etcd member-list did not answer in time"
      remedy: "ask another controller whether this one is still a member: k0s etcd member-list"
identity:
  description: As whom it was read; null when nothing was.
  returned: success
  type: str
  sample: root
version:
  description: Version of k0s; null when it was not read.
  returned: success
  type: str
  sample: v1.34.4+k0s.0
requests:
  description: Every command that ran and every file that was read, with its exit code, bytes and seconds.
  returned: success
  type: list
  elements: dict
  sample:
    - {source: k0s, name: ctrl-1, verb: EXEC, endpoint: k0s version, path: k0s version, status: 0, bytes: 15, seconds: 0.1}
"""

import platform
import re
import secrets
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._evidence.ledger import Ledger
from ..module_utils._evidence.redaction import Redactor
from ..module_utils._k0s.collect import NOUNS, gather
from ..module_utils._k0s.hosts import Host, Machine, Recording
from ..module_utils._k0s.result import to_result

_KEY = re.compile(r"[0-9A-Fa-f]{64}")


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str"},
            "gather": {"type": "list", "elements": "str", "choices": list(NOUNS)},
            "data_dir": {"type": "path"},
            "k0s_binary": {"type": "path"},
            "status_socket": {"type": "path"},
            "timeout": {"type": "float"},
            "mask_key": {"type": "str", "no_log": True},
            "recording": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params = module.params
    key = params["mask_key"] or secrets.token_hex(32)
    if not _KEY.fullmatch(key):
        module.fail_json(msg="cannot use mask_key: it must be 64 hexadecimal digits; leave it out for a random one")
    host: Host = Machine(params["k0s_binary"], params["status_socket"], params["data_dir"], params["timeout"])
    if params["recording"]:
        host = Recording(Path(params["recording"]), params["data_dir"])
    ledger = Ledger()
    found = gather(host, params["name"] or platform.node(), params["gather"] or (), ledger, Redactor(bytes.fromhex(key)))
    module.exit_json(changed=False, **to_result(found, ledger.requests))


if __name__ == "__main__":
    main()
