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

{{- /* Executors hold no password and talk to no Kubernetes; Spark itself adds CPU and memory. */ -}}
{{- define "stream-processor.executorTemplate" -}}
{{- $disk := dict "requests" (pick .Values.resources.requests "ephemeral-storage") "limits" (pick .Values.resources.limits "ephemeral-storage") }}
{{- $values := merge (dict "resources" $disk) (omit .Values "secrets" "resources") }}
{{- $own := dict "component" "executor" "restartPolicy" "Never" "Values" $values }}
{{- include "service-lib.podTemplate" (merge $own (include "stream-processor.shared" . | fromYaml) (omit . "Values")) }}
{{- end }}
