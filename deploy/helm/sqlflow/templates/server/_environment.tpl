{{/* The server's settings, as docs/server.md tells them. */}}
{{- define "sqlflow.server.environment" -}}
{{- $set := dict
  "SQLFLOW_JOB_RUNNER" "kubernetes"
  "SQLFLOW_JOB_NAMESPACE" (include "sqlflow.jobNamespaces" . | fromJsonArray | first)
  "SQLFLOW_TOKEN_KEYS" "/etc/sqlflow/token-keys"
  "SQLFLOW_LISTEN" "0.0.0.0:50051"
  "SQLFLOW_METRICS_LISTEN" "0.0.0.0:9090"
  "SQLFLOW_STATE_DIRECTORY" "/tmp/sqlflow"
-}}
{{- $_ := set $set "SQLFLOW_AUTH" .Values.server.auth -}}
{{- if eq .Values.server.auth "none" -}}
{{- $_ := set $set "SQLFLOW_INSECURE_LISTEN" "true" -}}
{{- end -}}
{{- if .Values.server.tlsSecret -}}
{{- $_ := set $set "SQLFLOW_TLS_CERTIFICATE" "/etc/sqlflow/tls/tls.crt" -}}
{{- $_ := set $set "SQLFLOW_TLS_KEY" "/etc/sqlflow/tls/tls.key" -}}
{{- $_ := set $set "SQLFLOW_HEALTH_LISTEN" "0.0.0.0:50052" -}}
{{- end -}}
{{- with .Values.argo.workflowUrl -}}
{{- $_ := set $set "SQLFLOW_WORKFLOW_URL" . -}}
{{- end -}}
{{- range $name, $value := .Values.server.settings -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $set (printf "SQLFLOW_%s" ($name | snakecase | upper)) (toJson $value | trimAll "\"") -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $set }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with .Values.server.dataSourceSecret.name }}
- name: SQLFLOW_DATA_SOURCE
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.server.dataSourceSecret.key }}
{{- end }}
{{- end -}}
