{{/* The operator's settings, as docs/operator.md tells them. Those of the chart go before operator.settings. */}}
{{- define "sqlflow.operator.environment" -}}
{{- $own := dict
  "SQLFLOW_OPERATOR_STEP_IMAGE" (include "sqlflow.image" (dict "image" .Values.steps.image "root" .))
  "SQLFLOW_OPERATOR_STEP_SERVICE_ACCOUNT" .Values.steps.serviceAccount.name
  "SQLFLOW_OPERATOR_METRICS_PORT" "9090"
-}}
{{- with .Values.argo.workflowUrl -}}
{{- $own = set $own "SQLFLOW_OPERATOR_WORKFLOW_URL" . -}}
{{- end -}}
{{- if .Values.templates -}}
{{- $own = set $own "SQLFLOW_OPERATOR_TEMPLATES" "/etc/sqlflow/templates" -}}
{{- end -}}
{{- range $name, $value := merge $own .Values.operator.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
