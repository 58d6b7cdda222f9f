#!/usr/bin/python
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_info
short_description: Read what runs in a Kubernetes cluster
version_added: 0.1.0
author: homelab.deepdive contributors (@homelab-deepdive)
description:
  - Reads nodes, workloads, Services, routes, claims, volumes and events of one cluster, and the objects in which k0s keeps its
    controllers; where they are there, also the Applications of Argo CD, the address pools of MetalLB, the volumes of Longhorn and
    the usage that the metrics API tells.
  - Objects that an Application lists as out of sync are read one by one, and C(drifted_objects) says how each differs from what was
    applied last, and who owns what differs. At most 50 objects are read so.
  - Sends only reads of a fixed list; Secrets are not on it.
  - Objects are as the API gives them, without fields that change by themselves. Secrets in environment, arguments, annotations,
    settings, Helm values, messages and addresses are masked, equal ones with equal masks.
  - What cannot be read is no error but listed in RV(gaps). The module fails when nothing could be read.
extends_documentation_fragment:
  - homelab.deepdive.attributes
  - homelab.deepdive.kubernetes
"""

EXAMPLES = r"""
- name: Read the whole cluster
  homelab.deepdive.kubernetes_info:
    kubeconfig: ~/.kube/lab-audit.conf
  register: cluster

- name: Read only nodes and pods of another context
  homelab.deepdive.kubernetes_info:
    kubeconfig: ~/.kube/config
    context: lab
    gather: [nodes, pods]

- name: Say what could not be read
  ansible.builtin.debug:
    msg: "{{ item.detail }}"
  loop: "{{ cluster.gaps }}"
"""

RETURN = r"""
kubernetes:
  description:
    - Objects by kind, such as C(pods) or C(persistentvolumeclaims), each a list.
    - C(version) and C(api_groups) say what the API server is; C(identity) says as whom it was read, when that can be told.
    - A kind that could not be read is absent; one that the cluster does not have is an empty list.
  returned: success
  type: dict
  sample:
    nodes:
      - metadata: {name: worker-1}
        status: {nodeInfo: {kubeletVersion: v1.34.4+k0s}}
gaps:
  description: What could not be read, and what would help.
  returned: always
  type: list
  elements: dict
  contains:
    what:
      description: Kind of objects, or V(source) for the whole cluster.
      type: str
      returned: success
    reason:
      description: V(forbidden), V(unauthorized), V(timeout), V(unreachable), V(unsupported) or V(invalid).
      type: str
      returned: success
    detail:
      description: One sentence.
      type: str
      returned: success
    remedy:
      description: What would make it readable; may be empty.
      type: str
      returned: success
requests_count:
  description: Number of requests that were sent.
  returned: when the kubeconfig can be used
  type: int
  sample: 21
identity:
  description: User that was read as; null when only the API server knows.
  returned: success
  type: str
  sample: system:serviceaccount:homelab-audit:homelab-audit
version:
  description: Version of the API server; null when it may not be read.
  returned: success
  type: str
  sample: v1.34.4+k0s
"""

import secrets
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import LabError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.collect import collect
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.options import connection_spec


def main() -> t.NoReturn:
    """Run the module."""
    module = AnsibleModule(argument_spec=connection_spec(), supports_check_mode=True)
    ledger = Ledger()
    try:
        # Masks of one run are comparable with each other only.
        found = collect(module.params, ledger, Redactor(secrets.token_bytes(32)))
    except LabError as exc:
        module.fail_json(msg=str(exc), gaps=[])
    result: dict[str, t.Any] = {"gaps": [gap.to_dict() for gap in found.gaps], "requests_count": len(ledger.requests)}
    if found.state == "failed":
        cause = found.gaps[0]
        module.fail_json(msg="; ".join(filter(None, (cause.detail, cause.remedy))), **result)
    module.exit_json(changed=False, kubernetes=found.nouns, identity=found.identity, version=found.version, **result)


if __name__ == "__main__":
    main()
