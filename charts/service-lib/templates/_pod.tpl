{{- /* Where pods go. Without an affinity of its own a chart keeps its pods on different nodes. */ -}}
{{- define "service-lib.scheduling" -}}
{{- range $key, $value := pick .Values "priorityClassName" "nodeSelector" "tolerations" "topologySpreadConstraints" }}
{{- if $value }}{{ dict $key $value | toYaml | nindent 0 }}{{ end }}
{{- end }}
affinity:
{{- with .Values.affinity }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector: {matchLabels: {{ include "service-lib.selectorLabels" $ | fromYaml | toJson }}}
{{- end }}
{{- end }}

{{- /* A container that answers HTTP, and goes on doing so while its address is being forgotten. */ -}}
{{- define "service-lib.serving" -}}
ports:
  - {name: http, containerPort: {{ include "service-lib.port" . }}}
  {{- with include "service-lib.metricsPort" . }}
  - {name: metrics, containerPort: {{ . }}}
  {{- end }}
{{- range $probe, $path := dict "startup" "/healthz" "readiness" "/readyz" "liveness" "/healthz" }}
{{ $probe }}Probe:
  httpGet: {path: {{ $path }}, port: http}
  {{- get $.Values.probes $probe | toYaml | nindent 2 }}
{{- end }}
{{- with .Values.drainSeconds }}
lifecycle: {preStop: {sleep: {seconds: {{ . }}}}}
{{- end }}
{{- end }}

{{- /*
Reads `serves` (whether it answers HTTP), `command`, `args`, `env`, `volumes`, `volumeMounts`,
`annotations`, `restartPolicy` and `token` (whether it talks to Kubernetes).
*/ -}}
{{- define "service-lib.podTemplate" -}}
{{- $secrets := include "service-lib.secretSources" . }}
metadata:
  annotations:
    checksum/config: {{ include "service-lib.environment" . | sha256sum }}
    {{- with .annotations }}{{ toYaml . | nindent 4 }}{{ end }}
  labels:
    {{- include "service-lib.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/part-of: vitrine
spec:
  serviceAccountName: {{ include "service-lib.fullname" . }}
  automountServiceAccountToken: {{ .token | default false }}
  enableServiceLinks: false
  restartPolicy: {{ .restartPolicy | default "Always" }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  imagePullSecrets: {{ (.Values.global).imagePullSecrets | default list | toJson }}
  dnsConfig: {options: [{name: ndots, value: "2"}]}
  {{- include "service-lib.scheduling" . | nindent 2 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: {{ .Chart.Name }}
      image: {{ include "service-lib.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- with pick . "command" "args" "env" }}{{ toYaml . | nindent 6 }}{{ end }}
      envFrom: [{configMapRef: {name: {{ include "service-lib.fullname" . }}}}]
      {{- if .serves }}
      {{- include "service-lib.serving" . | nindent 6 }}
      {{- end }}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- if $secrets }}
        - {name: secrets, mountPath: /etc/vitrine/secrets, readOnly: true}
        {{- end }}
        {{- with .volumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: {{ .Values.tmpSize }}}
    {{- if $secrets }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources: {{- $secrets | nindent 10 }}
    {{- end }}
    {{- with .volumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}
