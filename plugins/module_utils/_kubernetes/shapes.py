# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What is kept of each kind, field by field, and where it is redacted. A field that is not here is dropped while reading.

Those of Argo CD, MetalLB, Longhorn and the metrics are in part_shapes.py. Left out on purpose: managedFields, last-applied
configuration, resourceVersion, generation, heartbeat and transition times, restart counts and messages, which change without the
lab changing.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t


class Mark(enum.Enum):
    """How a value is kept."""

    KEEP = "as it is: names, addresses, images, numbers"
    TEXT = "free text"
    SETTINGS = "named values, flat"
    ANNOTATIONS = "named values without those that repeat the object or change by themselves"
    COMMAND = "words of a command line"
    PLACE = "address or path that may hold a password"
    URL = "address of a server, repository or bucket that may hold a password"
    TREE = "nested data of unknown form"
    VALUES = "Helm values, which are YAML in a text"
    CONTAINER = "a container, whose command line, environment and rest belong together"


@dataclasses.dataclass(frozen=True)
class Each:
    """A list of values of one shape."""

    shape: Shape


@dataclasses.dataclass(frozen=True)
class Named:
    """A mapping from names, which are kept, to values of one shape."""

    shape: Shape


# A mapping names the fields that are kept; with OTHERS in it the rest is kept, too, as nested data of unknown form.
Shape = t.Union[Mark, Each, Named, t.Mapping[str, "Shape"]]

OTHERS = "*"
KEEP, TEXT, SETTINGS, COMMAND, PLACE = Mark.KEEP, Mark.TEXT, Mark.SETTINGS, Mark.COMMAND, Mark.PLACE


def keep(*fields: str) -> dict[str, Shape]:
    """Fields that are kept as they are."""
    return dict.fromkeys(fields, KEEP)


TEMPLATE_METADATA: t.Mapping[str, Shape] = {**keep("name", "labels"), "annotations": Mark.ANNOTATIONS}
METADATA: t.Mapping[str, Shape] = {
    **keep("name", "namespace", "uid", "labels", "creationTimestamp", "deletionTimestamp"),
    "annotations": Mark.ANNOTATIONS,
    "ownerReferences": Each(keep("apiVersion", "kind", "name", "uid", "controller")),
}
CONDITIONS = Each(keep("type", "status", "reason"))
_LOAD_BALANCER: Shape = {"loadBalancer": {"ingress": Each(keep("ip", "hostname", "ipMode"))}}
_SECRET_NAME: Shape = keep("name", "namespace")

_PROBE: Shape = {
    **keep("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold", "tcpSocket", "grpc"),
    "httpGet": {**keep("port", "scheme", "host"), "path": TEXT},
    "exec": {"command": COMMAND},
}
# Where the value of an environment variable comes from, when it does not stand there itself.
VALUE_FROM: Shape = {
    "secretKeyRef": keep("name", "key", "optional"),
    "configMapKeyRef": keep("name", "key", "optional"),
    "fieldRef": keep("fieldPath"),
    "resourceFieldRef": keep("containerName", "resource"),
    "fileKeyRef": keep("volumeName", "path", "key", "optional"),
}
# Without command, args and env, which belong together; see Mark.CONTAINER.
CONTAINER: t.Mapping[str, Shape] = {
    **keep("name", "image", "imagePullPolicy", "resources", "restartPolicy", "securityContext", "targetContainerName"),
    "envFrom": Each({**keep("prefix"), "secretRef": keep("name", "optional"), "configMapRef": keep("name", "optional")}),
    "ports": Each(keep("name", "containerPort", "hostPort", "hostIP", "protocol")),
    "volumeMounts": Each(keep("name", "mountPath", "subPath", "subPathExpr", "readOnly", "mountPropagation")),
    "volumeDevices": Each(keep("name", "devicePath")),
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "startupProbe": _PROBE,
}
_CLAIM_SPEC: Shape = keep(
    "accessModes", "dataSource", "dataSourceRef", "resources", "selector", "storageClassName", "volumeMode", "volumeName"
)
_ITEMS = Each(keep("key", "path"))
_CSI: t.Mapping[str, Shape] = {**keep("driver", "fsType", "readOnly"), "volumeAttributes": SETTINGS}
_FLEX: Shape = {**keep("driver", "fsType", "readOnly"), "options": SETTINGS, "secretRef": _SECRET_NAME}
_NFS: Shape = keep("server", "path", "readOnly")
_HOST_PATH: Shape = keep("path", "type")
_POD_VOLUME: Shape = {
    **keep("name", "persistentVolumeClaim", "emptyDir", "downwardAPI", "image"),
    "configMap": {**keep("name", "optional"), "items": _ITEMS},
    "secret": {**keep("secretName", "optional"), "items": _ITEMS},
    "projected": {
        "sources": Each(
            {
                **keep("serviceAccountToken", "downwardAPI", "clusterTrustBundle", "podCertificate"),
                "configMap": {**keep("name", "optional"), "items": _ITEMS},
                "secret": {**keep("name", "optional"), "items": _ITEMS},
            }
        )
    },
    "hostPath": _HOST_PATH,
    "nfs": _NFS,
    "csi": {**_CSI, "nodePublishSecretRef": _SECRET_NAME},
    "flexVolume": _FLEX,
    "ephemeral": {"volumeClaimTemplate": {"metadata": TEMPLATE_METADATA, "spec": _CLAIM_SPEC}},
    OTHERS: KEEP,
}
_POD_SPEC: Shape = {
    **keep(
        "affinity",
        "automountServiceAccountToken",
        "dnsConfig",
        "dnsPolicy",
        "hostAliases",
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostUsers",
        "hostname",
        "nodeName",
        "nodeSelector",
        "priorityClassName",
        "restartPolicy",
        "runtimeClassName",
        "schedulerName",
        "securityContext",
        "serviceAccountName",
        "shareProcessNamespace",
        "subdomain",
        "terminationGracePeriodSeconds",
        "tolerations",
        "topologySpreadConstraints",
    ),
    "containers": Each(Mark.CONTAINER),
    "initContainers": Each(Mark.CONTAINER),
    "ephemeralContainers": Each(Mark.CONTAINER),
    "imagePullSecrets": Each(keep("name")),
    "volumes": Each(_POD_VOLUME),
}
_CONTAINER_STATUS = Each(
    {
        **keep("name", "image", "imageID", "ready", "started"),
        "state": {"waiting": keep("reason"), "terminated": keep("reason", "exitCode"), "running": {}},
    }
)
_TEMPLATE: Shape = {"metadata": TEMPLATE_METADATA, "spec": _POD_SPEC}
_JOB_SPEC: Shape = {
    **keep("parallelism", "completions", "completionMode", "backoffLimit", "activeDeadlineSeconds", "suspend"),
    **keep("ttlSecondsAfterFinished"),
    "template": _TEMPLATE,
}

BARE: Shape = {"metadata": METADATA}
NAMESPACE: Shape = {"metadata": METADATA, "status": keep("phase")}
CONFIGMAP: Shape = {"metadata": METADATA, "keys": KEEP, "data": SETTINGS}
# Only controllers have one here: k0s keeps the objects of a controller that is gone, and the lease alone tells.
LEASE: Shape = {"metadata": METADATA, "spec": keep("holderIdentity", "leaseDurationSeconds", "renewTime")}
NODE: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("podCIDR", "podCIDRs", "providerID", "unschedulable"),
        "taints": Each(keep("key", "value", "effect")),
    },
    "status": {
        **keep("addresses", "allocatable", "capacity"),
        "conditions": CONDITIONS,
        "nodeInfo": keep(
            "architecture",
            "containerRuntimeVersion",
            "kernelVersion",
            "kubeProxyVersion",
            "kubeletVersion",
            "machineID",
            "operatingSystem",
            "osImage",
            "systemUUID",
        ),
    },
}
POD: Shape = {
    "metadata": METADATA,
    "spec": _POD_SPEC,
    "status": {
        **keep("phase", "reason", "podIP", "podIPs", "hostIP", "qosClass"),
        "conditions": CONDITIONS,
        "containerStatuses": _CONTAINER_STATUS,
        "initContainerStatuses": _CONTAINER_STATUS,
    },
}
DEPLOYMENT: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("replicas", "selector", "strategy", "paused", "revisionHistoryLimit", "minReadySeconds", "progressDeadlineSeconds"),
        "template": _TEMPLATE,
    },
    "status": {
        **keep("replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "unavailableReplicas"),
        "conditions": CONDITIONS,
    },
}
STATEFUL_SET: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("replicas", "selector", "serviceName", "podManagementPolicy", "updateStrategy", "minReadySeconds"),
        **keep("persistentVolumeClaimRetentionPolicy", "revisionHistoryLimit"),
        "template": _TEMPLATE,
        "volumeClaimTemplates": Each({"metadata": TEMPLATE_METADATA, "spec": _CLAIM_SPEC}),
    },
    "status": keep("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas"),
}
DAEMON_SET: Shape = {
    "metadata": METADATA,
    "spec": {**keep("selector", "updateStrategy", "minReadySeconds", "revisionHistoryLimit"), "template": _TEMPLATE},
    "status": keep(
        "currentNumberScheduled",
        "desiredNumberScheduled",
        "numberAvailable",
        "numberMisscheduled",
        "numberReady",
        "numberUnavailable",
        "updatedNumberScheduled",
    ),
}
CRON_JOB: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("schedule", "timeZone", "suspend", "concurrencyPolicy", "startingDeadlineSeconds"),
        **keep("successfulJobsHistoryLimit", "failedJobsHistoryLimit"),
        "jobTemplate": {"metadata": TEMPLATE_METADATA, "spec": _JOB_SPEC},
    },
}
JOB: Shape = {
    "metadata": METADATA,
    "spec": _JOB_SPEC,
    "status": {**keep("active", "succeeded", "failed"), "conditions": CONDITIONS},
}
SERVICE: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("type", "clusterIP", "clusterIPs", "externalIPs", "externalName", "externalTrafficPolicy", "healthCheckNodePort"),
        **keep("internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "loadBalancerClass", "loadBalancerIP", "selector"),
        **keep("loadBalancerSourceRanges", "publishNotReadyAddresses", "sessionAffinity", "trafficDistribution"),
        "ports": Each(keep("name", "port", "targetPort", "nodePort", "protocol", "appProtocol")),
    },
    "status": _LOAD_BALANCER,
}
ENDPOINT_SLICE: Shape = {
    "metadata": METADATA,
    "addressType": KEEP,
    "ports": Each(keep("name", "port", "protocol", "appProtocol")),
    "endpoints": Each(
        {**keep("addresses", "conditions", "hostname", "nodeName", "zone"), "targetRef": keep("kind", "namespace", "name", "uid")}
    ),
}
INGRESS: Shape = {
    "metadata": METADATA,
    "spec": keep("ingressClassName", "defaultBackend", "rules", "tls"),
    "status": _LOAD_BALANCER,
}
CLAIM: Shape = {
    "metadata": METADATA,
    "spec": _CLAIM_SPEC,
    "status": {**keep("phase", "accessModes", "capacity"), "conditions": CONDITIONS},
}
VOLUME: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("accessModes", "capacity", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName", "volumeMode"),
        **keep("volumeAttributesClassName"),
        "claimRef": keep("namespace", "name", "uid"),
        "mountOptions": Each(TEXT),
        "csi": {
            **_CSI,
            "volumeHandle": PLACE,
            **dict.fromkeys(
                ("controllerPublishSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"), _SECRET_NAME
            ),
        },
        "flexVolume": _FLEX,
        "nfs": _NFS,
        "hostPath": _HOST_PATH,
        "local": keep("path", "fsType"),
        OTHERS: KEEP,
    },
    "status": keep("phase", "reason"),
}
STORAGE_CLASS: Shape = {
    "metadata": METADATA,
    **keep("provisioner", "reclaimPolicy", "volumeBindingMode", "allowVolumeExpansion", "allowedTopologies"),
    "parameters": SETTINGS,
    "mountOptions": Each(TEXT),
}
CONTROL_NODE: Shape = {"metadata": METADATA, "status": {**keep("k0sVersion"), "addresses": Each(keep("type", "address"))}}
ETCD_MEMBER: Shape = {
    "metadata": METADATA,
    # The first versions of k0s that had the kind kept these outside of spec and status.
    **keep("leave", "peerAddress", "memberID"),
    "spec": keep("leave"),
    "status": {**keep("peerAddress", "memberID", "reconcileStatus"), "conditions": CONDITIONS},
}
