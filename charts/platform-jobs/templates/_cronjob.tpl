{{- /* A job on a schedule: (dict "job" name "suffix" of-the-object "values" of-the-schedule "root" .). A suffix has five letters at most, since a CronJob's name has 52. One try, so that a failure is seen; the next run does the work of one that failed. */ -}}
{{- define "platform-jobs.cronjob" }}
{{- $own := dict "component" .job "suffix" .suffix "args" (list .job) "restartPolicy" "Never" }}
{{- $object := merge $own .root }}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{- include "service-lib.metadata" $object | nindent 2 }}
spec:
  schedule: {{ .values.schedule | quote }}
  timeZone: Etc/UTC
  suspend: {{ .values.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: {{ .values.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ .values.failedJobsHistoryLimit }}
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: {{ .values.activeDeadlineSeconds }}
      template: {{- include "service-lib.podTemplate" $object | nindent 8 }}
{{- end }}
