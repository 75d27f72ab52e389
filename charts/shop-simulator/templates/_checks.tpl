{{- define "shop-simulator.required" }}{{ end }}
{{- define "shop-simulator.problems" }}{{ end }}
