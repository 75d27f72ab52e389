{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "event-producer.defaults" }}{"logLevel": "INFO", "kafkaSecurity": "plaintext", "listenHost": "127.0.0.1", "listenPort": 8001, "keepAliveSeconds": 75, "allowedOrigins": "loopback", "workers": 1, "spoolMaxBytes": 268435456, "deliveryTimeout": 3.0, "groupInterval": 0.02}{{ end }}
{{- define "event-producer.notAbove" }}{"groupInterval": "deliveryTimeout"}{{ end }}
