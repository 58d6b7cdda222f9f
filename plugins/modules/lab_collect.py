#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_collect
short_description: Collect the evidence of a lab
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads every source of a lab side by side and writes an evidence folder.
  - Sends only reads. Each request is checked against a fixed list before it is sent, and written to a ledger in the folder.
  - A source that cannot be read is no error. It is written down as a gap, with its cause and what would help.
  - Secrets are taken out before anything is written. Each run plants some to see that it works, and looks for those that it logs in
    with in every file; when one is there, the module fails and keeps nothing.
extends_documentation_fragment:
  - homelab.deepdive.attributes
  - homelab.deepdive.sources
attributes:
  check_mode:
    support: none
    details: Collecting only reads the lab; the role runs it in check mode too.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: The evidence says when it was collected.
options:
  dest:
    description: Evidence folder to write. An old one is replaced only when the new one is whole.
    type: path
    required: true
  mask_key_file:
    description:
      - File that holds the key of the masks, so that equal secrets have equal masks in every audit.
      - It is made when it does not exist, and must not lie inside O(dest).
    type: path
    required: true
seealso:
  - module: homelab.deepdive.lab_model
"""

EXAMPLES = r"""
- name: Collect the evidence of a lab with one cluster and its repository
  homelab.deepdive.lab_collect:
    kubernetes:
      - name: lab
        kubeconfig: ~/.kube/lab-audit.conf
    repository:
      name: homelab
      path: ~/src/homelab
    dest: audit/evidence
    mask_key_file: audit/mask.key
"""

RETURN = r"""
dest:
  description: The evidence folder.
  returned: success
  type: str
  sample: audit/evidence
sources:
  description: What became of each configured source, with its gaps.
  returned: success
  type: list
  elements: dict
  sample:
    - source: kubernetes
      name: lab
      state: read
      started: "2026-01-02T03:04:05Z"
      seconds: 0.8
      identity: null
      version: v1.34.4
      leaks: 0
      gaps: []
bytes:
  description: Bytes written.
  returned: success
  type: int
  sample: 48211
seconds:
  description: How long it took.
  returned: success
  type: float
  sample: 1.2
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.deepdive.plugins.module_utils._collect import collect_lab, read_hosts
from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.mask_key import mask_key
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.expressions import missing_packages as judge_packages
from ansible_collections.homelab.deepdive.plugins.module_utils._options import sections, sources_spec
from ansible_collections.homelab.deepdive.plugins.module_utils._requirements import require
from ansible_collections.homelab.deepdive.plugins.module_utils._sources import missing_packages


def main() -> None:
    """Adapter: sections of the lab file in, evidence out."""
    module = AnsibleModule(
        argument_spec={
            **sources_spec(),
            "dest": {"type": "path", "required": True},
            "mask_key_file": {"type": "path", "required": True},
        },
    )
    entries = sections(module.params)
    dest = Path(module.params["dest"])
    ledger = Ledger()
    try:
        require([*missing_packages(kind for kind, configured in entries.items() if configured), *judge_packages()])
        redactor = Redactor(mask_key(Path(module.params["mask_key_file"])))
        result = collect_lab(entries, read_hosts(module.params["k0s"], ledger, redactor), ledger, redactor, dest)
    except LabError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=True, dest=str(dest), sources=result.sources, bytes=result.bytes, seconds=result.seconds)


if __name__ == "__main__":
    main()
