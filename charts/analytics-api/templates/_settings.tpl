{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "analytics-api.defaults" }}{"warehousePort": 5439, "listenPort": 8000, "keepAliveSeconds": 75, "refreshSeconds": 0.5, "kafkaRefreshSeconds": 1.0, "retryMaxSeconds": 5.0, "salesCellsInMemory": 10000000}{{ end }}
{{- define "analytics-api.notAbove" }}{"refreshSeconds": "retryMaxSeconds", "kafkaRefreshSeconds": "retryMaxSeconds"}{{ end }}
