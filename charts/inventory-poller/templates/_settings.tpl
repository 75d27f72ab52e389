{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "inventory-poller.defaults" }}{"logLevel": "INFO", "kafkaSecurity": "plaintext", "healthHost": "127.0.0.1", "healthPort": 8040, "webhookHost": "127.0.0.1", "webhookPort": 8041, "keepAliveSeconds": 75, "heartbeatSeconds": 60.0, "deliveryTimeout": 10.0}{{ end }}
{{- define "inventory-poller.notAbove" }}{}{{ end }}
