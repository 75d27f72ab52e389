{{- /*
Both read `paths`, which lead to the chart's Service: path to Prefix or Exact. The HTTPRoute reads
`port`, that of the Service where it is not the chart's only one.
*/ -}}

{{- define "service-lib.ingress" -}}
{{- with .Values.ingress }}
{{- if .enabled }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "service-lib.metadata" $ | nindent 2 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .tlsSecretName }}
  tls: [{secretName: {{ . }}, hosts: [{{ $.Values.ingress.host | quote }}]}]
  {{- end }}
  rules:
    - {{ with .host }}host: {{ . | quote }}
      {{ end }}http:
        paths:
          {{- range $path, $type := $.paths }}
          - path: {{ $path }}
            pathType: {{ $type }}
            backend:
              service: {name: {{ include "service-lib.fullname" $ }}, port: {name: http}}
          {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.httproute" -}}
{{- with .Values.httpRoute }}
{{- if .enabled }}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{- include "service-lib.metadata" $ | nindent 2 }}
spec:
  parentRefs: {{- toYaml .parentRefs | nindent 4 }}
  {{- with .hostnames }}
  hostnames: {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        {{- range $path, $type := $.paths }}
        - path: {type: {{ eq $type "Prefix" | ternary "PathPrefix" $type }}, value: {{ $path }}}
        {{- end }}
      backendRefs: [{name: {{ include "service-lib.fullname" $ }}, port: {{ $.port | default (include "service-lib.port" $) }}}]
{{- end }}
{{- end }}
{{- end }}
