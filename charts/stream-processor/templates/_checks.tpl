{{- define "stream-processor.required" }}kafkaBootstrapServers warehouseHost warehouseUser stagingUrl warehouseIamRole checkpointUrl{{ end }}

{{- define "stream-processor.endsWithin" }}40{{ end }}

{{- define "stream-processor.problems" }}
{{- if .Values.persistence.enabled }}
{{- include "service-lib.takenVolumes" (list . "checkpoint") }}
{{- end }}
{{- if and (hasPrefix "file:" .Values.config.checkpointUrl) (not .Values.persistence.enabled) }}
stream-processor: {{ .Values.config.checkpointUrl }} is a pod's own file: set persistence.enabled, or an s3a:// URL
{{- end }}
{{- end }}
