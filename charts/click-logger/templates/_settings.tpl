{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "click-logger.defaults" }}{"logLevel": "INFO", "mongoDatabase": "vitrine", "kafkaSecurity": "plaintext", "healthHost": "127.0.0.1", "healthPort": 8030, "groupId": "click-logger", "batchSize": 2000, "lingerSeconds": 0.5}{{ end }}
{{- define "click-logger.notAbove" }}{}{{ end }}
