{{- define "event-producer.required" }}kafkaBootstrapServers{{ end }}

{{- define "event-producer.endsWithin" }}30{{ end }}

{{- define "event-producer.problems" }}
{{- $most := include "service-lib.setting" (list . "spoolMaxBytes") }}
{{- if gt (int64 $most) (include "service-lib.bytes" .Values.persistence.size | int64) }}
event-producer: a spool of {{ $most }} bytes does not fit in persistence.size, {{ .Values.persistence.size }}
{{- end }}
{{- end }}
