{{- /* The volumes that every pod of a chart has, as a list. */ -}}
{{- define "service-lib.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmpSize }}}
{{- with include "service-lib.secretSources" . }}
- name: secrets
  projected:
    defaultMode: 0440
    sources: {{- . | nindent 6 }}
{{- end }}
{{- include "service-lib.trustVolumes" . }}
{{- end }}

{{- define "service-lib.volumeProblems" -}}
{{- $names := list }}
{{- $aws := (include "service-lib.awsCredentials" . | fromYaml).volumes | default list }}
{{- range concat (include "service-lib.volumes" . | fromYamlArray) $aws }}
{{- $names = append $names .name }}
{{- end }}
{{- if eq (.Values.runner | default "") "native" }}{{ $names = append $names "spark" }}{{ end }}
{{- include "service-lib.takenVolumes" (concat (list .) $names) }}
{{- end }}

{{- /* What `extraVolumes` names twice, or as one of a chart's own volumes is named, by `list . NAME…`. */ -}}
{{- define "service-lib.takenVolumes" -}}
{{- $names := rest . }}
{{- $chart := first . }}
{{- range $chart.Values.extraVolumes }}
{{- if has .name $names }}
{{ $chart.Chart.Name }}: a pod would have two volumes {{ .name }}: give the one in extraVolumes another name
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- end }}
