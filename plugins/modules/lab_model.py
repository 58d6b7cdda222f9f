#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_model
short_description: Make the model of a lab from its evidence
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads an evidence folder, joins what the sources say of the same things, and writes C(lab.json).
  - Talks to nothing but the folder, so it can be repeated anywhere at any time with the same result.
  - The fields are described in R(the model guide,ansible_collections.homelab.deepdive.docsite.model).
extends_documentation_fragment:
  - homelab.deepdive.attributes
attributes:
  check_mode:
    support: full
    details: In check mode the model is made, and nothing is written.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  evidence_dir:
    description: Folder that M(homelab.deepdive.lab_collect) wrote.
    type: path
    required: true
  dest:
    description: File to write.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Make the model of the lab
  homelab.deepdive.lab_model:
    evidence_dir: audit/evidence
    dest: audit/lab.json
"""

RETURN = r"""
dest:
  description: File that was written.
  returned: success
  type: str
  sample: audit/lab.json
counts:
  description: Objects in each collection of the model.
  returned: success
  type: dict
  sample: {guests: 7, hosts: 2}
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import differs, dump, read_evidence, write_private
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.build import build_lab


def main() -> None:
    """Adapter: evidence in, lab.json out."""
    module = AnsibleModule(
        argument_spec={"evidence_dir": {"type": "path", "required": True}, "dest": {"type": "path", "required": True}},
        supports_check_mode=True,
    )
    dest = Path(module.params["dest"])
    try:
        lab = build_lab(read_evidence(Path(module.params["evidence_dir"])))
        text = dump(lab) + "\n"
        changed = differs(dest, text) if module.check_mode else write_private(dest, text)
    except LabError as exc:
        module.fail_json(msg=str(exc))
    counts: dict[str, t.Any] = {name: len(value) for name, value in lab.items() if isinstance(value, list)}
    module.exit_json(changed=changed, dest=str(dest), counts=counts)


if __name__ == "__main__":
    main()
