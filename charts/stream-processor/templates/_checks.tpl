{{- define "stream-processor.required" }}kafkaBootstrapServers warehouseHost warehouseUser stagingUrl warehouseIamRole checkpointUrl{{ end }}

{{- define "stream-processor.endsWithin" }}40{{ end }}

{{- define "stream-processor.problems" }}
{{- if .Values.persistence.enabled }}
{{- include "service-lib.takenVolumes" (list . "checkpoint") }}
{{- end }}
{{- $url := .Values.config.checkpointUrl }}
{{- if and (hasPrefix "file:" $url) (not .Values.persistence.enabled) }}
stream-processor: {{ $url }} is a pod's own file: set persistence.enabled, or an s3a:// URL
{{- else if and (hasPrefix "file:" $url) (not (regexMatch "^file:///var/lib/stream-processor(/|$)" $url)) }}
stream-processor: config.checkpointUrl, {{ $url }}, is not in the volume, file:///var/lib/stream-processor
{{- end }}
{{- end }}
