{{- /*
A private authority's certificates. Clients trust one file alone, so a container before the program
joins the image's own authorities and these: `ca.pem`, and for a JVM `ca.p12`.
*/ -}}

{{- /* Where the certificates are, as YAML: the chart's own words, else the shared ones. */ -}}
{{- define "service-lib.caBundle" -}}
{{- $own := .Values.caBundle }}
{{- or $own.existingConfigMap $own.existingSecret | empty | ternary ((.Values.global).caBundle | default dict) $own | toYaml }}
{{- end }}

{{- /* The same as a source of a projected volume; empty where nobody named any. */ -}}
{{- define "service-lib.caSource" -}}
{{- with include "service-lib.caBundle" . | fromYaml }}
{{- $items := list (dict "key" (.key | default "ca.crt") "path" "ca.pem") }}
{{- if .existingConfigMap }}
- configMap: {{ dict "name" .existingConfigMap "items" $items | toJson }}
{{- else if .existingSecret }}
- secret: {{ dict "name" .existingSecret "items" $items | toJson }}
{{- end }}
{{- end }}
{{- end }}

{{- /* By which variables Python's ssl (httpx, MongoDB's and Redshift's drivers, Arrow's S3, Kafka's), requests, botocore and OpenTelemetry find it. */ -}}
{{- define "service-lib.trustEnvironment" -}}
{{- if include "service-lib.caSource" . }}
{{- range list "SSL_CERT_FILE" "REQUESTS_CA_BUNDLE" "AWS_CA_BUNDLE" "OTEL_EXPORTER_OTLP_CERTIFICATE" }}
{{ . }}: /etc/vitrine/trust/ca.pem
{{- end }}
{{- end }}
{{- end }}

{{- /* By which options a JVM does; empty where nobody named any. */ -}}
{{- define "service-lib.trustJavaOptions" -}}
{{- if include "service-lib.caSource" . -}}
-Djavax.net.ssl.trustStore=/etc/vitrine/trust/ca.p12 -Djavax.net.ssl.trustStoreType=PKCS12
{{- end }}
{{- end }}

{{- define "service-lib.trustContainer" -}}
{{- if include "service-lib.caSource" . }}
- name: trust
  image: {{ include "service-lib.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [python, -m, service_runtime.ca_bundle, /etc/vitrine/ca/ca.pem, /etc/vitrine/trust]
  resources:
    requests: {cpu: 50m, memory: 64Mi, ephemeral-storage: 4Mi}
    limits: {cpu: 500m, memory: 128Mi, ephemeral-storage: 16Mi}
  securityContext: {{- toYaml .Values.securityContext | nindent 4 }}
  volumeMounts:
    - {name: ca, mountPath: /etc/vitrine/ca, readOnly: true}
    - {name: trust, mountPath: /etc/vitrine/trust}
{{- end }}
{{- end }}

{{- define "service-lib.trustVolumes" -}}
{{- with include "service-lib.caSource" . }}
- name: ca
  projected:
    defaultMode: 0440
    sources: {{- . | nindent 6 }}
- name: trust
  emptyDir: {sizeLimit: 4Mi}
{{- end }}
{{- end }}

{{- define "service-lib.trustProblems" -}}
{{- range $place, $bundle := dict (print .Chart.Name ": caBundle") .Values.caBundle "global.caBundle" (.Values.global).caBundle }}
{{- with $bundle }}
{{- if and .existingConfigMap .existingSecret }}
{{ $place }} names a ConfigMap and a Secret: name one of them
{{- end }}
{{- end }}
{{- end }}
{{- end }}
