{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "lag-scaler.defaults" }}{"healthPort": 8060, "intervalSeconds": 5.0, "statusSeconds": 15.0, "requestTimeoutSeconds": 5.0, "leaseSeconds": 15}{{ end }}
{{- define "lag-scaler.notAbove" }}{}{{ end }}
