{{- /*
Copyright (c) 2026, homelab.deepdive contributors
GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
What the chart of Longhorn and Longhorn itself make, as far as the role looks at it.
*/ -}}
apiVersion: v1
kind: ConfigMap
metadata: { name: values }
data:
  values.json: {{ .Values | toJson | quote }}
{{- range $kind, $name := dict "DaemonSet" "longhorn-manager" "Deployment" "longhorn-driver-deployer" }}
---
apiVersion: apps/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  labels: { app.kubernetes.io/managed-by: {{ $.Release.Service }}, version: {{ $.Chart.AppVersion }} }
spec:
  {{- if eq $kind "Deployment" }}
  replicas: 1
  {{- end }}
  selector: { matchLabels: { app: {{ $name }} } }
  template:
    metadata: { labels: { app: {{ $name }} } }
    spec:
      # n1 and n2 have no kubelet.
      nodeSelector: { kubernetes.io/hostname: longhorn-controller }
      tolerations: [{ operator: Exists }]
      terminationGracePeriodSeconds: 0
      containers: [{ name: main, image: "localhost/homelab/pause:1", imagePullPolicy: Never }]
{{- end }}
{{- range $name, $value := dict "current-longhorn-version" .Chart.AppVersion "node-drain-policy" "block-if-contains-last-replica" "storage-over-provisioning-percentage" "100" "auto-salvage" "true" "create-default-disk-labeled-nodes" "false" "deleting-confirmation-flag" "false" "backup-target" "" "backup-target-credential-secret" "" "default-replica-count" (ternary "3" "{\"v1\":\"3\",\"v2\":\"3\"}" (eq $.Chart.Version "1.7.2")) }}
---
apiVersion: longhorn.io/v1beta2
kind: Setting
metadata: { name: {{ $name }} }
value: {{ $value | quote }}
{{- end }}
{{- range tuple "n1" "n2" }}
---
apiVersion: longhorn.io/v1beta2
kind: Node
metadata: { name: {{ . }} }
spec:
  allowScheduling: true
  evictionRequested: false
  name: {{ . }}
  tags: []
  disks:
    default-disk-{{ . }}:
      path: /var/lib/longhorn/
      diskType: filesystem
      allowScheduling: true
      evictionRequested: false
      storageReserved: 0
      tags: []
{{- end }}
---
apiVersion: longhorn.io/v1beta2
kind: BackupTarget
metadata: { name: default }
spec: { backupTargetURL: "", credentialSecret: "", pollInterval: 5m0s }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: longhorn
  annotations: { storageclass.kubernetes.io/is-default-class: {{ .Values.persistence.defaultClass | quote }} }
provisioner: driver.longhorn.io
parameters: { numberOfReplicas: {{ .Values.persistence.defaultClassReplicaCount | quote }} }
