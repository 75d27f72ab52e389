{{- /* Keeps every replica serving through an upgrade. Reads what the pod template reads. */ -}}
{{- define "service-lib.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  replicas: {{ .Values.replicas }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  selector: {matchLabels: {{ include "service-lib.selectorLabels" . | fromYaml | toJson }}}
  template: {{- include "service-lib.podTemplate" (merge (dict "serves" true) .) | nindent 4 }}
{{- end }}

{{- define "service-lib.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "service-lib.metadata" . | nindent 2 }}
  annotations: {{- toYaml .Values.serviceAccount.annotations | nindent 4 }}
automountServiceAccountToken: false
{{- end }}

{{- /* With one replica there is nothing to keep up while its node is emptied. */ -}}
{{- define "service-lib.pdb" -}}
{{- if gt (int .Values.replicas) 1 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {{ include "service-lib.selectorLabels" . | fromYaml | toJson }}}
{{- end }}
{{- end }}

{{- /* A Job of the chart's own image for `helm test`. Reads `script`, Python, and `env`. */ -}}
{{- define "service-lib.test" -}}
{{- $own := dict "command" (list "python" "-c" .script) "restartPolicy" "Never" "Values" (omit .Values "secrets") }}
{{- $labels := dict "app.kubernetes.io/name" "test" "app.kubernetes.io/instance" .Release.Name }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "service-lib.fullname" . }}-test
  namespace: {{ .Release.Namespace }}
  labels: {{- toYaml $labels | nindent 4 }}
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec:
  backoffLimit: 0
  ttlSecondsAfterFinished: 3600
  template:
    metadata: {labels: {{ toJson $labels }}}
    spec: {{- get (include "service-lib.podTemplate" (merge $own (omit . "Values")) | fromYaml) "spec" | toYaml | nindent 6 }}
{{- end }}
