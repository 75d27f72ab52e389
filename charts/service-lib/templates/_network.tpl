{{- define "service-lib.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "service-lib.metadata" . | nindent 2 }}
  {{- with .Values.service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .Values.service.type }}
  selector: {{- include "service-lib.selectorLabels" . | nindent 4 }}
  ports:
    - {name: http, port: {{ include "service-lib.port" . }}, targetPort: http, appProtocol: http}
    {{- range $name, $port := include "service-lib.metricsPorts" . | fromYaml }}
    - {name: {{ $name }}, port: {{ $port }}}
    {{- end }}
{{- end }}

{{- /* Nobody calls it; Prometheus finds by it the metrics of pods that serve nothing else. */ -}}
{{- define "service-lib.metricsService" -}}
{{- with include "service-lib.metricsPorts" . | fromYaml }}
apiVersion: v1
kind: Service
metadata: {{- include "service-lib.metadata" $ | nindent 2 }}
spec:
  clusterIP: None
  selector: {{- include "service-lib.selectorLabels" $ | nindent 4 }}
  ports:
    {{- range $name, $port := . }}
    - {name: {{ $name }}, port: {{ $port }}}
    {{- end }}
{{- end }}
{{- end }}

{{- /*
Nothing comes in or goes out but what is listed. Reads `callers`, selectors of the release's own
pods that call the port, `peers`, names out of `global.networkPolicy.egress`, and `ingress` and
`egress`, rules that this chart alone has.
*/ -}}
{{- define "service-lib.networkpolicy" -}}
{{- if .Values.networkPolicy.enabled }}
{{- $known := ((.Values.global).networkPolicy).egress | default dict }}
{{- $ingress := concat (.ingress | default list) .Values.networkPolicy.ingress }}
{{- range .callers }}
{{- $pods := dict "matchLabels" (merge (dict "app.kubernetes.io/instance" $.Release.Name) .) }}
{{- $port := dict "protocol" "TCP" "port" (include "service-lib.port" $ | int) }}
{{- $ingress = append $ingress (dict "from" (list (dict "podSelector" $pods)) "ports" (list $port)) }}
{{- end }}
{{- range $_, $number := include "service-lib.metricsPorts" . | fromYaml }}
{{- $ingress = append $ingress (dict "from" $.Values.global.serviceMonitor.peers "ports" (list (dict "protocol" "TCP" "port" (int $number)))) }}
{{- end }}
{{- $egress := concat (.egress | default list) .Values.networkPolicy.egress }}
{{- range concat (empty (.Values.global).otlpEndpoint | ternary (list "dns") (list "dns" "otlp")) .peers }}
{{- $rules := get $known . | default list }}
{{- if and (eq . "kafka") (hasKey $known "kafka") (not $rules) }}
{{- $rules = include "service-lib.kafkaRules" $ | fromYamlArray }}
{{- end }}
{{- $egress = concat $egress $rules }}
{{- end }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  podSelector: {matchLabels: {{ include "service-lib.selectorLabels" . | fromYaml | toJson }}}
  policyTypes: [Ingress, Egress]
  ingress: {{- toYaml $ingress | nindent 4 }}
  egress: {{- toYaml $egress | nindent 4 }}
{{- end }}
{{- end }}

{{- /* Lets the ports through that the brokers are named with, as a list of rules. */ -}}
{{- define "service-lib.kafkaRules" -}}
{{- $ports := list }}
{{- range tpl (include "service-lib.setting" (list . "kafkaBootstrapServers")) . | splitList "," | compact }}
{{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | int) | uniq }}
{{- end }}
{{- with $ports }}
- ports:
    {{- range . }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}
