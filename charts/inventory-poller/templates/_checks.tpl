{{- define "inventory-poller.required" }}kafkaBootstrapServers{{ end }}

{{- define "inventory-poller.endsWithin" }}20{{ end }}

{{- define "inventory-poller.problems" }}
{{- include "service-lib.takenVolumes" (list . "state") }}
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
{{- if and .webhooks (not (has .api (list "woocommerce" "nuvemshop" "shopify" "bling"))) }}
inventory-poller: config.stockApis: {{ .id }} has webhooks, but those of its API are not read
{{- end }}
{{- end }}
{{- $port := include "inventory-poller.webhookPort" . | int }}
{{- if include "inventory-poller.webhooks" . }}
{{- $taken := append (include "service-lib.metricsPorts" . | fromYaml | values) (include "service-lib.port" .) }}
{{- range $taken }}
{{- if eq (int .) $port }}
inventory-poller: port {{ $port }} is that of its health or its metrics: set another config.webhookPort
{{- end }}
{{- end }}
{{- else if or .Values.ingress.enabled .Values.httpRoute.enabled }}
inventory-poller: an Ingress or HTTPRoute leads to webhooks alone: set webhooks in an entry of config.stockApis
{{- end }}
{{- end }}
