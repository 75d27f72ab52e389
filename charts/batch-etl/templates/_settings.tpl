{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "batch-etl.defaults" }}{"warehousePort": 5439}{{ end }}
{{- define "batch-etl.notAbove" }}{}{{ end }}
