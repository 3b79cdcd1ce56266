{{/* What all pods have in common. */}}

{{/* What a container may do: nothing that it does not need. */}}
{{- define "axial.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* The part of a pod's specification that does not depend on what runs in it: root, component. */}}
{{- define "axial.podFrame" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "axial.fullname" .root }}
automountServiceAccountToken: false
# Variables that Kubernetes makes for services named axial-… would look like settings.
enableServiceLinks: false
securityContext: {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* One node, or one zone, must not take all pods of a service with it; where there is one only, they share it. */}}
{{- define "axial.apart" -}}
{{- $selector := include "axial.match" . -}}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- else }}
topologySpreadConstraints:
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    # Of one revision: while a new one comes, pods of the old one do not count.
    matchLabelKeys: [pod-template-hash]
    labelSelector: {matchLabels: {{ $selector }}}
{{- end }}
{{- end }}
{{- end -}}

{{/* When a pod goes away: first nobody sends it anything any more, then it ends what it has in hand. */}}
{{- define "axial.leaving" -}}
lifecycle: {preStop: {sleep: {seconds: {{ .Values.shutdown.preStopSeconds }}}}}
{{- end -}}

{{/* A change of what pods are told at their start makes new ones. What is made at random here is not changed later. */}}
{{- define "axial.checksum" -}}
{{- $values := .Values -}}
{{- toJson (list $values.config $values.users $values.tokens $values.nats $values.database $values.blobs) | sha256sum -}}
{{- end -}}

{{/* A folder of large files in progress: spool. */}}
{{- define "axial.spool" -}}
- name: spool
{{- if .storageClassName }}
  ephemeral:
    volumeClaimTemplate:
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: {{ .storageClassName }}
        resources: {requests: {storage: {{ .sizeLimit }}}}
{{- else }}
  # On disk: bodies of gigabytes in memory would be somebody else's memory.
  emptyDir: {sizeLimit: {{ .sizeLimit }}}
{{- end }}
{{- end -}}
