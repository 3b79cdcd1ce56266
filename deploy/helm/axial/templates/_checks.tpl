{{/* What the schema of the values cannot say: what belongs together. The first fault found is told in one line. */}}
{{- define "axial.check" -}}
{{- $values := .Values -}}
{{- if $values.trial.enabled -}}
  {{- range list (list "nats.url" $values.nats.url) (list "nats.existingSecret" $values.nats.existingSecret) (list "database.url" $values.database.url) (list "database.existingSecret" $values.database.existingSecret) (list "blobs.bucket" $values.blobs.bucket) (list "blobs.existingSecret" $values.blobs.existingSecret) -}}
    {{- if last . }}{{ fail (printf "%s: trial.enabled runs engines of its own; leave it empty, or trial.enabled off" (first .)) }}{{ end -}}
  {{- end -}}
{{- else -}}
  {{- if not (or $values.nats.url $values.nats.existingSecret) }}{{ fail "nats.url: needed, or nats.existingSecret, or trial.enabled" }}{{ end -}}
  {{- if not (or $values.database.url (and $values.database.existingSecret $values.database.secretKeys.url)) }}{{ fail "database.url: needed, or database.existingSecret with secretKeys.url, or trial.enabled" }}{{ end -}}
  {{- if not $values.blobs.bucket }}{{ fail "blobs.bucket: needed, or trial.enabled" }}{{ end -}}
  {{- if not (or $values.blobs.existingSecret (and $values.blobs.accessKey $values.blobs.secretKey)) }}{{ fail "blobs.accessKey and blobs.secretKey: needed, or blobs.existingSecret" }}{{ end -}}
{{- end -}}
{{- if and $values.users.registered $values.users.existingSecret }}{{ fail "users.registered: not beside users.existingSecret" }}{{ end -}}
{{- if and $values.config.options $values.config.existingSecret }}{{ fail "config.options: not beside config.existingSecret" }}{{ end -}}
{{- if and (hasKey $values.config.options "RegisteredUsers") (or $values.users.registered $values.users.existingSecret) }}{{ fail "config.options.RegisteredUsers: not beside users.registered or users.existingSecret" }}{{ end -}}
{{- if and $values.ingress.enabled (not $values.ingress.hosts) }}{{ fail "ingress.hosts: needed as soon as ingress.enabled" }}{{ end -}}
{{- with $values.gatewayApi -}}
  {{- if .enabled -}}
    {{- if not .hostnames }}{{ fail "gatewayApi.hostnames: needed as soon as gatewayApi.enabled" }}{{ end -}}
    {{- if not (or .parentRefs .gateway.className) }}{{ fail "gatewayApi.parentRefs: needed, or gatewayApi.gateway.className" }}{{ end -}}
    {{- if and .gateway.className (not .gateway.tlsSecret) }}{{ fail "gatewayApi.gateway.tlsSecret: needed as soon as there is a gateway of its own" }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- range $name, $workload := dict "ingest" $values.ingest "index" $values.index "changefeed" $values.changefeed "router" $values.router "dicomGateway" $values.dicomGateway "edge" $values.edge -}}
  {{- with $workload.autoscaling -}}
    {{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}{{ fail (printf "%s.autoscaling.minReplicas: more than maxReplicas" $name) }}{{ end -}}
    {{- if and .enabled (not (dig "requests" "cpu" "" $workload.resources)) }}{{ fail (printf "%s.resources.requests.cpu: needed as soon as autoscaling.enabled" $name) }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
