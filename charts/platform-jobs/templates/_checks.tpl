{{- define "platform-jobs.required" }}kafkaBootstrapServers warehouseHost warehouseUser{{ end }}
{{- define "platform-jobs.endsWithin" }}0{{ end }}

{{- define "platform-jobs.problems" }}
{{- range $key := list "qualityFirstDay" "qualityLastDay" }}
{{- $day := get $.Values.config $key }}
{{- if and $day (toDate "2006-01-02" $day).IsZero }}
platform-jobs: config.{{ $key }}, {{ $day }}, is no day
{{- end }}
{{- end }}
{{- $first := .Values.config.qualityFirstDay }}
{{- $last := .Values.config.qualityLastDay }}
{{- if and $first $last (gt $first $last) }}
platform-jobs: config.qualityFirstDay, {{ $first }}, is after qualityLastDay, {{ $last }}
{{- end }}
{{- $patience := include "service-lib.effective" (list . "patienceSeconds") }}
{{- range $key, $run := dict "audit" "an audit" "closeMinutes" "a run of close-minutes" }}
{{- $deadline := (get $.Values $key).activeDeadlineSeconds }}
{{- if ge (float64 $patience) (float64 $deadline) }}
platform-jobs: {{ $run }} that waits {{ $patience }} s for the warehouse does not end within {{ $key }}.activeDeadlineSeconds, {{ $deadline }}
{{- end }}
{{- end }}
{{- end }}
