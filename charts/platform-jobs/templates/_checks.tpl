{{- define "platform-jobs.required" }}kafkaBootstrapServers warehouseHost warehouseUser{{ end }}
{{- define "platform-jobs.endsWithin" }}0{{ end }}

{{- define "platform-jobs.problems" }}
{{- $patience := include "service-lib.number" (list . "patienceSeconds") }}
{{- if ge (float64 $patience) (float64 .Values.audit.activeDeadlineSeconds) }}
platform-jobs: an audit that waits {{ $patience }} s for the warehouse does not end within audit.activeDeadlineSeconds, {{ .Values.audit.activeDeadlineSeconds }}
{{- end }}
{{- end }}
