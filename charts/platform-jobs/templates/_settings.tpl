{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "platform-jobs.defaults" }}{"logLevel": "INFO", "warehousePort": 5439, "warehouseDatabase": "vitrine", "warehouseSslMode": "verify-full", "warehouseSchema": "public", "mongoDatabase": "vitrine", "kafkaSecurity": "plaintext", "topicPartitions": 6, "topicReplicationFactor": 3, "clickLogDays": 30, "streamDelaySeconds": 300.0, "patienceSeconds": 120.0, "shopTimezone": "America/Sao_Paulo"}{{ end }}
{{- define "platform-jobs.notAbove" }}{}{{ end }}
