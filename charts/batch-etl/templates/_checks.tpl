{{- define "batch-etl.required" }}warehouseHost warehouseUser stagingUrl warehouseIamRole historyUrl{{ end }}

{{- define "batch-etl.endsWithin" }}10{{ end }}

{{- define "batch-etl.problems" }}{{ end }}
