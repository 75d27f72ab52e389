{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "stock-alerts.defaults" }}{"logLevel": "INFO", "mongoDatabase": "vitrine", "smtpPort": 587, "smtpSecurity": "starttls", "healthHost": "127.0.0.1", "healthPort": 8050, "analyticsApiUrl": "http://127.0.0.1:8000", "shopTimezone": "America/Sao_Paulo", "evaluationSeconds": 30.0, "openDays": 2.0, "closeDays": 3.0}{{ end }}
{{- define "stock-alerts.notAbove" }}{"openDays": "closeDays"}{{ end }}
