{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "platform-jobs.defaults" }}{"warehousePort": 5439, "topicPartitions": 6, "topicReplicationFactor": 3, "clickLogDays": 30, "streamDelaySeconds": 300.0, "patienceSeconds": 120.0}{{ end }}
{{- define "platform-jobs.notAbove" }}{}{{ end }}
