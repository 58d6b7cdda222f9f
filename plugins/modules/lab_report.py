#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_report
short_description: Write the report of a lab
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads C(lab.json) and C(findings.json), and writes C(report.md), C(report.json) and the documents that people keep in their own
    repository, so far C(inventory.md).
  - Also writes C(rebuild_vars.yml), the variables with which a k0s cluster of the lab can be built anew, for its owner only. The
    file of an earlier audit stays when the cluster could not be read.
  - In a document only the part between its two marker lines is written anew; the text around them is kept. A document whose markers
    are not exactly one pair is left alone, and the module fails after everything else is written.
  - Talks to nothing but these files, so it can be repeated anywhere at any time with the same result.
  - See R(the report guide,ansible_collections.homelab.deepdive.docsite.report) for what the templates get.
extends_documentation_fragment:
  - homelab.deepdive.attributes
attributes:
  check_mode:
    support: full
    details: In check mode the report is made, and nothing is written.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  lab_file:
    description: File that M(homelab.deepdive.lab_model) wrote.
    type: path
    required: true
  findings_file:
    description: File that M(homelab.deepdive.lab_findings) wrote.
    type: path
    required: true
  templates_dirs:
    description: Folders with templates. The first that has a template wins, so one's own folders come before those of the role.
    type: list
    elements: path
    required: true
  dest:
    description: Folder for the report. Its files can be read by their owner only.
    type: path
    required: true
  docs_dir:
    description: Folder for the documents. The default is C(docs) in O(dest).
    type: path
  formats:
    description: Forms of the report. Documents and C(rebuild_vars.yml) are written in any case.
    type: list
    elements: str
    choices: [md, json]
    default: [md, json]
  banner:
    description: A mark at the head of the report, such as V(DEMO LAB).
    type: str
    default: ""
  fail_on:
    description:
      - What makes an audit count as failed. The module itself does not fail; it returns RV(failed_on).
      - A severity stands for itself and everything worse; V(gap) for anything that could not be read.
    type: list
    elements: str
    choices: [critical, high, medium, low, info, gap]
    default: []
"""

EXAMPLES = r"""
- name: Write the report
  homelab.deepdive.lab_report:
    lab_file: audit/lab.json
    findings_file: audit/findings.json
    templates_dirs:
      - my_templates
      - roles/audit/templates
    dest: audit
    fail_on: [high, gap]
  register: report

- name: Stop when something is there that must not be
  ansible.builtin.fail:
    msg: "{{ report.failed_on }}"
  when: report.failed_on | length > 0
"""

RETURN = r"""
files:
  description: The files of the report and whether their bytes changed, by path.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      returned: success
    changed:
      description: Whether its bytes changed.
      type: bool
      returned: success
  sample:
    - {path: audit/report.md, changed: true}
verdict:
  description: The lab and its findings in at most ten sentences of plain text.
  returned: success
  type: list
  elements: str
  sample: ["There are 3 findings: 1 high and 2 medium."]
unreadable:
  description: Why there is nothing to report on at all; empty when at least one source was read, be it in part.
  returned: success
  type: str
  sample: ""
failed_on:
  description: One sentence for each entry of O(fail_on) that is the case.
  returned: success
  type: list
  elements: str
  sample: ["high: 2 findings of this severity or worse (BAK-001, VM-001)"]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._report.publish import FORMATS, Order, publish
from ansible_collections.homelab.deepdive.plugins.module_utils._report.report import FAIL_ON


def main() -> None:
    """Adapter: lab.json and findings.json in, the report out."""
    module = AnsibleModule(
        argument_spec={
            "lab_file": {"type": "path", "required": True},
            "findings_file": {"type": "path", "required": True},
            "templates_dirs": {"type": "list", "elements": "path", "required": True},
            "dest": {"type": "path", "required": True},
            "docs_dir": {"type": "path"},
            "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
            "banner": {"type": "str", "default": ""},
            "fail_on": {"type": "list", "elements": "str", "choices": list(FAIL_ON), "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params
    dest = Path(params["dest"])
    order = Order(
        lab_file=Path(params["lab_file"]),
        findings_file=Path(params["findings_file"]),
        templates_dirs=[Path(folder) for folder in params["templates_dirs"]],
        dest=dest,
        docs_dir=Path(params["docs_dir"] or dest / "docs"),
        formats=params["formats"],
        banner=params["banner"],
        fail_on=params["fail_on"],
        write=not module.check_mode,
    )
    try:
        outcome = publish(order)
    except LabError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(
        changed=any(changed for path, changed in outcome.files),
        files=[{"path": str(path), "changed": changed} for path, changed in outcome.files],
        verdict=list(outcome.verdict),
        unreadable=outcome.unreadable,
        failed_on=list(outcome.failed_on),
    )


if __name__ == "__main__":
    main()
