{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "lag-scaler.defaults" }}{"logLevel": "INFO", "healthHost": "127.0.0.1", "healthPort": 8060, "intervalSeconds": 5.0, "statusSeconds": 15.0, "requestTimeoutSeconds": 5.0, "leaseName": "lag-scaler", "leaseSeconds": 15}{{ end }}
{{- define "lag-scaler.notAbove" }}{}{{ end }}
