{{- /* Keeps every replica serving through an upgrade. Reads what the pod template reads. */ -}}
{{- define "service-lib.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  {{- include "service-lib.replicas" . | nindent 2 }}
  strategy: {{- include "service-lib.updateStrategy" . | nindent 4 }}
  selector: {matchLabels: {{ include "service-lib.selectorLabels" . | fromYaml | toJson }}}
  template: {{- include "service-lib.podTemplate" (merge (dict "serves" true) .) | nindent 4 }}
{{- end }}

{{- /* Without what a chart says of rolling updates, where its user chose another type. */ -}}
{{- define "service-lib.updateStrategy" -}}
{{- $own := .Values.updateStrategy | default dict }}
{{- has $own.type (list "Recreate" "OnDelete") | ternary (omit $own "rollingUpdate") $own | toYaml }}
{{- end }}

{{- define "service-lib.updateProblems" -}}
{{- with (include "service-lib.updateStrategy" . | fromYaml).rollingUpdate }}
{{- $none := "^0+%?$" }}
{{- if and (regexMatch $none (toString .maxUnavailable)) (regexMatch $none (toString .maxSurge)) }}
{{ $.Chart.Name }}: an update that may neither stop a pod nor start a further one never begins: raise updateStrategy.rollingUpdate.maxUnavailable or maxSurge
{{- end }}
{{- end }}
{{- end }}

{{- /* Not empty where an autoscaler sets the number of pods: an HPA, KEDA, or lag-scaler where it may act. */ -}}
{{- define "service-lib.scaled" -}}
{{- with .Values.autoscaling }}
{{- $acts := and (eq (.provider | default "none") "lag-scaler") (eq .mode "Act") }}
{{- if or .enabled $acts (eq (.provider | default "none") "keda") }}yes{{ end }}
{{- end }}
{{- end }}

{{- /* Nothing where something else says how many: the autoscaler, or who sets `replicas` to null. */ -}}
{{- define "service-lib.replicas" -}}
{{- if not (or (include "service-lib.scaled" .) (kindIs "invalid" .Values.replicas)) }}replicas: {{ .Values.replicas }}{{ end -}}
{{- end }}

{{- /* Reads `workload`, the kind that is scaled. */ -}}
{{- define "service-lib.autoscaler" -}}
{{- with .Values.autoscaling }}
{{- if .enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{- include "service-lib.metadata" $ | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: {{ $.workload }}, name: {{ include "service-lib.fullname" $ }}}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .targetCPUUtilizationPercentage }}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.serviceaccount" -}}
{{- if .Values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- set (include "service-lib.metadata" . | fromYaml) "name" (include "service-lib.serviceAccountName" .) | toYaml | nindent 2 }}
  annotations: {{- toYaml .Values.serviceAccount.annotations | nindent 4 }}
automountServiceAccountToken: false
{{- end }}
{{- end }}

{{- /* With one replica there is nothing to keep up while its node is emptied; `null` may be any number, and so may what a `provider` sets. */ -}}
{{- define "service-lib.pdb" -}}
{{- $least := kindIs "invalid" .Values.replicas | ternary 2 .Values.replicas }}
{{- if include "service-lib.scaled" . }}{{ $least = .Values.autoscaling.enabled | default false | ternary .Values.autoscaling.minReplicas .Values.autoscaling.maxReplicas }}{{ end }}
{{- if gt (int $least) 1 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {{ include "service-lib.selectorLabels" . | fromYaml | toJson }}}
{{- end }}
{{- end }}

{{- /*
A Job of the chart's own image for `helm test`, which shows what it prints; nothing where tests are
switched off. Reads `script`, Python, and `env`.
*/ -}}
{{- define "service-lib.test" -}}
{{- if dig "tests" "enabled" true (.Values.global | default dict) }}
{{- $pod := dict "command" (list "python" "-c" .script) "restartPolicy" "Never" "Values" (merge (dict "sidecars" list "initContainers" list) (omit .Values "secrets" "sidecars" "initContainers")) }}
{{- $own := dict "app.kubernetes.io/name" "test" "app.kubernetes.io/instance" .Release.Name }}
{{- $labels := include "service-lib.besideCommonLabels" (list . $own) | fromYaml }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "service-lib.fullname" . }}-test
  namespace: {{ .Release.Namespace }}
  labels: {{- toYaml $labels | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
spec:
  backoffLimit: 0
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      {{- with .Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
      labels: {{- mergeOverwrite dict .Values.podLabels $labels | toYaml | nindent 8 }}
    spec: {{- get (include "service-lib.podTemplate" (merge $pod (omit . "Values")) | fromYaml) "spec" | toYaml | nindent 6 }}
{{- end }}
{{- end }}
