{{/* The name of all objects: 63 characters at most, as in DNS. */}}
{{- define "pixmill.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* By which the pods are found: never changes in the life of a release. */}}
{{- define "pixmill.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "pixmill.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "pixmill.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "pixmill.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "pixmill.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The secret that the keys are in; empty where there are none. */}}
{{- define "pixmill.secret" -}}
{{- with .Values.secrets -}}
{{- if .existingSecret -}}
{{- .existingSecret -}}
{{- else if or .apiKeys .urlSignatureKey .sourceAuthorization -}}
{{- include "pixmill.fullname" $ -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The configuration's file. A string, a list of strings, a number and a truth are in JSON what they are in TOML. */}}
{{- define "pixmill.toml" -}}
port = 8080
drain_delay = "{{ .Values.drain.delaySeconds }}s"
drain_timeout = "{{ .Values.drain.timeoutSeconds }}s"
{{- range $key, $value := .Values.config }}
{{ $key }} = {{ toRawJson $value }}
{{- end }}
{{- end -}}

{{/* How pixmill is asked about itself. As imaginary's, /health and /ready want a key where there are some: the binary asks from inside then. */}}
{{- define "pixmill.ask" -}}
{{- if and (eq (default "none" .root.Values.config.compat) "imaginary") (include "pixmill.secret" .root) -}}
exec:
  command: [/pixmill, healthcheck]
{{- else -}}
httpGet:
  path: {{ .path }}
  port: http
{{- end -}}
{{- end -}}
