{{/*
The five services: what each needs of the engines, and whom it asks. From this table follow their environment, their
migrations and who may connect to whom.
*/}}
{{- define "axial.services" -}}
ingest:
  port: 8101
  values: ingest
  needs: [log, blobs]
  asks: [index]
  spool: true
index:
  port: 8102
  values: index
  needs: [log, blobs, database]
  asks: [router]
changefeed:
  port: 8103
  values: changefeed
  needs: [log, blobs, database]
  asks: []
router:
  port: 8105
  values: router
  needs: [log, blobs, database]
  asks: [ingest, index, changefeed]
  spool: true
{{- if .Values.dicomGateway.enabled }}
dicom-gateway:
  port: 8104
  values: dicomGateway
  needs: [log]
  asks: [ingest, index, router]
{{- end }}
{{- end -}}

{{/* Whom the edge sends requests to. */}}
{{- define "axial.behindEdge" -}}
[ingest, index, changefeed, router]
{{- end -}}
