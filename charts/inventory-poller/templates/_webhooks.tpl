{{- /* Not empty where a stock API has webhooks, which is when their port is open. */ -}}
{{- define "inventory-poller.webhooks" -}}
{{- range .Values.config.stockApis }}{{ if .webhooks }}yes{{ end }}{{ end -}}
{{- end }}

{{- define "inventory-poller.webhookPort" -}}
{{- include "service-lib.effective" (list . "webhookPort") | int -}}
{{- end }}

{{- /* What is open from outside; without a source it is event-producer's. */ -}}
{{- define "inventory-poller.paths" -}}
/atualizacoes_estoque/: Prefix
{{- end }}
