{{- /* What two charts would both create, which Helm finds only when it has created the first. */ -}}
{{- define "vitrine.nameProblems" -}}
{{- $objects := dict }}
{{- $accounts := dict }}
{{- range $name, $chart := .Subcharts }}
{{- if hasKey $chart.Values "image" }}
{{- $own := include "service-lib.fullname" $chart }}
{{- $_ := set $objects $own (append (get $objects $own | default list) $name) }}
{{- if $chart.Values.serviceAccount.create }}
{{- $account := include "service-lib.serviceAccountName" $chart }}
{{- $_ := set $accounts $account (append (get $accounts $account | default list) $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $own, $charts := $objects }}
{{- if gt (len $charts) 1 }}
the objects of {{ join " and " $charts }} have the same name, {{ $own }}: set another nameOverride or fullnameOverride in all of them but one
{{- end }}
{{- end }}
{{- range $account, $charts := $accounts }}
{{- if and (gt (len $charts) 1) (not (deepEqual $charts (get $objects $account))) }}
{{ join " and " $charts }} create the same service account, {{ $account }}: set serviceAccount.create to false in all of them but one
{{- end }}
{{- end }}
{{- end }}
