{{/*
What the operator does where jobs are, verb by verb. It never reads a Secret: a step's pod mounts it.
*/}}
{{- define "sqlflow.operator.rules" -}}
- apiGroups: [sqlflow.org]
  resources: [sqlflowjobs]
  verbs: [get, list, watch, delete] # delete: those whose time after their end is over
- apiGroups: [sqlflow.org]
  resources: [sqlflowjobs/status]
  verbs: [patch]
- apiGroups: [argoproj.io]
  resources: [workflows]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, delete] # delete: those that outlive a cancelled job
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create] # the program of a job
- apiGroups: [""]
  resources: [events]
  verbs: [list, create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get] # whether somebody still reads a job
{{- end -}}
