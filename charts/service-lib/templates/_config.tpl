{{- /* A key of `config` or `secrets` as the program spells it: camelCase to snake_case. */ -}}
{{- define "service-lib.snake" -}}
{{- regexReplaceAll "([A-Z])" . "_${1}" | lower -}}
{{- end }}

{{- /* A setting as text, by `list . KEY`: the chart's own, else that of `global.config`, else empty. */ -}}
{{- define "service-lib.setting" -}}
{{- $key := index . 1 }}
{{- $own := get (index . 0).Values.config $key }}
{{- $shared := get (((index . 0).Values.global).config | default dict) $key }}
{{- $value := eq (toString $own) "" | ternary $shared $own }}
{{- if kindIs "invalid" $value }}{{ $value = "" }}{{ end }}
{{- kindIs "string" $value | ternary $value (toJson $value) -}}
{{- end }}

{{- /* Environment variables out of `config`. Where a setting is empty the program's default holds. */ -}}
{{- define "service-lib.environment" -}}
{{- range $key, $_ := .Values.config }}
{{- with tpl (include "service-lib.setting" (list $ $key)) $ }}
{{ include "service-lib.snake" $key | upper }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- $region := hasKey .Values.config "awsRegion" | ternary "" ((.Values.global).config).awsRegion }}
{{- $given := dict "SECRETS_DIR" (include "service-lib.secretSources" . | empty | ternary "" "/etc/vitrine/secrets") "AWS_REGION" $region }}
{{- $prometheus := dict "OTEL_METRICS_EXPORTER" "prometheus" "OTEL_EXPORTER_PROMETHEUS_HOST" "0.0.0.0" }}
{{- $metrics := include "service-lib.metricsPort" . | empty | ternary dict $prometheus }}
{{- range $name, $value := merge (dict "OTEL_EXPORTER_OTLP_ENDPOINT" (.Values.global).otlpEndpoint) $metrics $given }}
{{- with $value }}
{{ $name }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- include "service-lib.trustEnvironment" . }}
{{- end }}

{{- define "service-lib.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
data: {{- include "service-lib.environment" . | nindent 2 }}
{{- end }}

{{- /* Where a secret is kept, as YAML, by `list . FIELD`: the chart's own words, else the shared ones. */ -}}
{{- define "service-lib.secretSource" -}}
{{- $own := get (index . 0).Values.secrets (index . 1) }}
{{- $shared := get (((index . 0).Values.global).secrets | default dict) (index . 1) | default dict }}
{{- $own.existingSecret | empty | ternary $shared $own | toYaml }}
{{- end }}

{{- /* Secrets as files, named as the settings that read them. */ -}}
{{- define "service-lib.secretSources" -}}
{{- range $field, $_ := .Values.secrets }}
{{- $source := include "service-lib.secretSource" (list $ $field) | fromYaml }}
{{- $file := include "service-lib.snake" $field }}
{{- if $source.existingSecret }}
- secret:
    name: {{ $source.existingSecret }}
    items:
      - {key: {{ $source.key | default $file }}, path: {{ $file }}}
      {{- with $source.caKey }}
      - {key: {{ . }}, path: {{ $file }}.ca.pem}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}
