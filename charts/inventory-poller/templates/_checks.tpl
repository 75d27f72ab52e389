{{- define "inventory-poller.required" }}kafkaBootstrapServers{{ end }}

{{- define "inventory-poller.endsWithin" }}20{{ end }}

{{- define "inventory-poller.problems" }}
{{- $mounted := "/var/lib/inventory-poller" }}
{{- if ne (dir .Values.config.statePath) $mounted }}
inventory-poller: config.statePath, {{ .Values.config.statePath }}, is not in the volume, {{ $mounted }}
{{- end }}
{{- end }}
