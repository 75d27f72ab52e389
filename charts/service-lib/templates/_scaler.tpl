{{- /*
What scales a stream consumer, by `autoscaling.provider`: a StreamScaler, a ScaledObject of KEDA, or
nothing. Reads `workload`, the kind that is scaled, or `target`, whatever else is, `group`, its consumer
group unless `config.groupId` says another, and `topics`.
*/ -}}
{{- define "service-lib.consumerScaler" -}}
{{- $own := merge (dict "group" (include "service-lib.setting" (list . "groupId") | default .group)) . }}
{{- if eq .Values.autoscaling.provider "lag-scaler" }}
{{- include "service-lib.streamScaler" $own }}
{{- else if eq .Values.autoscaling.provider "keda" }}
{{- include "service-lib.scaledObject" $own }}
{{- end }}
{{- end }}

{{- define "service-lib.streamScaler" -}}
{{- $scaling := .Values.autoscaling }}
{{- $target := .target | default (dict "apiVersion" "apps/v1" "kind" .workload "name" (include "service-lib.fullname" .)) }}
apiVersion: vitrine.dev/v1alpha1
kind: StreamScaler
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  mode: {{ $scaling.mode }}
  target: {{ toJson $target }}
  source:
    bootstrapServers: {{ tpl (include "service-lib.setting" (list . "kafkaBootstrapServers")) . | quote }}
    group: {{ .group | quote }}
    topics: {{ toJson .topics }}
    security: {{- include "service-lib.streamScalerSecurity" . | nindent 6 }}
  objective: {{- pick $scaling "maxLagSeconds" "drainDeadlineSeconds" "targetUtilization" | toYaml | nindent 4 }}
  bounds: {{- pick $scaling "minReplicas" "maxReplicas" | toYaml | nindent 4 }}
  stability: {{- pick $scaling "scaleDownWindowSeconds" "startUpSeconds" | toYaml | nindent 4 }}
  {{- with $scaling.peaks }}
  peaks: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* By the Secrets that the consumer itself reads. */ -}}
{{- define "service-lib.streamScalerSecurity" -}}
protocol: {{ include "service-lib.setting" (list . "kafkaSecurity") | default "plaintext" }}
{{- with include "service-lib.setting" (list . "kafkaUsername") }}
username: {{ . | quote }}
{{- end }}
{{- $fields := dict "kafkaPassword" "passwordSecret" "kafkaCa" "caSecret" "kafkaCertificate" "certificateSecret" "kafkaKey" "keySecret" }}
{{- range $secret, $field := $fields }}
{{- $source := include "service-lib.secretSource" (list $ $secret) | fromYaml }}
{{- if $source.existingSecret }}
{{ $field }}: {name: {{ $source.existingSecret }}, key: {{ $source.key | default (include "service-lib.snake" $secret) | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.scaledObject" -}}
{{- $scaling := .Values.autoscaling }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: {{ .workload }}, name: {{ include "service-lib.fullname" . }}}
  minReplicaCount: {{ $scaling.minReplicas }}
  maxReplicaCount: {{ $scaling.maxReplicas }}
  triggers:
    {{- range .topics }}
    - type: kafka
      metadata:
        bootstrapServers: {{ tpl (include "service-lib.setting" (list $ "kafkaBootstrapServers")) $ | quote }}
        consumerGroup: {{ $.group | quote }}
        topic: {{ . }}
        lagThreshold: {{ $scaling.keda.lagThreshold | quote }}
      {{- with $scaling.keda.triggerAuthentication }}
      authenticationRef: {name: {{ . }}}
      {{- end }}
    {{- end }}
{{- end }}

{{- /* Of whatever sets the number of pods: bounds, and what it cannot do without. */ -}}
{{- define "service-lib.scalerProblems" -}}
{{- with .Values.autoscaling }}
{{- if and (include "service-lib.scaled" $) (lt (int .maxReplicas) (int .minReplicas)) }}
{{ $.Chart.Name }}: autoscaling.maxReplicas, {{ .maxReplicas }}, is below minReplicas, {{ .minReplicas }}
{{- end }}
{{- $security := include "service-lib.setting" (list $ "kafkaSecurity") | default "plaintext" }}
{{- if and (eq (.provider | default "none") "keda") (ne $security "plaintext") (not .keda.triggerAuthentication) }}
{{ $.Chart.Name }}: KEDA knows what kafkaSecurity {{ $security }} needs by a TriggerAuthentication alone: name one in autoscaling.keda.triggerAuthentication
{{- end }}
{{- range .peaks }}
{{- $layout := "2006-01-02T15:04:05Z07:00" }}
{{- $start := toDate $layout .start }}
{{- $end := toDate $layout .end }}
{{- if or $start.IsZero $end.IsZero }}
{{ $.Chart.Name }}: autoscaling.peaks: {{ .name }} has a day or an hour that does not exist: correct its start, {{ .start }}, or its end, {{ .end }}
{{- else if not ($end.After $start) }}
{{ $.Chart.Name }}: autoscaling.peaks: {{ .name }} ends at {{ .end }}, which is not after its start, {{ .start }}: give it a later end
{{- end }}
{{- end }}
{{- if .enabled }}
{{- include "service-lib.hpaProblems" $ }}
{{- end }}
{{- end }}
{{- end }}

{{- /*
An HPA divides by what all containers of a pod ask for; one that asks for no CPU leaves it without a
figure. Kubernetes takes a limit for a request that is not there.
*/ -}}
{{- define "service-lib.hpaProblems" -}}
{{- if not (or (.Values.resources.requests).cpu (.Values.resources.limits).cpu) }}
{{ .Chart.Name }}: autoscaling.enabled scales by the share that is used of the CPU asked for: set resources.requests.cpu
{{- end }}
{{- $beside := tpl (toYaml .Values.sidecars) . | fromYamlArray }}
{{- range tpl (toYaml .Values.initContainers) . | fromYamlArray }}
{{- if eq (.restartPolicy | default "") "Always" }}{{ $beside = append $beside . }}{{ end }}
{{- end }}
{{- range $beside }}
{{- if not (or ((.resources).requests).cpu ((.resources).limits).cpu) }}
{{ $.Chart.Name }}: autoscaling.enabled needs what every container asks for: set resources.requests.cpu of the sidecar {{ .name }}
{{- end }}
{{- end }}
{{- end }}
