{{- /*
Every template takes the chart's own context. A chart adds to it what it decides itself, with
`merge (dict "component" "driver") .`; the templates below say which of these they read.
*/ -}}

{{- /*
The name of the chart's objects, at most 46 characters, so that a suffix of up to 17 fits in 63 and
a CronJob's in 52. A longer one is cut, and one with a dot, which Helm allows and a Service does not,
has dashes; both end in a hash of the whole, so that no two are alike.
The umbrella's own objects, in a release of its name, do not say it twice.
*/ -}}
{{- define "service-lib.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $own := eq .Release.Name $name | ternary $name (printf "%s-%s" .Release.Name $name) -}}
{{- include "service-lib.shortened" (.Values.fullnameOverride | default $own) -}}
{{- end }}

{{- define "service-lib.shortened" -}}
{{- if and (le (len .) 46) (not (contains "." .)) }}{{ . }}
{{- else }}{{ replace "." "-" . | trunc 37 | trimSuffix "-" }}-{{ sha256sum . | trunc 8 }}{{ end -}}
{{- end }}

{{- /* The name of another chart's objects in the same release, by its chart's name. */ -}}
{{- define "service-lib.sibling" -}}
{{- include "service-lib.shortened" (printf "%s-%s" (index . 0).Release.Name (index . 1)) -}}
{{- end }}

{{- define "service-lib.serviceAccountName" -}}
{{- $made := include "service-lib.fullname" . -}}
{{- .Values.serviceAccount.name | default (ternary $made "default" .Values.serviceAccount.create) -}}
{{- end }}

{{- /*
Reads `component`, which sets the parts of one chart apart. The name is the chart's whatever
`nameOverride` says: other charts' policies know it.
*/ -}}
{{- define "service-lib.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* Labels of every object, as YAML; those that select win over a user's. */ -}}
{{- define "service-lib.labels" -}}
{{- $own := include "service-lib.selectorLabels" . | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/part-of" "vitrine" }}
{{- include "service-lib.besideCommonLabels" (list . $own) }}
{{- end }}

{{- /* By `list . OWN`: the labels for all and the chart's, below those of OWN. */ -}}
{{- define "service-lib.besideCommonLabels" -}}
{{- $values := (index . 0).Values }}
{{- mergeOverwrite dict (($values.global).commonLabels | default dict) ($values.commonLabels | default dict) (index . 1) | toYaml }}
{{- end }}

{{- /* Reads `suffix`, which follows the full name. */ -}}
{{- define "service-lib.metadata" -}}
name: {{ include "service-lib.fullname" . }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "service-lib.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "service-lib.image" -}}
{{- with (.Values.global).imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end }}

{{- /* Where the pod answers HTTP: its service, or its health endpoint where it has no other. */ -}}
{{- define "service-lib.port" -}}
{{- .Values.config.listenPort | default .Values.config.healthPort | int -}}
{{- end }}

{{- /* Where Prometheus finds the metrics of a pod that serves; empty where nobody asked for it. */ -}}
{{- define "service-lib.metricsPort" -}}
{{- if and .Values.probes ((.Values.global).serviceMonitor).enabled }}9464{{ end -}}
{{- end }}

{{- /* The same of every process of a pod, as YAML: the name of each port to its number. */ -}}
{{- define "service-lib.metricsPorts" -}}
{{- with include "service-lib.metricsPort" . }}
metrics: {{ . }}
{{- range $worker := untilStep 1 (int ($.Values.config.workers | default 1)) 1 }}
metrics-{{ $worker }}: {{ add 9464 $worker }}
{{- end }}
{{- end }}
{{- end }}
