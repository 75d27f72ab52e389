{{- /* A key of `config` or `secrets` as the program spells it: camelCase to snake_case. */ -}}
{{- define "service-lib.snake" -}}
{{- regexReplaceAll "([A-Z])" . "_${1}" | lower -}}
{{- end }}

{{- /*
Environment variables out of `config`. An empty value is taken from `global.config`; where that is
empty too the program's own default holds, or the install fails for what `required` names.
*/ -}}
{{- define "service-lib.environment" -}}
{{- $shared := (.Values.global).config | default dict }}
{{- range $key, $own := .Values.config }}
{{- $value := eq (toString $own) "" | ternary (get $shared $key) $own }}
{{- if not (kindIs "string" $value) }}{{ $value = toJson $value }}{{ end }}
{{- if and (not $value) (has $key ($.required | default list)) }}
{{- fail (printf "%s needs config.%s: set it there, or as global.config.%s for all" $.Chart.Name $key $key) }}
{{- end }}
{{- with $value }}
{{ include "service-lib.snake" $key | upper }}: {{ tpl . $ | quote }}
{{- end }}
{{- end }}
{{- $region := hasKey .Values.config "awsRegion" | ternary "" $shared.awsRegion }}
{{- $given := dict "SECRETS_DIR" (empty .Values.secrets | ternary "" "/etc/vitrine/secrets") "AWS_REGION" $region }}
{{- $prometheus := dict "OTEL_METRICS_EXPORTER" "prometheus" "OTEL_EXPORTER_PROMETHEUS_HOST" "0.0.0.0" }}
{{- $metrics := include "service-lib.metricsPort" . | empty | ternary dict $prometheus }}
{{- range $name, $value := merge (dict "OTEL_EXPORTER_OTLP_ENDPOINT" (.Values.global).otlpEndpoint) $metrics $given }}
{{- with $value }}
{{ $name }}: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
data: {{- include "service-lib.environment" . | nindent 2 }}
{{- end }}

{{- /* Secrets as files, named as the settings that read them. Fails for one that nobody named. */ -}}
{{- define "service-lib.secretSources" -}}
{{- $shared := (.Values.global).secrets | default dict }}
{{- range $field, $own := .Values.secrets }}
{{- $source := $own.existingSecret | empty | ternary (get $shared $field | default dict) $own }}
{{- $file := include "service-lib.snake" $field }}
{{- if $source.existingSecret }}
- secret:
    name: {{ $source.existingSecret }}
    items:
      - {key: {{ $source.key | default $file }}, path: {{ $file }}}
      {{- with $source.caKey }}
      - {key: {{ . }}, path: {{ $file }}.ca.pem}
      {{- end }}
{{- else if not $own.optional }}
{{- fail (printf "%s needs a Secret: name it in secrets.%s.existingSecret, or in global.secrets.%s.existingSecret for all" $.Chart.Name $field $field) }}
{{- end }}
{{- end }}
{{- end }}
