{{/* What the names of all objects begin with. */}}
{{- define "sqlflow.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sqlflow.operator" -}}
{{ include "sqlflow.fullname" . }}-operator
{{- end -}}

{{- define "sqlflow.operator.serviceAccount" -}}
{{- if .Values.operator.serviceAccount.create -}}
{{- default (include "sqlflow.operator" .) .Values.operator.serviceAccount.name -}}
{{- else -}}
{{- required "operator.serviceAccount.name has to name the service account that is there, as create is false" .Values.operator.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sqlflow.server" -}}
{{ include "sqlflow.fullname" . }}-server
{{- end -}}

{{- define "sqlflow.server.serviceAccount" -}}
{{- if .Values.server.serviceAccount.create -}}
{{- default (include "sqlflow.server" .) .Values.server.serviceAccount.name -}}
{{- else -}}
{{- required "server.serviceAccount.name has to name the service account that is there, as create is false" .Values.server.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sqlflow.server.tokenKeys" -}}
{{- default (printf "%s-token-keys" (include "sqlflow.server" .)) .Values.server.tokenKeysSecret -}}
{{- end -}}

{{/* What a Deployment finds its pods by: it must never change. */}}
{{- define "sqlflow.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "sqlflow.labels" -}}
{{ include "sqlflow.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/part-of: sqlflow
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The namespaces of jobs, as a JSON list. */}}
{{- define "sqlflow.jobNamespaces" -}}
{{- default (list .Release.Namespace) .Values.jobNamespaces | uniq | toJson -}}
{{- end -}}

{{/* A reference: (dict "image" .Values.… "root" .). */}}
{{- define "sqlflow.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end -}}

{{/*
Whose the type is, if it is there and not this release's: a name for people, else nothing. Helm would refuse to
install over it, so it is left as it is.
*/}}
{{- define "sqlflow.crd.owner" -}}
{{- $there := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "sqlflowjobs.sqlflow.org" -}}
{{- if $there -}}
{{- $annotations := default (dict) $there.metadata.annotations -}}
{{- $release := index $annotations "meta.helm.sh/release-name" | default "" -}}
{{- $namespace := index $annotations "meta.helm.sh/release-namespace" | default "" -}}
{{- $ours := and (eq $release .Release.Name) (eq $namespace .Release.Namespace) -}}
{{- if not $ours -}}
{{- ternary (printf "release %s of namespace %s" $release $namespace) "no release" (ne $release "") -}}
{{- end -}}
{{- end -}}
{{- end -}}
