{{- define "shop-simulator.required" }}eventProducerUrl{{ end }}
{{- define "shop-simulator.endsWithin" }}50{{ end }}
{{- define "shop-simulator.problems" }}{{ end }}
