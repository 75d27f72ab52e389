{{- define "platform-jobs.required" }}kafkaBootstrapServers warehouseHost warehouseUser{{ end }}
{{- define "platform-jobs.endsWithin" }}0{{ end }}
{{- define "platform-jobs.problems" }}{{ end }}
