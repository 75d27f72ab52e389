{{- /* What is open from outside. */ -}}
{{- define "event-producer.paths" -}}
/eventos: Prefix
/v1: Prefix
/vitrine.d.ts: Exact
/vitrine.js: Exact
{{- end }}
