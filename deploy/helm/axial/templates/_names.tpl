{{/* Names and labels. */}}

{{/* The beginning of every name: short enough for the longest of its ends. */}}
{{- define "axial.fullname" -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- default $whole .Values.fullnameOverride | trunc 34 | trimSuffix "-" -}}
{{- end -}}

{{/* By what a workload's pods are known: root, component. */}}
{{- define "axial.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* The same on one line. */}}
{{- define "axial.match" -}}
{{ include "axial.selector" . | fromYaml | toJson }}
{{- end -}}

{{/* What stands on everything: root, component. */}}
{{- define "axial.labels" -}}
{{ include "axial.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* A service's image: root, name. */}}
{{- define "axial.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end -}}
axial-{{ .name }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}

{{/* The secret that the chart makes. */}}
{{- define "axial.ownSecret" -}}
{{ include "axial.fullname" . }}-secrets
{{- end -}}

{{/* How clients reach the archive. */}}
{{- define "axial.hostName" -}}
{{- $hosts := concat (ternary .Values.ingress.hosts list .Values.ingress.enabled) (ternary .Values.gatewayApi.hostnames list .Values.gatewayApi.enabled) -}}
{{- default (first $hosts | default (printf "%s-edge" (include "axial.fullname" .))) .Values.hostName -}}
{{- end -}}
