{{- /* What is open from outside. Below /atualizacoes_estoque are inventory-poller's webhooks. */ -}}
{{- define "event-producer.paths" -}}
{{- if (include "service-lib.secretSource" (list . "stockToken") | fromYaml).existingSecret }}
/atualizacoes_estoque: Exact
/atualizacoes_estoque/: Exact
{{- end }}
/eventos: Prefix
/v1: Prefix
/vitrine.d.ts: Exact
/vitrine.js: Exact
{{- end }}
