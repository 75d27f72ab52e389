{{- /*
What keeps an install from working, one line each. Every chart defines `<chart>.required`, the
settings that it cannot do without, `<chart>.endsWithin`, the seconds that it may take to end after
its drain, and `<chart>.problems`, what it alone can get wrong.
*/ -}}
{{- define "service-lib.problems" -}}
{{- range include (print .Chart.Name ".required") . | splitList " " | compact }}
{{- if not (include "service-lib.setting" (list $ .)) }}
{{ $.Chart.Name }} needs config.{{ . }}: set it there, or as global.config.{{ . }} for all
{{- end }}
{{- end }}
{{- range $field, $own := .Values.secrets }}
{{- if and $own.caKey (not $own.existingSecret) }}
{{ $.Chart.Name }}: secrets.{{ $field }}.caKey is a key of a Secret: name it in secrets.{{ $field }}.existingSecret
{{- end }}
{{- if not (or $own.optional (include "service-lib.secretSource" (list $ $field) | fromYaml).existingSecret) }}
{{ $.Chart.Name }} needs a Secret: name it in secrets.{{ $field }}.existingSecret, or in global.secrets.{{ $field }}.existingSecret for all
{{- end }}
{{- end }}
{{- include "service-lib.routeProblems" . }}
{{- include "service-lib.scalerProblems" . }}
{{- if hasKey .Values.config "kafkaSecurity" }}
{{- include "service-lib.kafkaProblems" . }}
{{- end }}
{{- include "service-lib.mongoProblems" . }}
{{- include "service-lib.trustProblems" . }}
{{- include "service-lib.volumeProblems" . }}
{{- include "service-lib.updateProblems" . }}
{{- include "service-lib.settingProblems" . }}
{{- include "service-lib.resourceProblems" . }}
{{- include "service-lib.sparkProblems" . }}
{{- $ending := include (print .Chart.Name ".endsWithin") . | int }}
{{- $needed := add (.Values.drainSeconds | default 0 | int) $ending }}
{{- if le (int .Values.terminationGracePeriodSeconds) (int $needed) }}
{{ .Chart.Name }}: a drain of {{ .Values.drainSeconds | default 0 }} s and {{ $ending }} s to end do not fit in terminationGracePeriodSeconds, {{ .Values.terminationGracePeriodSeconds }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}
{{- $shared := ((.Values.global).networkPolicy).egress }}
{{- if and (kindIs "map" $shared) (empty $shared.dns) }}
{{ .Chart.Name }}: without a rule in global.networkPolicy.egress.dns no name is resolved
{{- else if not (or $shared .Values.networkPolicy.egress) }}
{{ .Chart.Name }}: no connection may go out: list rules in global.networkPolicy.egress or in networkPolicy.egress, or set networkPolicy.enabled to false
{{- end }}
{{- end }}
{{- include (print .Chart.Name ".problems") . }}
{{- end }}

{{- define "service-lib.kafkaProblems" -}}
{{- $security := include "service-lib.setting" (list . "kafkaSecurity") }}
{{- if and (eq $security "msk-iam") (not (include "service-lib.setting" (list . "awsRegion"))) }}
kafkaSecurity msk-iam signs for a region: set global.config.awsRegion
{{- end }}
{{- if and (eq $security "sasl-scram") (not (include "service-lib.setting" (list . "kafkaUsername"))) }}
kafkaSecurity sasl-scram needs a name: set global.config.kafkaUsername
{{- end }}
{{- range get (dict "sasl-scram" (list "kafkaPassword") "mtls" (list "kafkaCertificate" "kafkaKey")) $security | default list }}
{{- if not (include "service-lib.secretSource" (list $ .) | fromYaml).existingSecret }}
kafkaSecurity {{ $security }} needs a Secret: name it in global.secrets.{{ . }}.existingSecret
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.mongoProblems" -}}
{{- if hasKey (.Values.secrets | default dict) "mongoCertificate" }}
{{- $given := list }}
{{- range list "mongoCertificate" "mongoKey" }}
{{- with (include "service-lib.secretSource" (list $ .) | fromYaml).existingSecret }}{{ $given = append $given . }}{{ end }}
{{- end }}
{{- if eq (len $given) 1 }}
a client's certificate for MongoDB needs its key, and the other way round: name both in global.secrets.mongoCertificate.existingSecret and global.secrets.mongoKey.existingSecret
{{- end }}
{{- end }}
{{- end }}

{{- define "service-lib.routeProblems" -}}
{{- with .Values.ingress }}
{{- if and .enabled .tlsSecretName (not .host) }}
{{ $.Chart.Name }}: ingress.tlsSecretName is a certificate for a host: set ingress.host
{{- end }}
{{- $idle := get (.annotations | default dict) "alb.ingress.kubernetes.io/load-balancer-attributes" | regexFind "idle_timeout.timeout_seconds=[0-9]+" | regexFind "[0-9]+$" }}
{{- if and .enabled (ge (float64 $idle) (include "service-lib.effective" (list $ "keepAliveSeconds") | float64)) }}
{{ $.Chart.Name }}: the load balancer keeps a connection for {{ $idle }} s, so config.keepAliveSeconds, {{ include "service-lib.effective" (list $ "keepAliveSeconds") }}, must be more
{{- end }}
{{- end }}
{{- with .Values.httpRoute }}
{{- if and .enabled (not .parentRefs) }}
{{ $.Chart.Name }}: an HTTPRoute joins a Gateway: name it in httpRoute.parentRefs
{{- end }}
{{- end }}
{{- end }}

{{- /* Refuses an install of this chart alone; in the umbrella, which refuses for all at once, nothing. */ -}}
{{- define "service-lib.checks" -}}
{{- if .Chart.IsRoot }}
{{- include "service-lib.refuse" (include "service-lib.problems" .) }}
{{- end }}
{{- end }}

{{- define "service-lib.refuse" -}}
{{- $problems := compact (splitList "\n" .) | uniq }}
{{- if $problems }}
{{- fail (printf "\n\nthis cannot work:\n  - %s\n" (join "\n  - " $problems)) }}
{{- end }}
{{- end }}
