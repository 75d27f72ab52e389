{{- define "platform-jobs.required" }}kafkaBootstrapServers warehouseHost warehouseUser{{ end }}
{{- define "platform-jobs.endsWithin" }}0{{ end }}

{{- define "platform-jobs.problems" }}
{{- $patience := include "service-lib.effective" (list . "patienceSeconds") }}
{{- range $key, $run := dict "audit" "an audit" "closeMinutes" "a run of close-minutes" }}
{{- $deadline := (get $.Values $key).activeDeadlineSeconds }}
{{- if ge (float64 $patience) (float64 $deadline) }}
platform-jobs: {{ $run }} that waits {{ $patience }} s for the warehouse does not end within {{ $key }}.activeDeadlineSeconds, {{ $deadline }}
{{- end }}
{{- end }}
{{- end }}
