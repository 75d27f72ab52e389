{{- /* Numbers that must not be above others. */ -}}

{{- /* A setting as text, by `list . KEY`: as it is told, else the program's default. */ -}}
{{- define "service-lib.effective" -}}
{{- $default := get (include (print (index . 0).Chart.Name ".defaults") (index . 0) | fromJson) (index . 1) }}
{{- include "service-lib.setting" . | default (kindIs "string" $default | ternary $default (toJson $default)) -}}
{{- end }}

{{- /* What one setting must not be above of another, as the program's Settings say; a time zone that
       is none; a port that is taken. */ -}}
{{- define "service-lib.settingProblems" -}}
{{- if hasKey .Values.config "shopTimezone" }}
{{- $zone := include "service-lib.setting" (list . "shopTimezone") }}
{{- if and $zone (not (has $zone (.Files.Lines "files/time-zones.txt"))) }}
{{ .Chart.Name }}: config.shopTimezone, {{ $zone }}, is no time zone of IANA, such as America/Sao_Paulo
{{- end }}
{{- end }}
{{- range $key, $of := include (print .Chart.Name ".notAbove") . | fromJson }}
{{- $value := include "service-lib.effective" (list $ $key) }}
{{- $most := include "service-lib.effective" (list $ $of) }}
{{- if gt (float64 $value) (float64 $most) }}
{{ $.Chart.Name }}: config.{{ $key }}, {{ $value }}, is above {{ $of }}, {{ $most }}
{{- end }}
{{- end }}
{{- if hasKey .Values "probes" }}
{{- range $name, $port := include "service-lib.metricsPorts" . | fromYaml }}
{{- if eq (int $port) (include "service-lib.port" $ | int) }}
{{ $.Chart.Name }}: port {{ $port }} is that of its metrics: set another config.{{ hasKey $.Values.config "listenPort" | ternary "listenPort" "healthPort" }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.resourceProblems" -}}
{{- $limits := .Values.resources.limits | default dict }}
{{- range $name, $asked := .Values.resources.requests }}
{{- with get $limits $name }}
{{- if gt (include "service-lib.milli" $asked | float64) (include "service-lib.milli" . | float64) }}
{{ $.Chart.Name }}: resources.requests.{{ $name }}, {{ $asked }}, is above resources.limits.{{ $name }}, {{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- with get $limits "ephemeral-storage" }}
{{- if gt (include "service-lib.milli" $.Values.tmpSize | float64) (include "service-lib.milli" . | float64) }}
{{ $.Chart.Name }}: a tmpSize of {{ $.Values.tmpSize }} does not fit in resources.limits.ephemeral-storage, {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Of a Spark application: what Kubernetes or Spark would refuse, or kill. */ -}}
{{- define "service-lib.sparkProblems" -}}
{{- with .Values.executor }}
{{- range $key := list "instances" "cores" "memory" "memoryOverhead" }}
{{- if not (get $.Values.executor $key) }}
{{ $.Chart.Name }} needs executor.{{ $key }}
{{- end }}
{{- end }}
{{- $asked := .coreRequest | default .cores }}
{{- if and .coreLimit (gt (include "service-lib.milli" $asked | float64) (include "service-lib.milli" .coreLimit | float64)) }}
{{ $.Chart.Name }}: executor.{{ hasKey . "coreRequest" | ternary "coreRequest" "cores" }}, {{ $asked }}, is above executor.coreLimit, {{ .coreLimit }}
{{- end }}
{{- $heap := include "service-lib.effective" (list $ "sparkDriverMemory") }}
{{- range $name, $size := dict "config.sparkDriverMemory" $heap "executor.memory" (.memory | default "1g") }}
{{- if lt (include "service-lib.sparkMilli" $size | float64) (include "service-lib.sparkMilli" "470m" | float64) }}
{{ $.Chart.Name }}: {{ $name }}, {{ $size }}, is below 470m, with which Spark starts
{{- end }}
{{- end }}
{{- $most := ($.Values.resources.limits | default dict).memory }}
{{- if and (eq $.Values.runner "native") $most (ge (include "service-lib.sparkMilli" $heap | float64) (include "service-lib.milli" $most | float64)) }}
{{ $.Chart.Name }}: a heap of {{ $heap }} does not fit in resources.limits.memory, {{ $most }}
{{- end }}
{{- if has (include "service-lib.port" $) (list "7078" "7079") }}
{{ $.Chart.Name }}: port {{ include "service-lib.port" $ }} is Spark's own: set another config.healthPort
{{- end }}
{{- end }}
{{- end }}

{{- /* Thousandths of a size as Spark writes it, such as 768m or 2g. */ -}}
{{- define "service-lib.sparkMilli" -}}
{{- $unit := get (dict "k" "Ki" "m" "Mi" "g" "Gi" "t" "Ti") (regexFind "[kmgt]$" .) }}
{{- include "service-lib.milli" (print (regexFind "^[0-9]+" .) $unit) -}}
{{- end }}

{{- /* Thousandths of a quantity such as 1Gi, 500m or 2e3. */ -}}
{{- define "service-lib.milli" -}}
{{- $text := kindIs "string" . | ternary (toString .) (toJson .) }}
{{- $factors := dict "m" 1 "" 1e3 "k" 1e6 "M" 1e9 "G" 1e12 "T" 1e15 "P" 1e18 "E" 1e21 "Ki" 1024e3 "Mi" 1048576e3 "Gi" 1073741824e3 "Ti" 1099511627776e3 "Pi" 1125899906842624e3 "Ei" 1152921504606846976e3 }}
{{- mulf (regexFind "^[0-9.]+([eE][-+]?[0-9]+)?" $text | float64) (get $factors (regexFind "[A-Za-z]*$" $text) | float64) | printf "%.0f" -}}
{{- end }}
