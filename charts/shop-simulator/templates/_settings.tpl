{{- /* Written by charts/generate.py from the program's Settings. */ -}}
{{- define "shop-simulator.defaults" }}{"listenPort": 8020, "keepAliveSeconds": 75, "seed": 7, "customers": 2000, "eventsPerSecond": 50.0, "timeCompression": 60.0, "batchSize": 40, "shareLate": 0.01, "shareRepeated": 0.01, "shareBroken": 0.002, "historyDays": 90}{{ end }}
{{- define "shop-simulator.notAbove" }}{}{{ end }}
