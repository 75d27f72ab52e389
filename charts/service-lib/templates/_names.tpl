{{- /*
Every template takes the chart's own context. A chart adds to it what it decides itself, with
`merge (dict "component" "driver") .`; the templates below say which of these they read.
*/ -}}

{{- /* The umbrella's own objects, in a release of its name, do not say it twice. */ -}}
{{- define "service-lib.fullname" -}}
{{- $name := eq .Release.Name .Chart.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- trunc 50 $name | trimSuffix "-" -}}
{{- end }}

{{- /* Reads `component`, which sets the parts of one chart apart. */ -}}
{{- define "service-lib.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* Reads `suffix`, which follows the full name. */ -}}
{{- define "service-lib.metadata" -}}
name: {{ include "service-lib.fullname" . }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "service-lib.selectorLabels" . | nindent 2 }}
  app.kubernetes.io/part-of: vitrine
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
