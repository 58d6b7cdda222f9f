#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: lab_findings
short_description: Judge a lab by rules
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Applies rules to the model of a lab and writes C(findings.json), which says for every rule and object whether it fails, passes,
    cannot be told, does not apply or is waived.
  - Talks to nothing; it reads and writes files on the machine that it runs on.
  - What rules look like is told in R(the guide to writing rules,ansible_collections.homelab.deepdive.docsite.rules).
requirements:
  - jmespath >= 1.0.1
  - PyYAML >= 5.1
extends_documentation_fragment:
  - homelab.deepdive.attributes
attributes:
  check_mode:
    support: full
    details: In check mode the lab is judged, and nothing is written.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  lab_file:
    description: The model, C(lab.json), as M(homelab.deepdive.lab_model) writes it.
    type: path
    required: true
  rules_dirs:
    description:
      - Folders with rules. Every file in them that ends in C(.yml) or C(.yaml) is a list of rules.
      - Two rules cannot have the same id, in whatever folder they are.
    type: list
    elements: path
    required: true
  data_dirs:
    description:
      - Folders with data files, which say what is known of the world outside the lab, such as which chart ends a drift.
      - An entry wins over one with its id in a folder further behind.
    type: list
    elements: path
    default: []
  waivers:
    description:
      - Findings that are accepted. A waiver that has expired is not applied.
      - Whether each is used, expired or unmatched is written to C(findings.json).
    type: list
    elements: dict
    default: []
    suboptions:
      rule:
        description: Id of the rule.
        type: str
        required: true
      object:
        description: Pattern over ids of objects, with C(*) and C(?).
        type: str
        required: true
      reason:
        description: Why the finding is accepted; the report prints it.
        type: str
        required: true
      until:
        description: Last day that the waiver holds, in UTC, as C(YYYY-MM-DD). It is compared with the time of the audit.
        type: str
        required: true
  severities:
    description: Severities that differ from those of the rules; rule ids to V(critical), V(high), V(medium), V(low) or V(info).
    type: dict
    default: {}
  thresholds:
    description: Thresholds that differ from those of the rules; rule ids to a mapping of names to numbers.
    type: dict
    default: {}
  profile:
    description: V(default) applies the rules that matter in most labs, V(hygiene) also those that only tidy up.
    type: str
    choices: [default, hygiene]
    default: default
  dest:
    description: File to write. Its folder must exist. Only its owner may read it.
    type: path
    required: true
seealso:
  - module: homelab.deepdive.lab_model
  - module: homelab.deepdive.lab_report
"""

EXAMPLES = r"""
- name: Judge the lab
  homelab.deepdive.lab_findings:
    lab_file: audit/lab.json
    rules_dirs:
      - "{{ role_path }}/files/rules"
      - rules
    data_dirs:
      - "{{ role_path }}/files/data"
    waivers:
      - rule: PVE-001
        object: proxmox_cluster/home//*
        reason: A QDevice runs on the router
        until: "2026-12-31"
    severities:
      NODE-007: low
    thresholds:
      PVE-004:
        used_ratio: 0.95
    dest: audit/findings.json
"""

RETURN = r"""
severities:
  description: Number of failed rules and objects by severity.
  type: dict
  returned: success
  sample: {critical: 0, high: 2, medium: 5, low: 1, info: 2}
outcomes:
  description: Number of results by outcome.
  type: dict
  returned: success
  sample: {fail: 10, pass: 83, unknown: 4, not_applicable: 21, waived: 1}
top:
  description: The findings that matter most, at most five, the worst first.
  type: list
  elements: dict
  returned: success
  contains:
    rule:
      description: Id of the rule.
      type: str
      sample: VM-001
    severity:
      description: Severity.
      type: str
      sample: high
    subject:
      description: Id of the object.
      type: str
      sample: guest/home//112
    message:
      description: What is so.
      type: str
      sample: "files (carries: storage) does not start when one does"
    fingerprint:
      description: Sixteen hexadecimal digits that stay the same from audit to audit.
      type: str
      sample: 0123456789abcdef
waivers:
  description: Number of waivers by state.
  type: dict
  returned: success
  sample: {used: 1, expired: 0, unmatched: 0}
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.folder import differs, dump, read_json, write_private
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.facts import load_facts
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.judge import Settings, judge
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.rule_files import load_rules
from ansible_collections.homelab.deepdive.plugins.module_utils._findings.waivers import STATES, parse_waivers
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.format import FORMAT, MAKE_AGAIN

WAIVER = {
    "rule": {"type": "str", "required": True},
    "object": {"type": "str", "required": True},
    "reason": {"type": "str", "required": True},
    "until": {"type": "str", "required": True},
}
SPEC = {
    "lab_file": {"type": "path", "required": True},
    "rules_dirs": {"type": "list", "elements": "path", "required": True},
    "data_dirs": {"type": "list", "elements": "path", "default": []},
    "waivers": {"type": "list", "elements": "dict", "default": [], "options": WAIVER},
    "severities": {"type": "dict", "default": {}},
    "thresholds": {"type": "dict", "default": {}},
    "profile": {"type": "str", "choices": ["default", "hygiene"], "default": "default"},
    "dest": {"type": "path", "required": True},
}
TOP_FIELDS = ("rule", "severity", "subject", "message", "fingerprint")


def run(params: t.Mapping[str, t.Any], check_mode: bool) -> dict[str, t.Any]:
    """Read, judge, write; what the module returns. Errors: LabError."""
    rules = load_rules(Path(folder) for folder in params["rules_dirs"])
    facts = load_facts(Path(folder) for folder in params["data_dirs"])
    waivers = parse_waivers(params["waivers"])
    settings = Settings(params["severities"], params["thresholds"], waivers, params["profile"], facts)
    findings = judge(rules, read_json(Path(params["lab_file"]), FORMAT, "a model", MAKE_AGAIN), settings)
    dest = Path(params["dest"])
    text = dump(findings) + "\n"
    changed = differs(dest, text) if check_mode else write_private(dest, text)
    by_fingerprint = {result["fingerprint"]: result for result in findings["results"]}
    states = [waiver["state"] for waiver in findings["waivers"]]
    return {
        "changed": changed,
        "severities": findings["counts"]["severity"],
        "outcomes": findings["counts"]["outcome"],
        "top": [{field: by_fingerprint[key][field] for field in TOP_FIELDS} for key in findings["top"]],
        "waivers": {state: states.count(state) for state in STATES},
    }


def main() -> t.NoReturn:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode)
    except LabError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
