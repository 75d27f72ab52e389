{{- /*
The pod template's arguments of what reads or writes S3, as YAML: the credentials file, beside the
`volumes` and `volumeMounts` that are there.
*/ -}}
{{- define "service-lib.awsCredentials" -}}
{{- $aws := .Values.awsCredentials | default dict }}
env:
  {{- if $aws.existingSecret }}
  - {name: AWS_SHARED_CREDENTIALS_FILE, value: /etc/vitrine/aws/credentials}
  {{- end }}
volumeMounts:
  {{- if $aws.existingSecret }}
  - {name: aws, mountPath: /etc/vitrine/aws, readOnly: true}
  {{- end }}
  {{- with .volumeMounts }}{{ toYaml . | nindent 2 }}{{ end }}
volumes:
  {{- if $aws.existingSecret }}
  - name: aws
    secret:
      secretName: {{ $aws.existingSecret }}
      defaultMode: 0440
      items: [{key: {{ $aws.key }}, path: credentials}]
  {{- end }}
  {{- with .volumes }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}
