# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options of a Kubernetes connection. Twin of connection_spec() in module_utils/_kubernetes/options.py."""

    DOCUMENTATION = r"""
requirements:
  - kubernetes >= 31.0.0
options:
  kubeconfig:
    description:
      - Path of a kubeconfig. V(~/.kube/config) when neither this nor an environment variable names one.
      - Can also be set with E(K8S_AUTH_KUBECONFIG) or E(KUBECONFIG). Of several files in the latter the first that exists is read.
      - Exec plugins are run. The auth-providers that Kubernetes removed in 1.26 are not supported.
    type: path
  context:
    description:
      - Context of the kubeconfig. The current one by default.
      - Can also be set with E(K8S_AUTH_CONTEXT).
    type: str
  timeout:
    description: Seconds that the API server may be silent before a request is given up.
    type: float
    default: 30
  gather:
    description: What to read. Everything by default. The version is read in any case.
    type: list
    elements: str
    choices:
      - version
      - api_groups
      - pods
      - events
      - applications
      - replicasets
      - configmaps
      - endpointslices
      - services
      - nodes
      - namespaces
      - deployments
      - statefulsets
      - daemonsets
      - cronjobs
      - jobs
      - ingresses
      - persistentvolumeclaims
      - persistentvolumes
      - storageclasses
      - leases
      - controlnodes
      - etcdmembers
      - appprojects
      - applicationsets
      - ipaddresspools
      - l2advertisements
      - bgpadvertisements
      - longhorn_volumes
      - longhorn_replicas
      - longhorn_nodes
      - longhorn_settings
      - longhorn_backup_targets
      - longhorn_recurring_jobs
      - node_metrics
      - pod_metrics
      - drifted_objects
"""
