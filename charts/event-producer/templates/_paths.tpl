{{- /* What is open from outside. */ -}}
{{- define "event-producer.paths" -}}
{{- if (include "service-lib.secretSource" (list . "stockToken") | fromYaml).existingSecret }}
/atualizacoes_estoque: Prefix
{{- end }}
/eventos: Prefix
/v1: Prefix
/vitrine.d.ts: Exact
/vitrine.js: Exact
{{- end }}
