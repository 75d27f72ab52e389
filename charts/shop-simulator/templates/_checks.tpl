{{- define "shop-simulator.required" }}eventProducerUrl{{ end }}
{{- define "shop-simulator.endsWithin" }}40{{ end }}
{{- define "shop-simulator.problems" }}{{ end }}
