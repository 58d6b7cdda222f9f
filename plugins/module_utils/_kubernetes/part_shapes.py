# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Shapes of the parts that a cluster may have: Argo CD, MetalLB, Longhorn and the metrics; and of events.

Left out as in shapes.py, but for times that say what happened: of events and syncs, and when a replica failed.
"""

from __future__ import annotations

from .shapes import CONDITIONS, KEEP, METADATA, SETTINGS, TEMPLATE_METADATA, TEXT, Each, Mark, Named, Shape, keep

_NAMES: Shape = keep("name", "namespace")
_RESOURCE = ("group", "version", "kind", "namespace", "name")
_HEALTH: Shape = {**keep("status"), "message": TEXT}

EVENT: Shape = {
    "metadata": _NAMES,
    "involvedObject": keep("apiVersion", "kind", "namespace", "name"),
    **keep("reason", "type", "count", "firstTimestamp", "lastTimestamp", "eventTime", "reportingComponent"),
    "message": TEXT,
    "source": keep("component"),
    "series": keep("count", "lastObservedTime"),
}

# --- Argo CD

_HELM: Shape = {
    **keep("releaseName", "version", "ignoreMissingValueFiles", "passCredentials", "skipCrds", "skipTests"),
    **keep("skipSchemaValidation", "namespace", "kubeVersion", "apiVersions"),
    "valueFiles": Each(Mark.URL),
    "values": Mark.VALUES,
    **dict.fromkeys(("valuesObject", "parameters", "fileParameters"), Mark.TREE),
}
_KUSTOMIZE: Shape = {
    **keep("namePrefix", "nameSuffix", "namespace", "version", "images", "replicas", "commonLabels"),
    **keep("kubeVersion", "apiVersions", "forceCommonLabels", "forceCommonAnnotations", "ignoreMissingComponents"),
    "components": Each(Mark.URL),
    "commonAnnotations": Mark.ANNOTATIONS,
    # Without their text: the place that a value goes to says whether it is a secret, and that may be anywhere in the text.
    "patches": Each(keep("path", "target")),
}
_SOURCE: Shape = {
    **keep("path", "targetRevision", "chart", "ref", "name", "tagPrefix"),
    "repoURL": Mark.URL,
    "helm": _HELM,
    "kustomize": _KUSTOMIZE,
    "directory": keep("recurse", "include", "exclude"),
    "plugin": {**keep("name"), "env": Mark.TREE, "parameters": Mark.TREE},
}
_APPLICATION_SPEC: Shape = {
    **keep("project", "ignoreDifferences", "revisionHistoryLimit"),
    "source": _SOURCE,
    "sources": Each(_SOURCE),
    "destination": {**keep("name", "namespace"), "server": Mark.URL},
    "syncPolicy": {
        **keep("automated", "syncOptions", "retry"),
        "managedNamespaceMetadata": {**keep("labels"), "annotations": Mark.ANNOTATIONS},
    },
}
_OPERATION: Shape = {
    **keep("retry"),
    "initiatedBy": keep("username", "automated"),
    "sync": {
        **keep("revision", "revisions", "prune", "dryRun", "syncOptions", "autoHealAttemptsCount"),
        "resources": Each(keep("group", "kind", "namespace", "name")),
    },
}
APPLICATION: Shape = {
    "metadata": {**METADATA, **keep("finalizers")},
    "spec": _APPLICATION_SPEC,
    "operation": _OPERATION,
    "status": {
        **keep("sourceType", "sourceTypes", "reconciledAt", "resourceHealthSource"),
        "sync": keep("status", "revision", "revisions"),
        "health": _HEALTH,
        "resources": Each(
            {
                **keep(*_RESOURCE, "status", "hook", "requiresPruning", "requiresDeletionConfirmation", "syncWave"),
                "health": _HEALTH,
            }
        ),
        "conditions": Each({**keep("type"), "message": TEXT}),
        "operationState": {
            **keep("phase", "startedAt", "finishedAt", "retryCount"),
            "message": TEXT,
            "operation": _OPERATION,
            "syncResult": keep("revision", "revisions"),
        },
        "history": Each(keep("id", "revision", "revisions", "deployedAt")),
        "summary": {**keep("images", "isAppOfApps"), "externalURLs": Each(Mark.URL)},
    },
}
APP_PROJECT: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("clusterResourceBlacklist", "clusterResourceWhitelist", "namespaceResourceBlacklist", "namespaceResourceWhitelist"),
        **keep("orphanedResources", "permitOnlyProjectScopedClusters", "sourceNamespaces"),
        "syncWindows": Each(
            {
                **keep("kind", "schedule", "duration", "timeZone", "manualSync", "syncOverrun", "andOperator"),
                **keep("applications", "namespaces", "clusters"),
                "description": TEXT,
            }
        ),
        "description": TEXT,
        "sourceRepos": Each(Mark.URL),
        "destinations": Each({**keep("name", "namespace"), "server": Mark.URL}),
        # Without jwtTokens.
        "roles": Each({**keep("name", "groups", "policies"), "description": TEXT}),
    },
}
APPLICATION_SET: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("goTemplate", "goTemplateOptions", "syncPolicy", "preservedFields", "ignoreApplicationDifferences", "strategy"),
        "generators": Mark.TREE,
        "template": {"metadata": {**TEMPLATE_METADATA, **keep("namespace", "finalizers")}, "spec": _APPLICATION_SPEC},
        "templatePatch": Mark.VALUES,
    },
    "status": {
        **keep("resourcesCount"),
        "conditions": Each({**keep("type", "status", "reason"), "message": TEXT}),
        "resources": Each(keep(*_RESOURCE, "status")),
    },
}

# --- MetalLB

_SELECTORS = ("ipAddressPools", "ipAddressPoolSelectors", "nodeSelectors")
IP_POOL: Shape = {"metadata": METADATA, "spec": keep("addresses", "autoAssign", "avoidBuggyIPs", "serviceAllocation")}
L2_ADVERTISEMENT: Shape = {"metadata": METADATA, "spec": keep(*_SELECTORS, "interfaces")}
BGP_ADVERTISEMENT: Shape = {
    "metadata": METADATA,
    "spec": keep(*_SELECTORS, "aggregationLength", "aggregationLengthV6", "communities", "localPref", "peers"),
}

# --- Longhorn

LONGHORN_VOLUME: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("accessMode", "backingImage", "backupTargetName", "dataEngine", "dataLocality", "diskSelector", "encrypted"),
        **keep(
            "engineImage", "frontend", "image", "migratable", "nodeID", "nodeSelector", "numberOfReplicas", "replicaAutoBalance"
        ),
        **keep("replicaDiskSoftAntiAffinity", "replicaSoftAntiAffinity", "replicaZoneSoftAntiAffinity", "size", "Standby"),
        **keep("snapshotMaxCount", "snapshotMaxSize", "staleReplicaTimeout", "unmapMarkSnapChainRemoved"),
        "fromBackup": Mark.URL,
    },
    "status": {
        **keep("actualSize", "currentImage", "currentNodeID", "isStandby", "lastBackup", "lastBackupAt", "restoreRequired"),
        **keep("robustness", "shareState", "state"),
        "shareEndpoint": Mark.URL,
        "conditions": CONDITIONS,
        "kubernetesStatus": keep("namespace", "pvName", "pvStatus", "pvcName"),
    },
}
LONGHORN_REPLICA: Shape = {
    "metadata": METADATA,
    "spec": keep(
        "active",
        "dataDirectoryName",
        "dataEngine",
        "desireState",
        "diskID",
        "diskPath",
        "engineName",
        "evictionRequested",
        "failedAt",
        "hardNodeAffinity",
        "healthyAt",
        "image",
        "nodeID",
        "volumeName",
        "volumeSize",
    ),
    "status": {**keep("currentState", "instanceManagerName", "ownerID", "started"), "conditions": CONDITIONS},
}
LONGHORN_NODE: Shape = {
    "metadata": METADATA,
    "spec": {
        **keep("allowScheduling", "evictionRequested", "name", "tags"),
        "disks": Named(keep("allowScheduling", "diskType", "evictionRequested", "path", "storageReserved", "tags")),
    },
    "status": {
        **keep("autoEvicting", "region", "zone"),
        "conditions": CONDITIONS,
        "diskStatus": Named(
            {
                **keep("diskName", "diskPath", "diskType", "diskUUID", "filesystemType", "scheduledReplica"),
                **keep("storageAvailable", "storageMaximum", "storageScheduled"),
                "conditions": CONDITIONS,
            }
        ),
    },
}
LONGHORN_SETTING: Shape = {"metadata": METADATA, "value": Mark.URL}
LONGHORN_BACKUP_TARGET: Shape = {
    "metadata": METADATA,
    "spec": {**keep("credentialSecret", "pollInterval"), "backupTargetURL": Mark.URL},
    "status": {**keep("available"), "conditions": CONDITIONS},
}
LONGHORN_RECURRING_JOB: Shape = {
    "metadata": METADATA,
    "spec": {**keep("concurrency", "cron", "groups", "name", "retain", "task"), "labels": SETTINGS, "parameters": SETTINGS},
}

# --- Metrics

_USAGE: Shape = keep("cpu", "memory")
NODE_METRICS: Shape = {"metadata": _NAMES, "timestamp": KEEP, "window": KEEP, "usage": _USAGE}
POD_METRICS: Shape = {
    "metadata": _NAMES,
    "timestamp": KEEP,
    "window": KEEP,
    "containers": Each({"name": KEEP, "usage": _USAGE}),
}
