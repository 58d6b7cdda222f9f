# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Leaves out of a trimmed object what does not have the form that the API gives it, so that whoever reads evidence can rely on it.

An API server checks its own kinds. Those of others may come from another version, be served by a program of their own, or be kept
without a check, and who stands between may send anything. A name means one form nearly everywhere, so the tables go by name; where
it means two, the name with that of its holder decides.
"""

from __future__ import annotations

import typing as t


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAPS = _words(
    """
    affinity allocatable annotations backend capabilities capacity claimRef configMap configMapKeyRef configMapRef csi
    defaultBackend destination directory disks diskStatus downwardAPI emptyDir ephemeral fieldRef flexVolume health helm
    hostPath http httpGet initiatedBy involvedObject jobTemplate kubernetesStatus kustomize labels labelSelector limits
    livenessProbe loadBalancer local matchLabels metadata nfs nodeAffinity nodeInfo nodeSelector operation
    operationState persistentVolumeClaim plugin podAffinity podAffinityTerm podAntiAffinity preference projected
    readinessProbe requests running secret secretKeyRef secretRef
    securityContext selector series service source spec startupProbe strategy summary sync syncPolicy syncResult
    targetRef template terminated updateStrategy usage valueFrom volumeClaimTemplate waiting .status
    containers.resources containerStatuses.state endpoints.conditions ephemeralContainers.resources
    initContainers.resources initContainerStatuses.state service.port spec.resources syncPolicy.automated volumes.image
    """
)
# Lists of mappings, with what each member needs to be of use; of fields with a bar between them, one.
_LISTS_OF_MAPS: t.Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers"), ("name", "image")),
    **dict.fromkeys(("env", "volumes", "imagePullSecrets", "containerStatuses", "initContainerStatuses"), ("name",)),
    **dict.fromkeys(("conditions", "taints"), ()),
    **dict.fromkeys(("rules", "tls", "ingress", "ports", "endpoints", "envFrom", "podIPs", "sources", "history", "items"), ()),
    **dict.fromkeys(("tolerations", "topologySpreadConstraints", "volumeClaimTemplates", "ignoreDifferences", "destinations"), ()),
    **dict.fromkeys(("matchExpressions", "matchFields", "nodeSelectorTerms", "hostAliases"), ()),
    # Of the use of a pod, which has them at its top.
    ".containers": ("name",),
    "volumeMounts": ("name", "mountPath"),
    "volumeDevices": ("name", "devicePath"),
    "ownerReferences": ("kind", "name"),
    "paths": ("backend",),
    "status.conditions": ("type", "status|message"),
    "status.addresses": ("type", "address"),
    "status.resources": ("kind", "name"),
    "sync.resources": ("kind", "name"),
    "containers.ports": ("containerPort",),
    "initContainers.ports": ("containerPort",),
    "ephemeralContainers.ports": ("containerPort",),
    "spec.ports": ("port",),
}
_LISTS_OF_TEXTS = _words(
    """
    accessModes add addresses apiVersions args bgp clusterIPs command communities components drop externalIPs
    externalURLs finalizers groups hosts images interfaces ipAddressPools ipFamilies keys loadBalancerSourceRanges
    mountOptions peers podCIDRs revisions sourceRepos sourceTypes syncOptions tags valueFiles versions
    """
)
_NUMBERS = _words(
    """
    actualSize autoHealAttemptsCount availableReplicas backoffLimit completions containerPort count
    currentNumberScheduled currentReplicas desiredNumberScheduled exitCode hostPort id leaseDurationSeconds nodePort
    numberAvailable numberMisscheduled numberOfReplicas numberReady numberUnavailable parallelism readyReplicas replicas
    retryCount storageAvailable storageMaximum storageReserved storageScheduled unavailableReplicas
    updatedNumberScheduled updatedReplicas ports.port
    """
)
_FLAGS = _words(
    """
    active allowScheduling allowVolumeExpansion autoAssign available avoidBuggyIPs controller enabled hostIPC
    hostNetwork hostPID privileged prune readOnly ready requiresPruning selfHeal started suspend unschedulable
    initiatedBy.automated
    """
)
_TEXTS = _words(
    """
    accessMode address addressType apiVersion architecture backupTargetURL chart claimName clusterIP component
    containerRuntimeVersion creationTimestamp cron currentNodeID currentState deployedAt devicePath diskID diskPath
    dnsPolicy driver effect engineName eventTime externalName externalTrafficPolicy failedAt fieldPath finishedAt
    firstTimestamp fsType group healthyAt holderIdentity host hostIP hostname hostnames image imageID ingressClassName
    ip k0sVersion kernelVersion key kind kubeletVersion lastBackupAt lastObservedTime lastTimestamp loadBalancerClass
    loadBalancerIP memberID message mountPath name namespace nodeID nodeName operatingSystem operator osImage path
    pathType peerAddress persistentVolumeReclaimPolicy phase podIP project protocol providerID provisioner pvcName
    pvName qosClass reason reclaimPolicy reconciledAt ref region reportingComponent repoURL resourceHealthSource
    restartPolicy revision robustness schedule secretName server serviceAccountName serviceName shareEndpoint size
    sourceType startedAt storageClassName subPath systemUUID targetRevision task timestamp type uid version
    volumeBindingMode volumeHandle volumeMode volumeName window zone conditions.status health.status resources.status
    status.state sync.status taints.value
    """
)
# Mappings whose keys are free: their values are texts, or amounts, which may be numbers.
_OF_TEXTS = _words(
    """
    annotations data labels matchLabels nodeSelector parameters selector volumeAttributes
    """
)
_OF_AMOUNTS = _words(
    """
    allocatable capacity limits requests usage
    """
)
# What a selector has instead, where it can say more.
_SELECTS = ("matchLabels", "matchExpressions")
# Free forms, which are redacted and not looked into.
_FREE = frozenset(("valuesObject", "generators", "helm", "plugin"))
# What a mapping needs to be of use.
_NEEDS: t.Mapping[str, tuple[str, ...]] = {
    "persistentVolumeClaim": ("claimName",),
    "hostPath": ("path",),
    "nfs": ("server", "path"),
    "csi": ("driver",),
    "claimRef": ("namespace", "name"),
    "service": ("name",),
    "secretKeyRef": ("name",),
    "configMapKeyRef": ("name",),
}


def fitting(item: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A trimmed object without the fields and members of lists that have another form than the API gives them."""
    return _fields(item, "")


def _fields(holder: t.Mapping[str, t.Any], name: str) -> dict[str, t.Any]:
    out = {}
    for field, value in holder.items():
        if name in _OF_AMOUNTS or (name in _OF_TEXTS and field not in _SELECTS):
            kept = value if isinstance(value, str) or (name in _OF_AMOUNTS and _is_number(value)) else None
        else:
            kept = _kept(value, field, name)
        if kept is not None:
            out[field] = kept
    return out


def _kept(value: t.Any, field: str, holder: str) -> t.Any:
    """The value without what does not fit; None for one that does not fit itself."""
    name = next((key for key in (f"{holder}.{field}", field) if key in _FORMS), "")
    if name and not _FORMS[name](value):
        return None
    if field in _FREE:
        return value
    if isinstance(value, dict):
        kept = _fields(value, field)
        return kept if all(need in kept for need in _NEEDS.get(field, ())) else None
    if isinstance(value, list):
        return [member for member in (_member(one, name, field) for one in value) if member is not None]
    return value


def _member(value: t.Any, name: str, field: str) -> t.Any:
    if name in _LISTS_OF_MAPS:
        kept = _fields(value, field) if isinstance(value, dict) else {}
        return kept if kept and all(any(one in kept for one in need.split("|")) for need in _LISTS_OF_MAPS[name]) else None
    if name in _LISTS_OF_TEXTS:
        return value if isinstance(value, str) else None
    return _fields(value, field) if isinstance(value, dict) else value


def _is_map(value: t.Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: t.Any) -> bool:
    return isinstance(value, list)


def _is_number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_flag(value: t.Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


_FORMS: t.Mapping[str, t.Callable[[t.Any], bool]] = {
    **dict.fromkeys(_MAPS, _is_map),
    **dict.fromkeys((*_LISTS_OF_MAPS, *_LISTS_OF_TEXTS), _is_list),
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(_FLAGS, _is_flag),
    **dict.fromkeys(_TEXTS, _is_text),
}
