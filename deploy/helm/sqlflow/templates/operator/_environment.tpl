{{/* The operator's settings, as docs/operator.md tells them. */}}
{{- define "sqlflow.operator.environment" -}}
{{- $set := dict
  "SQLFLOW_OPERATOR_STEP_IMAGE" (include "sqlflow.image" (dict "image" .Values.steps.image "root" .))
  "SQLFLOW_OPERATOR_STEP_SERVICE_ACCOUNT" .Values.steps.serviceAccount.name
  "SQLFLOW_OPERATOR_LIVENESS" "http://0.0.0.0:8080/healthz"
  "SQLFLOW_OPERATOR_METRICS_PORT" "9090"
-}}
{{- if not .Values.watchAllNamespaces -}}
{{- $_ := set $set "SQLFLOW_OPERATOR_NAMESPACES" (include "sqlflow.jobNamespaces" . | fromJsonArray | join ",") -}}
{{- end -}}
{{- with .Values.argo.workflowUrl -}}
{{- $_ := set $set "SQLFLOW_OPERATOR_WORKFLOW_URL" . -}}
{{- end -}}
{{- if .Values.templates -}}
{{- $_ := set $set "SQLFLOW_OPERATOR_TEMPLATES" "/etc/sqlflow/templates" -}}
{{- end -}}
{{- range $name, $value := .Values.operator.settings -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $set (printf "SQLFLOW_OPERATOR_%s" ($name | snakecase | upper)) (toJson $value | trimAll "\"") -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $set }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
