{{/*
What the server does where jobs are, verb by verb. It makes Secrets and never reads one.
*/}}
{{- define "sqlflow.server.rules" -}}
- apiGroups: [sqlflow.org]
  resources: [sqlflowjobs]
  verbs: [get, list, watch, create, patch] # patch: to cancel
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create] # the data source of a job
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, create, patch] # that somebody still reads a job
{{- end -}}
