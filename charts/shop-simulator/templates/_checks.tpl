{{- define "shop-simulator.required" }}{{ end }}
{{- define "shop-simulator.endsWithin" }}40{{ end }}
{{- define "shop-simulator.problems" }}{{ end }}
