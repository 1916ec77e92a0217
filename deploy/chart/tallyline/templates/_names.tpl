{{- /* Names, labels and what is read out of the configuration. */ -}}

{{- define "tallyline.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tallyline.selector" -}}
app.kubernetes.io/name: tallyline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tallyline.labels" -}}
{{ include "tallyline.selector" . }}
app.kubernetes.io/version: {{ include "tallyline.build" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "tallyline.build" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "tallyline.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ include "tallyline.build" . }}{{ end }}
{{- end }}

{{- /* Of a configuration. A loopback address would hide the process from probes and Prometheus. */ -}}
{{- define "tallyline.metricsPort" -}}
{{- $address := dig "worker" "metricsAddress" "127.0.0.1:9464" . -}}
{{- if not (hasPrefix "0.0.0.0:" $address) }}
{{- fail (printf "worker.metricsAddress is %s, where neither probes nor Prometheus reach a pod: set it to 0.0.0.0:9464" $address) }}
{{- end -}}
{{ trimPrefix "0.0.0.0:" $address }}
{{- end }}

{{- /* Of a dict with `config` and `margin`: the grace of the pod is written once, as worker.shutdownGrace. */ -}}
{{- define "tallyline.terminationSeconds" -}}
{{- $grace := dig "worker" "shutdownGrace" "30s" .config -}}
{{- $unit := regexFind "[a-z]+$" $grace -}}
{{- $seconds := mul (regexFind "^[0-9]+" $grace | int) (get (dict "ms" 0 "s" 1 "m" 60 "h" 3600 "d" 86400) $unit) -}}
{{ add $seconds .margin }}
{{- end }}

{{- /* A role, and the task queue that only it polls. */ -}}
{{- define "tallyline.queueOf" -}}
{{ get (dict "orchestrate" "tallyline-workflow" "scan" "tallyline-scan" "count" "tallyline-count" "apply" "tallyline-apply") . }}
{{- end }}
