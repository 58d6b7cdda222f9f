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
  - Reads the files of a checkout and what they declare. That is Kubernetes objects, Argo CD Applications, routes, the machines of
    k0sctl files, those that tables in Markdown files name, and the guests of Proxmox VE in Terraform and OpenTofu files.
  - Reads files below O(path) only, follows no link out of it, and skips what Git ignores. The only program that runs is
    C(git ls-files), with hooks and monitors switched off. Without Git, and in a folder that is no checkout, every file counts.
  - Files are read as they are. Templates of Helm charts are not rendered, and left out.
  - Terraform and OpenTofu do not run. Variables with a value in the repository, locals, local modules, C(count), C(for_each) and
    functions that need nothing but their arguments are worked out; the rest is told to be unresolved.
  - What could not be read is told in RV(gaps), and is not the same as an empty list.
requirements:
  - PyYAML >= 5.1
  - python-hcl2 >= 8.1.0, < 9, for Terraform and OpenTofu files; without it they are a gap
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
    choices:
      - head
      - files
      - manifests
      - k0sctl_hosts
      - k0sctl_files
      - problems
      - declared_applications
      - declared_routes
      - kustomizations
      - documented_machines
      - terraform_guests
      - terraform_problems
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
    k0sctl_files:
      description: Each k0sctl file with C(path), C(k0s_version) and C(cluster_name).
      type: list
      elements: dict
      returned: when it could be read
    problems:
      description: Each file that is no valid YAML, with C(path) and C(detail).
      type: list
      elements: dict
      returned: when it could be read
    declared_applications:
      description:
        - Each Argo CD Application with C(path), C(namespace), C(name), C(project), C(destination), C(sources), C(automated),
          C(self_heal), C(prune) and C(finalizers).
      type: list
      elements: dict
      returned: when it could be read
    declared_routes:
      description:
        - Each rule of an Ingress or HTTPRoute, and each default backend, with C(path), C(namespace), C(name), C(host), which is
          null for all, C(route_path) and C(kube_service_name).
      type: list
      elements: dict
      returned: when it could be read
    kustomizations:
      description: Each file of Kustomize with C(path), the C(resources) that it builds on and other C(files) that it reads.
      type: list
      elements: dict
      returned: when it could be read
    documented_machines:
      description: Each machine in a table of a Markdown file with C(path), C(line), C(name), C(address) and C(role).
      type: list
      elements: dict
      returned: when it could be read
    terraform_guests:
      description:
        - Each guest with C(path), C(line), C(root), which is the folder of the root module, C(address), C(type), and C(name),
          C(vmid), C(host), C(cpu_count), C(memory_bytes), C(disk_bytes), C(ip), C(onboot) and C(template) as far as they are set
          and can be told.
        - C(unresolved) names the fields that are set and cannot be told, C(ignored) those whose changes Terraform ignores.
      type: list
      elements: dict
      returned: when it could be read
    terraform_problems:
      description: Each thing in Terraform files that cannot be told, with C(path) and C(detail).
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
