{{- define "backing.labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: backing-services
{{- end }}

{{- define "backing.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* The official images write beside their programs, so the root stays writable. */ -}}
{{- define "backing.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
{{- end }}

{{- define "backing.resources" -}}
requests: {cpu: 50m, memory: 128Mi}
limits: {memory: {{ . }}}
{{- end }}

{{- /* A store with a disk: a dict of `name`, `port`, `store` (its values), `secret`, `probe`. */ -}}
{{- define "backing.store" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .name }}
  labels: {{- include "backing.labels" .name | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ .name }}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}
  selector:
    matchLabels: {app.kubernetes.io/name: {{ .name }}}
  template:
    metadata:
      labels: {{- include "backing.labels" .name | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 30
      securityContext: {{- include "backing.podSecurity" .store.user | nindent 8 }}
      containers:
        {{- include "backing.container" . | nindent 8 }}
        {{- with .sidecar }}{{ . | nindent 8 }}{{- end }}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: secrets
          secret:
            secretName: {{ .secret }}
            defaultMode: 0440
        - name: aws
          secret:
            secretName: vitrine-aws
            defaultMode: 0440
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: {{ .store.storage }}}}
{{- end }}

{{- define "backing.container" -}}
- name: {{ .container | default .name }}
  image: {{ .store.image }}
  {{- with .store.run.args }}
  args: {{- toYaml . | nindent 4 }}
  {{- end }}
  env: {{- toYaml .store.run.env | nindent 4 }}
  {{- if .port }}
  ports:
    - {name: store, containerPort: {{ .port }}}
  {{- end }}
  readinessProbe:
    {{- toYaml .probe | nindent 4 }}
    periodSeconds: 2
    failureThreshold: 30
  resources: {{- include "backing.resources" .store.memory | nindent 4 }}
  securityContext: {{- include "backing.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: data, mountPath: {{ .store.mountPath }}}
    - {name: tmp, mountPath: /tmp}
    - {name: secrets, mountPath: /etc/vitrine/secrets, readOnly: true}
{{- end }}

{{- /* A dict of `name` and `port`. Kafka must reach itself before it is ready. */ -}}
{{- define "backing.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  labels: {{- include "backing.labels" .name | nindent 4 }}
spec:
  publishNotReadyAddresses: {{ eq .name "kafka" }}
  selector: {app.kubernetes.io/name: {{ .name }}}
  ports:
    - {name: store, port: {{ .port }}, targetPort: store}
{{- end }}
