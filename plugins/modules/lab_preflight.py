#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_preflight
short_description: Check access to every source of a lab
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Asks every source of a lab, side by side and in seconds, whether it can be reached, trusted, logged in to and read.
  - Each missing right comes with the command that grants it, and Python packages that are missing come all at once with the
    command that installs them for the Python that really runs.
extends_documentation_fragment:
  - homelab.deepdive.attributes
  - homelab.deepdive.sources
seealso:
  - module: homelab.deepdive.lab_collect
"""

EXAMPLES = r"""
- name: Check access to one cluster
  homelab.deepdive.lab_preflight:
    kubernetes:
      - name: lab
        kubeconfig: ~/.kube/lab-audit.conf
"""

RETURN = r"""
checks:
  description: Every step of every source.
  returned: success
  type: list
  elements: dict
  sample: [{source: kubernetes, name: lab, step: login, ok: true, detail: v1.34.4, remedy: ""}]
lines:
  description: The same, one readable line per step.
  returned: success
  type: list
  elements: str
  sample: ["ok      kubernetes/lab login: v1.34.4"]
failed_lines:
  description: Those of the steps that failed.
  returned: success
  type: list
  elements: str
  sample: []
"""

import dataclasses
import secrets

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.deepdive.plugins.module_utils._collect import preflight_lab, read_hosts
from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.checks import Check
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.expressions import missing_packages as judge_packages
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.result import checks as k0s_checks
from ansible_collections.homelab.deepdive.plugins.module_utils._options import sections, sources_spec
from ansible_collections.homelab.deepdive.plugins.module_utils._requirements import require
from ansible_collections.homelab.deepdive.plugins.module_utils._sources import missing_packages


def line(check: Check) -> str:
    """One step for people; the remedy stands on the same line, ready to copy."""
    word = "ok     " if check.ok else "missing"
    remedy = f"; {check.remedy}" if check.remedy else ""
    return f"{word} {check.source}/{check.name} {check.step}: {check.detail}{remedy}"


def main() -> None:
    """Adapter: sections of the lab file in, checks out."""
    module = AnsibleModule(argument_spec=sources_spec(), supports_check_mode=True)
    entries = sections(module.params)
    try:
        require([*missing_packages(kind for kind, configured in entries.items() if configured), *judge_packages()])
        ledger = Ledger()
        # The gaps of a host are told, nothing of what it gave is.
        hosts = read_hosts(module.params["k0s"], ledger, Redactor(secrets.token_bytes(32)))
        checks = preflight_lab(entries, ledger) + [check for name in sorted(hosts) for check in k0s_checks(name, hosts[name])]
    except LabError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=False,
        checks=[dataclasses.asdict(check) for check in checks],
        lines=[line(check) for check in checks],
        failed_lines=[line(check) for check in checks if not check.ok],
    )


if __name__ == "__main__":
    main()
