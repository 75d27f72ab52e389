{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "stock-alerts.defaults" }}{"smtpPort": 587, "healthPort": 8050, "evaluationSeconds": 30.0, "openDays": 2.0, "closeDays": 3.0}{{ end }}
{{- define "stock-alerts.notAbove" }}{"openDays": "closeDays"}{{ end }}
