{{- define "lag-scaler.required" }}namespace leaseName{{ end }}
{{- define "lag-scaler.endsWithin" }}20{{ end }}
{{- define "lag-scaler.problems" }}{{ end }}
