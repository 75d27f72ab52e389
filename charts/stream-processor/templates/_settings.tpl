{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "stream-processor.defaults" }}{"warehousePort": 5439, "healthPort": 8010, "warehouseTriggerSeconds": 1.0, "metricsTriggerSeconds": 1.5, "maxOffsetsPerTrigger": 250000}{{ end }}
{{- define "stream-processor.notAbove" }}{}{{ end }}
