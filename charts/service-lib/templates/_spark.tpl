{{- /*
A Spark application under both runners. A chart takes one of `service-lib.sparkStream`, for what runs
on, and `service-lib.sparkRuns`, for what runs by a schedule and ends; with it `sparkRbac`,
`sparkNetworkpolicy` and, for a stream, `sparkPdb`. All read `volumes` and `volumeMounts`, which driver
and executors have in common.
*/ -}}

{{- /* A driver that goes on, and is replaced when it ends. */ -}}
{{- define "service-lib.sparkStream" -}}
{{- if eq .Values.runner "native" }}
{{- $host := printf "%s-driver.%s.svc" (include "service-lib.fullname" .) .Release.Namespace }}
{{- $config := include "service-lib.sparkConfig" (merge (dict "driverHost" $host) .) }}
{{- $config }}
---
{{ include "service-lib.sparkDeployment" (merge (dict "config" $config) .) }}
{{- else }}
{{- include "service-lib.sparkapplication" . }}
{{- end }}
{{- end }}

{{- /* A driver that does its job and ends, at the moments of `run.schedule`; nothing runs between them. */ -}}
{{- define "service-lib.sparkRuns" -}}
{{- if eq .Values.runner "native" }}
{{- $config := include "service-lib.sparkConfig" . }}
{{- $config }}
---
{{ include "service-lib.sparkCronjob" (merge (dict "config" $config) .) }}
{{- else }}
{{- include "service-lib.scheduledsparkapplication" . }}
{{- end }}
{{- end }}

{{- /* What both runners tell Spark. */ -}}
{{- define "service-lib.sparkConf" -}}
{{- $conf := dict "spark.driver.port" "7078" "spark.driver.blockManager.port" "7079" "spark.blockManager.port" "7079" }}
{{- with include "service-lib.trustJavaOptions" . }}
{{- $conf = merge $conf (dict "spark.driver.defaultJavaOptions" . "spark.executor.defaultJavaOptions" .) }}
{{- end }}
{{- if include "service-lib.executors" . }}
{{- $conf = merge $conf (dict "spark.decommission.enabled" "true" "spark.kubernetes.decommission.script" "/opt/vitrine/bin/decommission") }}
{{- end }}
{{- merge (.Values.sparkConf | default dict) $conf | toYaml }}
{{- end }}

{{- /* Name of the ConfigMap in which lag-scaler asks for executors; empty where it does not. */ -}}
{{- define "service-lib.executors" -}}
{{- if eq ((.Values.autoscaling).provider | default "none") "lag-scaler" }}{{ include "service-lib.fullname" . }}-executors{{ end -}}
{{- end }}

{{- /* Executors hold no password and talk to no Kubernetes; Spark itself adds CPU and memory. */ -}}
{{- define "service-lib.sparkExecutor" -}}
{{- $disk := dict "requests" (pick .Values.resources.requests "ephemeral-storage") "limits" (pick .Values.resources.limits "ephemeral-storage") }}
{{- $values := merge (dict "resources" $disk) (omit .Values "secrets" "resources") }}
{{- $own := dict "component" "executor" "container" "spark-kubernetes-executor" "restartPolicy" "Never" "Values" $values }}
{{- include "service-lib.podTemplate" (merge $own (include "service-lib.awsCredentials" . | fromYaml) (omit . "Values" "serves")) }}
{{- end }}

{{- /* Spark's driver makes its executors, and tidies up behind them. */ -}}
{{- define "service-lib.sparkRbac" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
rules:
  - apiGroups: [""]
    resources: [pods, configmaps, services, persistentvolumeclaims]
    verbs: [get, list, watch, create, patch, delete, deletecollection]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "service-lib.fullname" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "service-lib.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

{{- /* Driver and executors reach each other and Kubernetes; reads `peers` as every policy does. */ -}}
{{- define "service-lib.sparkNetworkpolicy" -}}
{{- $pods := list (dict "podSelector" (dict "matchLabels" (include "service-lib.selectorLabels" . | fromYaml))) }}
{{- $ports := list (dict "protocol" "TCP" "port" 7078) (dict "protocol" "TCP" "port" 7079) }}
{{- $own := dict
  "ingress" (list (dict "from" $pods "ports" $ports))
  "egress" (list (dict "to" $pods "ports" $ports))
  "peers" (append .peers "kubernetesApi") }}
{{- include "service-lib.networkpolicy" (merge $own .) }}
{{- end }}

{{- /*
Driver and executors of a stream together, so that one of them moves at a time. Only `minAvailable` is
allowed for pods that no Deployment counts.
*/ -}}
{{- define "service-lib.sparkPdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "service-lib.metadata" . | nindent 2 }}
spec:
  minAvailable: {{ include "service-lib.scaled" . | empty | ternary .Values.executor.instances (.Values.autoscaling).minReplicas }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "service-lib.selectorLabels" . | nindent 6 }}
{{- end }}
