{{- define "inventory-poller.required" }}kafkaBootstrapServers{{ end }}

{{- define "inventory-poller.endsWithin" }}20{{ end }}

{{- define "inventory-poller.problems" }}
{{- $mounted := "/var/lib/inventory-poller" }}
{{- if ne (dir .Values.config.statePath) $mounted }}
inventory-poller: config.statePath, {{ .Values.config.statePath }}, is not in the volume, {{ $mounted }}
{{- end }}
{{- $credentials := (include "service-lib.secretSource" (list . "stockCredentials") | fromYaml).existingSecret }}
{{- range .Values.config.stockApis }}
{{- if and (hasPrefix "http://" .url) (not .allow_private) }}
inventory-poller: config.stockApis: {{ .id }} has no TLS: use https://, or set allow_private
{{- end }}
{{- if and (not $credentials) (has .api (list "woocommerce" "nuvemshop" "shopify" "vtex" "bling")) }}
inventory-poller: config.stockApis: {{ .id }} needs credentials: name their Secret in secrets.stockCredentials.existingSecret
{{- end }}
{{- end }}
{{- end }}
