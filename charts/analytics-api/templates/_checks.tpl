{{- define "analytics-api.required" }}kafkaBootstrapServers warehouseHost warehouseUser{{ end }}
{{- define "analytics-api.endsWithin" }}5{{ end }}

{{- define "analytics-api.problems" }}{{ end }}
