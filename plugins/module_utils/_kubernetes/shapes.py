# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""What is kept of each kind, field by field, and where it is redacted. A field that is not here is dropped while reading.

Left out on purpose: managedFields, last-applied configuration, resourceVersion, generation, heartbeat and transition times,
restart counts and messages, which change without the lab changing.
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
    CONTAINER = "a container, whose command line, environment and rest belong together"


@dataclasses.dataclass(frozen=True)
class Each:
    """A list of values of one shape."""

    shape: Shape


# A mapping names the fields that are kept; with OTHERS in it the rest is kept, too, as nested data of unknown form.
Shape = t.Union[Mark, Each, t.Mapping[str, "Shape"]]

OTHERS = "*"
KEEP, TEXT, SETTINGS, COMMAND, PLACE = Mark.KEEP, Mark.TEXT, Mark.SETTINGS, Mark.COMMAND, Mark.PLACE


def _keep(*fields: str) -> dict[str, Shape]:
    return dict.fromkeys(fields, KEEP)


_TEMPLATE_METADATA: Shape = {**_keep("name", "labels"), "annotations": Mark.ANNOTATIONS}
_METADATA: Shape = {
    **_keep("name", "namespace", "uid", "labels", "creationTimestamp", "deletionTimestamp"),
    "annotations": Mark.ANNOTATIONS,
    "ownerReferences": Each(_keep("apiVersion", "kind", "name", "uid", "controller")),
}
_CONDITIONS = Each(_keep("type", "status", "reason"))
_LOAD_BALANCER: Shape = {"loadBalancer": {"ingress": Each(_keep("ip", "hostname", "ipMode"))}}
_SECRET_NAME: Shape = _keep("name", "namespace")

_PROBE: Shape = {
    **_keep("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold", "tcpSocket", "grpc"),
    "httpGet": {**_keep("port", "scheme", "host"), "path": TEXT},
    "exec": {"command": COMMAND},
}
# Where the value of an environment variable comes from, when it does not stand there itself.
VALUE_FROM: Shape = {
    "secretKeyRef": _keep("name", "key", "optional"),
    "configMapKeyRef": _keep("name", "key", "optional"),
    "fieldRef": _keep("fieldPath"),
    "resourceFieldRef": _keep("containerName", "resource"),
    "fileKeyRef": _keep("volumeName", "path", "key", "optional"),
}
# Without command, args and env, which belong together; see Mark.CONTAINER.
CONTAINER: t.Mapping[str, Shape] = {
    **_keep("name", "image", "imagePullPolicy", "resources", "restartPolicy", "securityContext", "targetContainerName"),
    "envFrom": Each({**_keep("prefix"), "secretRef": _keep("name", "optional"), "configMapRef": _keep("name", "optional")}),
    "ports": Each(_keep("name", "containerPort", "hostPort", "hostIP", "protocol")),
    "volumeMounts": Each(_keep("name", "mountPath", "subPath", "subPathExpr", "readOnly", "mountPropagation")),
    "volumeDevices": Each(_keep("name", "devicePath")),
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "startupProbe": _PROBE,
}
_CLAIM_SPEC: Shape = _keep(
    "accessModes", "dataSource", "dataSourceRef", "resources", "selector", "storageClassName", "volumeMode", "volumeName"
)
_ITEMS = Each(_keep("key", "path"))
_CSI: t.Mapping[str, Shape] = {**_keep("driver", "fsType", "readOnly"), "volumeAttributes": SETTINGS}
_FLEX: Shape = {**_keep("driver", "fsType", "readOnly"), "options": SETTINGS, "secretRef": _SECRET_NAME}
_NFS: Shape = _keep("server", "path", "readOnly")
_HOST_PATH: Shape = _keep("path", "type")
_POD_VOLUME: Shape = {
    **_keep("name", "persistentVolumeClaim", "emptyDir", "downwardAPI", "image"),
    "configMap": {**_keep("name", "optional"), "items": _ITEMS},
    "secret": {**_keep("secretName", "optional"), "items": _ITEMS},
    "projected": {
        "sources": Each(
            {
                **_keep("serviceAccountToken", "downwardAPI", "clusterTrustBundle", "podCertificate"),
                "configMap": {**_keep("name", "optional"), "items": _ITEMS},
                "secret": {**_keep("name", "optional"), "items": _ITEMS},
            }
        )
    },
    "hostPath": _HOST_PATH,
    "nfs": _NFS,
    "csi": {**_CSI, "nodePublishSecretRef": _SECRET_NAME},
    "flexVolume": _FLEX,
    "ephemeral": {"volumeClaimTemplate": {"metadata": _TEMPLATE_METADATA, "spec": _CLAIM_SPEC}},
    OTHERS: KEEP,
}
_POD_SPEC: Shape = {
    **_keep(
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
    "imagePullSecrets": Each(_keep("name")),
    "volumes": Each(_POD_VOLUME),
}
_CONTAINER_STATUS = Each(
    {
        **_keep("name", "image", "imageID", "ready", "started"),
        "state": {"waiting": _keep("reason"), "terminated": _keep("reason", "exitCode"), "running": {}},
    }
)
_TEMPLATE: Shape = {"metadata": _TEMPLATE_METADATA, "spec": _POD_SPEC}
_JOB_SPEC: Shape = {
    **_keep("parallelism", "completions", "completionMode", "backoffLimit", "activeDeadlineSeconds", "suspend"),
    **_keep("ttlSecondsAfterFinished"),
    "template": _TEMPLATE,
}

BARE: Shape = {"metadata": _METADATA}
NAMESPACE: Shape = {"metadata": _METADATA, "status": _keep("phase")}
CONFIGMAP: Shape = {"metadata": _METADATA, "keys": KEEP, "data": SETTINGS}
LEASE: Shape = {"metadata": _METADATA, "spec": _keep("holderIdentity", "leaseDurationSeconds")}
NODE: Shape = {
    "metadata": _METADATA,
    "spec": {
        **_keep("podCIDR", "podCIDRs", "providerID", "unschedulable"),
        "taints": Each(_keep("key", "value", "effect")),
    },
    "status": {
        **_keep("addresses", "allocatable", "capacity"),
        "conditions": _CONDITIONS,
        "nodeInfo": _keep(
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
    "metadata": _METADATA,
    "spec": _POD_SPEC,
    "status": {
        **_keep("phase", "reason", "podIP", "podIPs", "hostIP", "qosClass"),
        "conditions": _CONDITIONS,
        "containerStatuses": _CONTAINER_STATUS,
        "initContainerStatuses": _CONTAINER_STATUS,
    },
}
DEPLOYMENT: Shape = {
    "metadata": _METADATA,
    "spec": {
        **_keep("replicas", "selector", "strategy", "paused", "revisionHistoryLimit", "minReadySeconds", "progressDeadlineSeconds"),
        "template": _TEMPLATE,
    },
    "status": {
        **_keep("replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "unavailableReplicas"),
        "conditions": _CONDITIONS,
    },
}
STATEFUL_SET: Shape = {
    "metadata": _METADATA,
    "spec": {
        **_keep("replicas", "selector", "serviceName", "podManagementPolicy", "updateStrategy", "minReadySeconds"),
        **_keep("persistentVolumeClaimRetentionPolicy", "revisionHistoryLimit"),
        "template": _TEMPLATE,
        "volumeClaimTemplates": Each({"metadata": _TEMPLATE_METADATA, "spec": _CLAIM_SPEC}),
    },
    "status": _keep("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas"),
}
DAEMON_SET: Shape = {
    "metadata": _METADATA,
    "spec": {**_keep("selector", "updateStrategy", "minReadySeconds", "revisionHistoryLimit"), "template": _TEMPLATE},
    "status": _keep(
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
    "metadata": _METADATA,
    "spec": {
        **_keep("schedule", "timeZone", "suspend", "concurrencyPolicy", "startingDeadlineSeconds"),
        **_keep("successfulJobsHistoryLimit", "failedJobsHistoryLimit"),
        "jobTemplate": {"metadata": _TEMPLATE_METADATA, "spec": _JOB_SPEC},
    },
}
JOB: Shape = {
    "metadata": _METADATA,
    "spec": _JOB_SPEC,
    "status": {**_keep("active", "succeeded", "failed"), "conditions": _CONDITIONS},
}
SERVICE: Shape = {
    "metadata": _METADATA,
    "spec": {
        **_keep("type", "clusterIP", "clusterIPs", "externalIPs", "externalName", "externalTrafficPolicy", "healthCheckNodePort"),
        **_keep("internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "loadBalancerClass", "loadBalancerIP", "selector"),
        **_keep("loadBalancerSourceRanges", "publishNotReadyAddresses", "sessionAffinity", "trafficDistribution"),
        "ports": Each(_keep("name", "port", "targetPort", "nodePort", "protocol", "appProtocol")),
    },
    "status": _LOAD_BALANCER,
}
ENDPOINT_SLICE: Shape = {
    "metadata": _METADATA,
    "addressType": KEEP,
    "ports": Each(_keep("name", "port", "protocol", "appProtocol")),
    "endpoints": Each(
        {**_keep("addresses", "conditions", "hostname", "nodeName", "zone"), "targetRef": _keep("kind", "namespace", "name", "uid")}
    ),
}
INGRESS: Shape = {
    "metadata": _METADATA,
    "spec": _keep("ingressClassName", "defaultBackend", "rules", "tls"),
    "status": _LOAD_BALANCER,
}
CLAIM: Shape = {
    "metadata": _METADATA,
    "spec": _CLAIM_SPEC,
    "status": {**_keep("phase", "accessModes", "capacity"), "conditions": _CONDITIONS},
}
VOLUME: Shape = {
    "metadata": _METADATA,
    "spec": {
        **_keep("accessModes", "capacity", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName", "volumeMode"),
        **_keep("volumeAttributesClassName"),
        "claimRef": _keep("namespace", "name", "uid"),
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
        "local": _keep("path", "fsType"),
        OTHERS: KEEP,
    },
    "status": _keep("phase", "reason"),
}
STORAGE_CLASS: Shape = {
    "metadata": _METADATA,
    **_keep("provisioner", "reclaimPolicy", "volumeBindingMode", "allowVolumeExpansion", "allowedTopologies"),
    "parameters": SETTINGS,
    "mountOptions": Each(TEXT),
}
CONTROL_NODE: Shape = {"metadata": _METADATA, "status": {**_keep("k0sVersion"), "addresses": Each(_keep("type", "address"))}}
ETCD_MEMBER: Shape = {
    "metadata": _METADATA,
    # The first versions of k0s that had the kind kept these outside of spec and status.
    **_keep("leave", "peerAddress", "memberID"),
    "spec": _keep("leave"),
    "status": {**_keep("peerAddress", "memberID", "reconcileStatus"), "conditions": _CONDITIONS},
}
