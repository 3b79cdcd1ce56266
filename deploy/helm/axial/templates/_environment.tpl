{{/* The variables by which services and edge are told of one another, and of the engines. */}}

{{/* A variable whose value is in a secret: name, secret, key. */}}
{{- define "axial.fromSecret" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end -}}

{{/* Where each secret thing is: its secret's name, and its key there. */}}
{{- define "axial.secrets" -}}
{{- $own := include "axial.ownSecret" . -}}
{{- $values := .Values -}}
internal-token: {secret: {{ default $own $values.tokens.existingSecret }}, key: internal-token}
edge-token: {secret: {{ default $own $values.tokens.existingSecret }}, key: edge-token}
{{- if include "axial.usersFromSecret" . }}
users: {secret: {{ default $own $values.users.existingSecret }}, key: users}
{{- end }}
{{- if $values.trial.enabled }}
nats-url: {secret: {{ $own }}, key: nats-url}
database-password: {secret: {{ $own }}, key: database-password}
blob-access-key: {secret: {{ $own }}, key: blob-access-key}
blob-secret-key: {secret: {{ $own }}, key: blob-secret-key}
{{- else }}
{{- with $values.nats.existingSecret }}
nats-url: {secret: {{ . }}, key: {{ $values.nats.secretKey }}}
{{- end }}
{{- if and $values.database.existingSecret $values.database.secretKeys.url }}
database-url: {secret: {{ $values.database.existingSecret }}, key: {{ $values.database.secretKeys.url }}}
{{- else if $values.database.existingSecret }}
database-password: {secret: {{ $values.database.existingSecret }}, key: {{ $values.database.secretKeys.password }}}
{{- else if $values.database.password }}
database-password: {secret: {{ $own }}, key: database-password}
{{- end }}
{{- if $values.blobs.existingSecret }}
blob-access-key: {secret: {{ $values.blobs.existingSecret }}, key: {{ $values.blobs.secretKeys.accessKey }}}
blob-secret-key: {secret: {{ $values.blobs.existingSecret }}, key: {{ $values.blobs.secretKeys.secretKey }}}
{{- else }}
blob-access-key: {secret: {{ $own }}, key: blob-access-key}
blob-secret-key: {secret: {{ $own }}, key: blob-secret-key}
{{- end }}
{{- end }}
{{- end -}}

{{/* Whether users are told by a secret, rather than by the configuration file: "true" or nothing. */}}
{{- define "axial.usersFromSecret" -}}
{{- $inFile := or .Values.config.existingSecret (hasKey .Values.config.options "RegisteredUsers") -}}
{{- if or .Values.users.existingSecret .Values.users.registered (not $inFile) }}true{{ end -}}
{{- end -}}

{{- define "axial.databaseEnvironment" -}}
{{- $secrets := include "axial.secrets" . | fromYaml -}}
{{- if hasKey $secrets "database-url" }}
{{ include "axial.fromSecret" (merge (dict "name" "AXIAL_DATABASE_URL") (index $secrets "database-url")) }}
{{- else }}
- name: AXIAL_DATABASE_URL
  value: {{ ternary (printf "postgresql://axial@%s-postgres:5432/axial" (include "axial.fullname" .)) .Values.database.url .Values.trial.enabled | quote }}
{{- with index $secrets "database-password" }}
{{ include "axial.fromSecret" (merge (dict "name" "PGPASSWORD") .) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "axial.logEnvironment" -}}
{{- $secrets := include "axial.secrets" . | fromYaml -}}
{{- with index $secrets "nats-url" }}
{{ include "axial.fromSecret" (merge (dict "name" "AXIAL_NATS_URL") .) }}
{{- else }}
- name: AXIAL_NATS_URL
  value: {{ .Values.nats.url | quote }}
{{- end }}
- name: AXIAL_LOG_REPLICAS
  value: {{ ternary 1 .Values.nats.replicas .Values.trial.enabled | quote }}
{{- end -}}

{{/* Scheme, host and port of the S3 storage. */}}
{{- define "axial.s3Endpoint" -}}
{{- $blobs := .Values.blobs -}}
{{- if .Values.trial.enabled -}}
http://{{ include "axial.fullname" . }}-seaweedfs:8333
{{- else -}}
{{- default (printf "https://%s.s3.%s.amazonaws.com" $blobs.bucket $blobs.region) $blobs.endpoint -}}
{{- end -}}
{{- end -}}

{{- define "axial.blobsEnvironment" -}}
{{- $secrets := include "axial.secrets" . | fromYaml -}}
{{- $blobs := .Values.blobs -}}
- name: AXIAL_BLOB_URL
{{- if .Values.trial.enabled }}
  value: {{ printf "s3://axial?endpoint=%s&region=us-east-1" (include "axial.s3Endpoint" .) | quote }}
{{- else }}
  value: {{ printf "s3://%s%s?%sregion=%s" $blobs.bucket (ternary (printf "/%s" (trimAll "/" $blobs.prefix)) "" (ne $blobs.prefix "")) (ternary (printf "endpoint=%s&" $blobs.endpoint) "" (ne $blobs.endpoint "")) $blobs.region | quote }}
{{- end }}
{{ include "axial.fromSecret" (merge (dict "name" "AXIAL_BLOB_ACCESS_KEY") (index $secrets "blob-access-key")) }}
{{ include "axial.fromSecret" (merge (dict "name" "AXIAL_BLOB_SECRET_KEY") (index $secrets "blob-secret-key")) }}
{{- end -}}

{{/* Whose users the services know: nothing when the configuration file says it. */}}
{{- define "axial.usersEnvironment" -}}
{{- with index (include "axial.secrets" . | fromYaml) "users" }}
{{ include "axial.fromSecret" (merge (dict "name" "ORTHANC__REGISTERED_USERS") .) }}
{{- end }}
{{- end -}}

{{/* All variables of a service: root, name, service. */}}
{{- define "axial.environment" -}}
{{- $root := .root -}}
{{- $fullname := include "axial.fullname" $root -}}
{{- $secrets := include "axial.secrets" $root | fromYaml -}}
{{- $services := include "axial.services" $root | fromYaml -}}
- {name: AXIAL_LISTEN_HOST, value: "0.0.0.0"}
- {name: AXIAL_LISTEN_PORT, value: {{ .service.port | quote }}}
- {name: AXIAL_CONFIG_FILE, value: /etc/axial/orthanc.json}
- {name: AXIAL_LOG_LEVEL, value: {{ $root.Values.logLevel }}}
- {name: AXIAL_SHUTDOWN_SECONDS, value: {{ $root.Values.shutdown.seconds | quote }}}
# Who connects is the edge or another service, by the network policy: it may say whom it speaks for.
- {name: FORWARDED_ALLOW_IPS, value: "*"}
- {name: ORTHANC__DICOM_PORT, value: "4242"}
{{ include "axial.fromSecret" (merge (dict "name" "AXIAL_INTERNAL_TOKEN") (index $secrets "internal-token")) }}
{{- include "axial.usersEnvironment" $root }}
{{- if has "log" .service.needs }}
{{- include "axial.logEnvironment" $root }}
{{- end }}
{{- if has "blobs" .service.needs }}
{{ include "axial.blobsEnvironment" $root }}
{{- end }}
{{- if has "database" .service.needs }}
{{- include "axial.databaseEnvironment" $root }}
# A job does it, and the services wait for it.
- {name: AXIAL_MIGRATE_AT_START, value: "false"}
{{- end }}
{{- range .service.asks }}
- name: AXIAL_{{ upper . }}_URL{{ ternary "S" "" (eq . "ingest") }}
  value: http://{{ $fullname }}-{{ . }}:{{ (index $services .).port }}
{{- end }}
{{- if .service.spool }}
- {name: AXIAL_SPOOL_DIR, value: /var/lib/axial/spool}
{{- end }}
{{- if eq .name "index" }}
{{ include "axial.fromSecret" (merge (dict "name" "AXIAL_EDGE_TOKEN") (index $secrets "edge-token")) }}
{{- end }}
{{- if eq .name "changefeed" }}
- {name: AXIAL_SERVICE_HOST_NAME, value: {{ include "axial.hostName" $root | quote }}}
{{- end }}
{{- if eq .name "dicom-gateway" }}
- {name: AXIAL_DICOM_HOST, value: "0.0.0.0"}
{{- end }}
{{- range $name, $value := (index $root.Values .service.values).env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}
