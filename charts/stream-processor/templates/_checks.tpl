{{- define "stream-processor.required" }}kafkaBootstrapServers warehouseHost warehouseUser stagingUrl warehouseIamRole checkpointUrl{{ end }}

{{- define "stream-processor.endsWithin" }}40{{ end }}

{{- define "stream-processor.problems" }}
{{- if and (hasPrefix "file:" .Values.config.checkpointUrl) (not .Values.persistence.enabled) }}
stream-processor: {{ .Values.config.checkpointUrl }} is a pod's own file: set persistence.enabled, or an s3a:// URL
{{- end }}
{{- with .Values.executor }}
{{- if gt (include "service-lib.milli" .coreRequest | float64) (include "service-lib.milli" .coreLimit | float64) }}
stream-processor: executor.coreRequest, {{ .coreRequest }}, is above executor.coreLimit, {{ .coreLimit }}
{{- end }}
{{- end }}
{{- $heap := include "service-lib.setting" (list . "sparkDriverMemory") }}
{{- $most := (.Values.resources.limits | default dict).memory }}
{{- if and (eq .Values.runner "native") $heap $most }}
{{- if ge (include "service-lib.milli" (regexReplaceAll "([kmgt])$" $heap "${1}i" | replace "k" "K" | replace "m" "M" | replace "g" "G" | replace "t" "T") | float64) (include "service-lib.milli" $most | float64) }}
stream-processor: a heap of {{ $heap }} does not fit in resources.limits.memory, {{ $most }}
{{- end }}
{{- end }}
{{- if has (include "service-lib.port" .) (list "7078" "7079") }}
stream-processor: port {{ include "service-lib.port" . }} is Spark's own: set another config.healthPort
{{- end }}
{{- end }}
