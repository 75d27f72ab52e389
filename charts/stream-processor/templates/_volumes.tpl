{{- /* What driver and executors have in common: the folder of the snapshots, where it is a volume. */ -}}
{{- define "stream-processor.volumes" -}}
{{- if .Values.persistence.enabled -}}
volumeMounts:
  - {name: checkpoint, mountPath: /var/lib/stream-processor}
volumes:
  - name: checkpoint
    persistentVolumeClaim: {claimName: {{ include "service-lib.fullname" . }}-checkpoint}
{{- end }}
{{- end }}
