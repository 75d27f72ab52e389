{{- define "backing.redshiftLocal" -}}
- name: redshift-local
  image: {{ .Values.redshiftLocal.image }}
  args: [redshift_local.main]
  env:
    - {name: LISTEN_HOST, value: 0.0.0.0}
    - {name: LISTEN_PORT, value: "5439"}
    - {name: POSTGRES_HOST, value: 127.0.0.1}
    - {name: POSTGRES_PORT, value: "5432"}
    {{- include "backing.awsEnvironment" . | nindent 4 }}
  ports:
    - {name: store, containerPort: 5439}
  readinessProbe:
    tcpSocket: {port: store}
    periodSeconds: 2
  resources: {{- include "backing.resources" .Values.redshiftLocal.memory | nindent 4 }}
  securityContext: {{- include "backing.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    - {name: aws, mountPath: /etc/vitrine/aws, readOnly: true}
{{- end }}

{{- define "backing.awsEnvironment" -}}
- {name: S3_ENDPOINT_URL, value: "http://s3:9000"}
- {name: AWS_REGION, value: us-east-1}
- {name: AWS_DEFAULT_REGION, value: us-east-1}
- {name: AWS_EC2_METADATA_DISABLED, value: "true"}
- {name: AWS_SHARED_CREDENTIALS_FILE, value: /etc/vitrine/aws/credentials}
{{- end }}
