{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "click-logger.defaults" }}{"healthPort": 8030, "batchSize": 2000, "lingerSeconds": 0.5}{{ end }}
{{- define "click-logger.notAbove" }}{}{{ end }}
