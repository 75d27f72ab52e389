{{- define "analytics-api.required" }}kafkaBootstrapServers warehouseHost warehouseUser{{ end }}
{{- define "analytics-api.endsWithin" }}5{{ end }}

{{- define "analytics-api.problems" }}
{{- $zone := include "service-lib.setting" (list . "shopTimezone") }}
{{- if and $zone (not (has $zone (.Files.Lines "files/time-zones.txt"))) }}
analytics-api: config.shopTimezone, {{ $zone }}, is no time zone of IANA, such as America/Sao_Paulo
{{- end }}
{{- end }}
