{{- define "event-producer.required" }}kafkaBootstrapServers{{ end }}

{{- define "event-producer.endsWithin" }}30{{ end }}

{{- define "event-producer.problems" }}
{{- include "service-lib.takenVolumes" (list . "spool") }}
{{- $folder := dir .Values.config.spoolPath }}
{{- if or (not (isAbs $folder)) (has $folder (list "/" "/tmp" "/etc/vitrine/secrets" "/etc/vitrine/trust")) }}
event-producer: config.spoolPath, {{ .Values.config.spoolPath }}, is in no folder of its own, such as /var/lib/event-producer
{{- end }}
{{- $most := include "service-lib.setting" (list . "spoolMaxBytes") }}
{{- if gt (mulf (float64 $most) 1000) (include "service-lib.milli" .Values.persistence.size | float64) }}
event-producer: a spool of {{ $most }} bytes does not fit in persistence.size, {{ .Values.persistence.size }}
{{- end }}
{{- $workers := include "service-lib.effective" (list . "workers") }}
{{- $stock := (include "service-lib.secretSource" (list . "stockToken") | fromYaml).existingSecret }}
{{- if lt (mulf (divf (float64 $most) (float64 $workers)) (ternary 1.0 0.875 (empty $stock))) 1048576.0 }}
event-producer: a spool of {{ $most }} bytes leaves each of {{ $workers }} workers less than the 1048576 of one request{{ if $stock }}, since an eighth is for stock updates{{ end }}
{{- end }}
{{- end }}
