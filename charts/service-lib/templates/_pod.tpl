{{- /*
Where pods go: the chart's own words, and those for all below them. Without an affinity of its own a
chart keeps its pods on different nodes.
*/ -}}
{{- define "service-lib.scheduling" -}}
{{- $shared := .Values.global | default dict }}
{{- $nodes := mergeOverwrite dict ($shared.nodeSelector | default dict) .Values.nodeSelector }}
{{- $taints := concat .Values.tolerations ($shared.tolerations | default list) }}
{{- $found := pick .Values "priorityClassName" "topologySpreadConstraints" "hostAliases" "dnsConfig" }}
{{- range $key, $value := merge (dict "nodeSelector" $nodes "tolerations" $taints) $found }}
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
  {{- range $name, $port := include "service-lib.metricsPorts" . | fromYaml }}
  - {name: {{ $name }}, containerPort: {{ $port }}}
  {{- end }}
{{- range $probe, $path := dict "startup" "/healthz" "readiness" "/readyz" "liveness" "/healthz" }}
{{- if hasKey $.Values.probes $probe }}
{{ $probe }}Probe:
  httpGet: {path: {{ $path }}, port: http}
  {{- get $.Values.probes $probe | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.drainSeconds }}
lifecycle: {preStop: {sleep: {seconds: {{ . }}}}}
{{- end }}
{{- end }}

{{- /*
The variables of a container that a ConfigMap cannot hold, as a list. Reads `env`. Of two of one name
the one in the chart's values wins, then the template's, then the one for all.
*/ -}}
{{- define "service-lib.env" -}}
{{- $byName := dict }}
{{- range concat ((.Values.global).extraEnv | default list) (.env | default list) .Values.extraEnv }}
{{- $_ := set $byName .name . }}
{{- end }}
{{- range keys $byName | sortAlpha }}
- {{ get $byName . | toJson }}
{{- end }}
{{- end }}

{{- define "service-lib.container" -}}
{{- $shared := .Values.global | default dict }}
name: {{ .container | default .Chart.Name }}
image: {{ include "service-lib.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with pick . "command" "args" }}{{ toYaml . | nindent 0 }}{{ end }}
{{- with include "service-lib.env" . }}
env: {{- . | trim | nindent 2 }}
{{- end }}
envFrom:
  - configMapRef: {name: {{ include "service-lib.fullname" . }}}
  {{- with concat ($shared.extraEnvFrom | default list) .Values.extraEnvFrom }}{{ toYaml . | nindent 2 }}{{ end }}
{{- if .serves }}
{{- include "service-lib.serving" . | nindent 0 }}
{{- end }}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext: {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if include "service-lib.secretSources" . }}
  - {name: secrets, mountPath: /etc/vitrine/secrets, readOnly: true}
  {{- end }}
  {{- if include "service-lib.caSource" . }}
  - {name: trust, mountPath: /etc/vitrine/trust, readOnly: true}
  {{- end }}
  {{- with concat (.volumeMounts | default list) .Values.extraVolumeMounts }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}

{{- /*
Reads `serves` (whether it answers HTTP), `container` (its name in place of the chart's), `command`,
`args`, `env`, `volumes`, `volumeMounts`, `annotations`, `restartPolicy` and `token` (whether it talks
to Kubernetes).
*/ -}}
{{- define "service-lib.podTemplate" -}}
metadata:
  annotations:
    checksum/config: {{ include "service-lib.environment" . | sha256sum }}
    {{- with mergeOverwrite dict .Values.podAnnotations (.annotations | default dict) }}{{ toYaml . | nindent 4 }}{{ end }}
  labels:
    {{- $own := include "service-lib.labels" . | fromYaml }}
    {{- mergeOverwrite dict .Values.podLabels $own | toYaml | nindent 4 }}
spec:
  serviceAccountName: {{ include "service-lib.serviceAccountName" . }}
  automountServiceAccountToken: {{ .token | default false }}
  enableServiceLinks: false
  restartPolicy: {{ .restartPolicy | default "Always" }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  imagePullSecrets: {{ (.Values.global).imagePullSecrets | default list | toJson }}
  {{- include "service-lib.scheduling" . | nindent 2 }}
  securityContext: {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with concat (include "service-lib.trustContainer" . | fromYamlArray) .Values.initContainers }}
  initContainers: {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "service-lib.container" . | trim | indent 6 | trim }}
    {{- with .Values.sidecars }}{{ tpl (toYaml .) $ | nindent 4 }}{{ end }}
  volumes:
    {{- include "service-lib.volumes" . | nindent 4 }}
    {{- with concat (.volumes | default list) .Values.extraVolumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}
