{{- define "stock-alerts.required" }}analyticsApiUrl{{ end }}
{{- define "stock-alerts.endsWithin" }}30{{ end }}
{{- define "stock-alerts.problems" }}
{{- $config := .Values.config }}
{{- if and $config.mailTo (not (and $config.mailFrom $config.smtpHost)) }}
stock-alerts: config.mailTo needs config.mailFrom and config.smtpHost
{{- end }}
{{- if ne (empty $config.smtpUsername) (empty .Values.secrets.smtpPassword.existingSecret) }}
stock-alerts: config.smtpUsername and secrets.smtpPassword.existingSecret go together
{{- end }}
{{- if and $config.smtpUsername (eq $config.smtpSecurity "plaintext") }}
stock-alerts: config.smtpSecurity plaintext would send a password that anyone can read
{{- end }}
{{- end }}
