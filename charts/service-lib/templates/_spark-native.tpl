{{- /* Reads `driverHost`, by which executors find the driver; without it the driver says its address. */ -}}
{{- define "service-lib.sparkConfig" -}}
apiVersion: v1
kind: ConfigMap
metadata: {{- include "service-lib.metadata" (merge (dict "suffix" "spark") .) | nindent 2 }}
data:
  spark-defaults.conf: |
    {{- range $key, $value := include "service-lib.sparkConf" . | fromYaml }}
    {{ $key }} {{ $value }}
    {{- end }}
    spark.master k8s://https://kubernetes.default.svc
    {{- with .driverHost }}
    spark.driver.host {{ . }}
    {{- end }}
    spark.driver.bindAddress 0.0.0.0
    spark.executor.instances {{ .Values.executor.instances }}
    spark.executor.cores {{ .Values.executor.cores }}
    spark.executor.memory {{ .Values.executor.memory }}
    spark.executor.memoryOverhead {{ .Values.executor.memoryOverhead }}
    {{- with .Values.executor.coreRequest }}
    spark.kubernetes.executor.request.cores {{ . }}
    {{- end }}
    {{- with .Values.executor.coreLimit }}
    spark.kubernetes.executor.limit.cores {{ . }}
    {{- end }}
    spark.kubernetes.executor.podTemplateFile /etc/vitrine/spark/executor.yaml
    spark.kubernetes.executor.podTemplateContainerName spark-kubernetes-executor
    spark.kubernetes.container.image {{ include "service-lib.image" . }}
    spark.kubernetes.container.image.pullPolicy {{ .Values.image.pullPolicy }}
    spark.kubernetes.namespace {{ .Release.Namespace }}
  executor.yaml: |
    apiVersion: v1
    kind: Pod
    {{- include "service-lib.sparkExecutor" . | nindent 4 }}
{{- end }}

{{- /*
The driver's pod, in client mode. Reads `config`, the text of its ConfigMap, `submit`, further options
of spark-submit, and what the pod template reads.
*/ -}}
{{- define "service-lib.sparkDriver" -}}
{{- $shared := include "service-lib.awsCredentials" . | fromYaml }}
{{- $options := append (.submit | default list) "--conf spark.kubernetes.driver.pod.name=$(POD_NAME)" | join " " }}
{{- $env := list
  (dict "name" "SPARK_CONF_DIR" "value" "/etc/vitrine/spark")
  (dict "name" "POD_NAME" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name")))
  (dict "name" "PYSPARK_SUBMIT_ARGS" "value" (print $options " pyspark-shell")) }}
{{- $mount := dict "name" "spark" "mountPath" "/etc/vitrine/spark" "readOnly" true }}
{{- $volume := dict "name" "spark" "configMap" (dict "name" (print (include "service-lib.fullname" .) "-spark")) }}
{{- $own := dict
  "token" true
  "annotations" (dict "checksum/spark" (sha256sum .config))
  "env" (concat $env ($shared.env | default list) (.env | default list))
  "volumes" (append ($shared.volumes | default list) $volume)
  "volumeMounts" (append ($shared.volumeMounts | default list) $mount) }}
{{- include "service-lib.podTemplate" (merge $own .) }}
{{- end }}

{{- /* The driver of a stream, and the name by which its executors find it. */ -}}
{{- define "service-lib.sparkDeployment" -}}
{{- $driver := merge (dict "component" "driver" "suffix" "driver" "serves" true) . }}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "service-lib.metadata" $driver | nindent 2 }}
spec:
  replicas: 1
  # One driver at a time: a second one would take over by the ledger's epoch, and end the first.
  strategy: {type: Recreate}
  selector:
    matchLabels: {{- include "service-lib.selectorLabels" $driver | nindent 6 }}
  template: {{- include "service-lib.sparkDriver" $driver | nindent 4 }}
---
# Executors find the driver by this name, before it is ready: it becomes ready with their help.
apiVersion: v1
kind: Service
metadata: {{- include "service-lib.metadata" $driver | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {{- include "service-lib.selectorLabels" $driver | nindent 4 }}
  ports:
    - {name: driver, port: 7078}
    - {name: blocks, port: 7079}
    {{- with include "service-lib.metricsPort" . }}
    - {name: metrics, port: {{ . }}}
    {{- end }}
{{- end }}

{{- /* One try a run: whether to run it again is for who looks after the schedule. */ -}}
{{- define "service-lib.sparkCronjob" -}}
{{- $address := dict "name" "POD_IP" "valueFrom" (dict "fieldRef" (dict "fieldPath" "status.podIP")) }}
{{- $driver := merge (dict
  "component" "driver" "restartPolicy" "Never" "args" .Values.run.arguments
  "env" (list $address) "submit" (list "--conf spark.driver.host=$(POD_IP)")) . }}
apiVersion: batch/v1
kind: CronJob
metadata: {{- include "service-lib.metadata" $driver | nindent 2 }}
spec:
  schedule: {{ .Values.run.schedule | quote }}
  timeZone: Etc/UTC
  suspend: {{ .Values.run.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: {{ .Values.run.successfulHistoryLimit }}
  failedJobsHistoryLimit: {{ .Values.run.failedHistoryLimit }}
  jobTemplate:
    spec:
      backoffLimit: 0
      template: {{- include "service-lib.sparkDriver" $driver | nindent 8 }}
{{- end }}
