{{- define "click-logger.required" }}kafkaBootstrapServers{{ end }}
{{- define "click-logger.endsWithin" }}40{{ end }}
{{- define "click-logger.problems" }}{{ end }}
