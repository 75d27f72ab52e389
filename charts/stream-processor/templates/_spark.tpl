{{- /* What both runners tell Spark, and driver and executors share. */ -}}

{{- define "stream-processor.sparkConf" -}}
{{- $conf := dict "spark.driver.port" "7078" "spark.driver.blockManager.port" "7079" "spark.blockManager.port" "7079" }}
{{- merge (.Values.sparkConf | default dict) $conf | toYaml }}
{{- end }}

{{- /* The pod template's arguments that driver and executors have in common. */ -}}
{{- define "stream-processor.shared" -}}
{{- with .Values.awsCredentials }}
{{- if .existingSecret }}
env:
  - {name: AWS_SHARED_CREDENTIALS_FILE, value: /etc/vitrine/aws/credentials}
{{- end }}
volumeMounts:
  {{- if .existingSecret }}
  - {name: aws, mountPath: /etc/vitrine/aws, readOnly: true}
  {{- end }}
  {{- if $.Values.persistence.enabled }}
  - {name: checkpoint, mountPath: /var/lib/stream-processor}
  {{- end }}
volumes:
  {{- if .existingSecret }}
  - name: aws
    secret:
      secretName: {{ .existingSecret }}
      defaultMode: 0440
      items: [{key: {{ .key }}, path: credentials}]
  {{- end }}
  {{- if $.Values.persistence.enabled }}
  - name: checkpoint
    persistentVolumeClaim: {claimName: {{ include "service-lib.fullname" $ }}-checkpoint}
  {{- end }}
{{- end }}
{{- end }}

{{- /*
The driver as the spark-operator makes it. Executors find it by a Service of Spark's own, which holds
its address only while the pod is ready. So the pod is ready as soon as it runs: no probe comes before
the executors, and the one that ends a driver that hangs begins after the time that a start may take.
*/ -}}
{{- define "stream-processor.operatorDriver" -}}
{{- $startup := .Values.probes.startup }}
{{- $delay := mul (int $startup.periodSeconds) (int $startup.failureThreshold) }}
{{- $liveness := mergeOverwrite (dict "initialDelaySeconds" $delay) .Values.probes.liveness }}
{{- $values := set (omit .Values "probes") "probes" (dict "liveness" $liveness) }}
{{- $own := dict "component" "driver" "container" "spark-kubernetes-driver" "serves" true "token" true "restartPolicy" "Never" "Values" $values }}
{{- include "service-lib.podTemplate" (merge $own (include "stream-processor.shared" . | fromYaml) (omit . "Values")) }}
{{- end }}

{{- /* Executors hold no password and talk to no Kubernetes; Spark itself adds CPU and memory. */ -}}
{{- define "stream-processor.executorTemplate" -}}
{{- $disk := dict "requests" (pick .Values.resources.requests "ephemeral-storage") "limits" (pick .Values.resources.limits "ephemeral-storage") }}
{{- $values := merge (dict "resources" $disk) (omit .Values "secrets" "resources") }}
{{- $own := dict "component" "executor" "container" "spark-kubernetes-executor" "restartPolicy" "Never" "Values" $values }}
{{- include "service-lib.podTemplate" (merge $own (include "stream-processor.shared" . | fromYaml) (omit . "Values")) }}
{{- end }}
