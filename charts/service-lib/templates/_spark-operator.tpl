{{- /*
The driver as the spark-operator makes it. Executors find it by a Service of Spark's own, which holds
its address only while the pod is ready. So the pod is ready as soon as it runs: no probe comes before
the executors, and the one that ends a driver that hangs begins after the time that a start may take.
*/ -}}
{{- define "service-lib.sparkOperatorDriver" -}}
{{- $values := .Values }}
{{- if .serves }}
{{- $startup := .Values.probes.startup }}
{{- $delay := mul (int $startup.periodSeconds) (int $startup.failureThreshold) }}
{{- $liveness := mergeOverwrite (dict "initialDelaySeconds" $delay) .Values.probes.liveness }}
{{- $values = set (omit .Values "probes") "probes" (dict "liveness" $liveness) }}
{{- end }}
{{- $own := dict "component" "driver" "container" "spark-kubernetes-driver" "token" true "restartPolicy" "Never" "Values" $values }}
{{- include "service-lib.podTemplate" (merge $own (include "service-lib.awsCredentials" . | fromYaml) (omit . "Values")) }}
{{- end }}

{{- /* The spec of a SparkApplication, but for when it is started again. */ -}}
{{- define "service-lib.sparkSpec" -}}
{{- /* The chart has a NetworkPolicy; one of Spark's own beside it is nothing that the operator may make. */ -}}
{{- $noPolicy := dict "spark.kubernetes.driver.pod.excludedFeatureSteps" "org.apache.spark.deploy.k8s.features.NetworkPolicyFeatureStep" -}}
type: Python
pythonVersion: "3"
mode: cluster
sparkVersion: 4.2.0
image: {{ include "service-lib.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with (.Values.global).imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {{ .name }}
  {{- end }}
{{- end }}
mainApplicationFile: local:///opt/vitrine/main.py
{{- with (.Values.run).arguments }}
arguments: {{- toYaml . | nindent 2 }}
{{- end }}
sparkConf: {{- merge (include "service-lib.sparkConf" . | fromYaml) $noPolicy | toYaml | nindent 2 }}
driver:
  cores: 1
  {{- /* As Kubernetes has it; Spark would ask for a whole one, even above the limit. */}}
  {{- with (.Values.resources.requests).cpu | default (.Values.resources.limits).cpu }}
  coreRequest: {{ quote . }}
  {{- end }}
  {{- with (.Values.resources.limits).cpu }}
  coreLimit: {{ quote . }}
  {{- end }}
  memory: {{ include "service-lib.effective" (list . "sparkDriverMemory") }}
  memoryOverhead: {{ .Values.driver.memoryOverhead }}
  serviceAccount: {{ include "service-lib.serviceAccountName" . }}
  template: {{- include "service-lib.sparkOperatorDriver" . | nindent 4 }}
executor:
  instances: {{ .Values.executor.instances }}
  cores: {{ .Values.executor.cores }}
  {{- with .Values.executor.coreRequest }}
  coreRequest: {{ quote . }}
  {{- end }}
  {{- with .Values.executor.coreLimit }}
  coreLimit: {{ quote . }}
  {{- end }}
  memory: {{ .Values.executor.memory }}
  memoryOverhead: {{ .Values.executor.memoryOverhead }}
  template: {{- include "service-lib.sparkExecutor" . | nindent 4 }}
{{- end }}

{{- define "service-lib.sparkapplication" -}}
{{- $driver := merge (dict "component" "driver" "suffix" "metrics") . }}
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  {{- include "service-lib.sparkSpec" (merge (dict "serves" true) .) | nindent 2 }}
  restartPolicy:
    type: Always
    onFailureRetryInterval: {{ .Values.restart.intervalSeconds }}
    onSubmissionFailureRetryInterval: {{ .Values.restart.submissionIntervalSeconds }}
{{- with include "service-lib.metricsPort" . }}
---
apiVersion: v1
kind: Service
metadata: {{- include "service-lib.metadata" $driver | nindent 2 }}
spec:
  clusterIP: None
  selector: {{- include "service-lib.selectorLabels" $driver | nindent 4 }}
  ports: [{name: metrics, port: {{ . }}}]
{{- end }}
{{- end }}

{{- /* One try a run, as the CronJob of the other runner. */ -}}
{{- define "service-lib.scheduledsparkapplication" -}}
apiVersion: sparkoperator.k8s.io/v1beta2
kind: ScheduledSparkApplication
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  schedule: {{ .Values.run.schedule | quote }}
  timeZone: Etc/UTC
  suspend: {{ .Values.run.suspend }}
  concurrencyPolicy: Forbid
  successfulRunHistoryLimit: {{ .Values.run.successfulHistoryLimit }}
  failedRunHistoryLimit: {{ .Values.run.failedHistoryLimit }}
  template:
    {{- include "service-lib.sparkSpec" . | nindent 4 }}
    restartPolicy: {type: Never}
{{- end }}
