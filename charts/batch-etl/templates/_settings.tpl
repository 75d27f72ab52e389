{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "batch-etl.defaults" }}{"logLevel": "INFO", "awsRegion": "us-east-1", "warehousePort": 5439, "warehouseDatabase": "vitrine", "warehouseSslMode": "verify-full", "warehouseSchema": "public", "sparkDriverMemory": "768m", "shopTimezone": "America/Sao_Paulo"}{{ end }}
{{- define "batch-etl.notAbove" }}{}{{ end }}
