#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_info
short_description: Read what a Git checkout declares
version_added: 0.1.0
author:
  - homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads the files of a checkout, which Kubernetes objects they hold, and which machines a k0sctl file declares.
  - Reads files below O(path) only, follows no link out of it, and skips what Git ignores. The only program that runs is
    C(git ls-files), with hooks and monitors switched off. Without Git, and in a folder that is no checkout, every file counts.
  - Files are read as they are. Templates of Helm charts are not rendered, and left out.
  - What could not be read is told in RV(gaps), and is not the same as an empty list.
requirements:
  - PyYAML >= 5.1
extends_documentation_fragment:
  - homelab.deepdive.attributes
options:
  path:
    description: Folder of the checkout.
    type: path
    required: true
  gather:
    description: What to read; everything without it.
    type: list
    elements: str
    choices: [head, files, manifests, k0sctl_hosts, problems]
seealso:
  - module: homelab.deepdive.lab_collect
"""

EXAMPLES = r"""
- name: Read a checkout
  homelab.deepdive.repository_info:
    path: ~/src/homelab
  register: checkout

- name: List the Ingresses that it declares
  ansible.builtin.debug:
    msg: "{{ checkout.repository.manifests | selectattr('kind', 'eq', 'Ingress') | map(attribute='name') }}"
"""

RETURN = r"""
repository:
  description:
    - What was read, by name. A name that is missing was not read; an empty list was read and is empty.
  returned: success
  type: dict
  contains:
    head:
      description: One object with C(branch), C(commit) and C(remote), each null when there is none; secrets are masked.
      type: list
      elements: dict
      returned: when it could be read
    files:
      description: Each file with C(path) and C(bytes).
      type: list
      elements: dict
      returned: when it could be read
    manifests:
      description:
        - Each Kubernetes object with C(path), C(index) of its document, C(apiVersion), C(kind), C(namespace) and C(name).
      type: list
      elements: dict
      returned: when it could be read
    k0sctl_hosts:
      description: Each declared machine with C(path), C(role), C(address) and C(hostname).
      type: list
      elements: dict
      returned: when it could be read
    problems:
      description: Each file that is no valid YAML, with C(path) and C(detail).
      type: list
      elements: dict
      returned: when it could be read
  sample:
    head: [{branch: main, commit: 5c0c0ffee5c0c0ffee5c0c0ffee5c0c0ffee5c0c, remote: "https://git.example/homelab.git"}]
gaps:
  description: What could not be read, why, and what would help.
  returned: always
  type: list
  elements: dict
  sample: []
requests_count:
  description: Number of files that were read and programs that ran.
  returned: always
  type: int
  sample: 31
"""

import os
import secrets
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LabError
from ..module_utils._evidence.ledger import Ledger
from ..module_utils._evidence.redaction import Redactor
from ..module_utils._repository.collect import NOUNS, collect
from ..module_utils._repository.nodes import missing_packages
from ..module_utils._requirements import require


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "gather": {"type": "list", "elements": "str", "choices": list(NOUNS)},
        },
        supports_check_mode=True,
    )
    ledger = Ledger()
    try:
        require(missing_packages())
        path = os.path.abspath(module.params["path"])
        options = {"name": os.path.basename(path), "path": path, "gather": module.params["gather"]}
        # Masks of one run are comparable with each other only.
        found = collect(options, ledger, Redactor(secrets.token_bytes(32)))
    except LabError as exc:
        module.fail_json(msg=str(exc))
    result: dict[str, t.Any] = {"gaps": [gap.to_dict() for gap in found.gaps], "requests_count": len(ledger.requests)}
    if found.state == "failed":
        cause = found.gaps[0]
        module.fail_json(msg="; ".join(filter(None, (cause.detail, cause.remedy))), **result)
    module.exit_json(changed=False, repository=found.nouns, **result)


if __name__ == "__main__":
    main()
