{{- /* What is open from outside. */ -}}
{{- define "analytics-api.paths" -}}
/: Prefix
{{- end }}
