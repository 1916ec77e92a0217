{{- /*
The pod of every role. Of a dict with `root`, `component`, `configName`, `config`, `arguments`, `secrets`, `sources`, `environment`,
`resources`, and perhaps `user`, `group`, `affinity`, `dataVolume` (that of a claim template, writable), `isSpread` and `setUp`.
*/ -}}
{{- define "tallyline.pod" -}}
{{- $port := include "tallyline.metricsPort" .config | int -}}
metadata:
  labels:
    {{- include "tallyline.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  annotations:
    # A pod reads its configuration once: another one is another pod.
    checksum/config: {{ toYaml .config | sha256sum }}
spec:
  serviceAccountName: {{ include "tallyline.name" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: Always
  terminationGracePeriodSeconds: {{ include "tallyline.terminationSeconds" (dict "config" .config "margin" .root.Values.drainMarginSeconds) }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ .user | default 10001 }}
    runAsGroup: {{ .group | default 10001 }}
    {{- if .dataVolume }}
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    {{- end }}
    seccompProfile:
      type: RuntimeDefault
  {{- if .setUp }}
  initContainers:
    - name: set-up
      {{- include "tallyline.setUp" . | nindent 6 }}
      {{- include "tallyline.container" . | nindent 6 }}
  {{- end }}
  containers:
    - name: tallyline
      args: {{ toJson .arguments }}
      ports:
        - name: metrics
          containerPort: {{ $port }}
      startupProbe:
        httpGet: { path: /livez, port: metrics }
        periodSeconds: 5
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /livez, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
      {{- include "tallyline.container" . | nindent 6 }}
  volumes:
    - name: config
      configMap:
        name: {{ .configName }}
    - name: scratch
      emptyDir:
        sizeLimit: {{ .root.Values.scratchSize }}
    {{- range $index, $mount := .secrets }}
    - name: secret-{{ $index }}
      secret:
        secretName: {{ $mount.secret }}
        # 0444: nobody else is in the pod, and not every volume takes a group.
        defaultMode: 292
        {{- with $mount.keys }}
        items:
          {{- range . }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
        {{- end }}
    {{- end }}
    {{- range $index, $mount := .sources }}
    - name: source-{{ $index }}
      persistentVolumeClaim:
        claimName: {{ $mount.claim }}
        readOnly: {{ not $mount.isWritable }}
    {{- end }}
  {{- with .affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .isSpread }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "tallyline.selector" .root | nindent 10 }}
          app.kubernetes.io/component: {{ .component }}
  {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* What the container of a role and that of its set-up have in common. */ -}}
{{- define "tallyline.container" -}}
image: {{ include "tallyline.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- /* Agents are upgraded on their own. */ -}}
{{- $versioning := and .root.Values.workerVersioning.enabled (ne .component "agent") }}
{{- if or .environment $versioning }}
env:
  {{- if $versioning }}
  - name: TALLYLINE_BUILD_ID
    value: {{ include "tallyline.build" .root | quote }}
  {{- end }}
  {{- range .environment }}
  - name: {{ .name }}
    {{- if .secret }}
    valueFrom:
      secretKeyRef: { name: {{ .secret }}, key: {{ .key }} }
    {{- else }}
    value: {{ .value | quote }}
    {{- end }}
  {{- end }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /etc/tallyline, readOnly: true }
  - { name: scratch, mountPath: /tmp }
  {{- with .dataVolume }}
  - { name: {{ . }}, mountPath: /var/lib/tallyline }
  {{- end }}
  {{- range $index, $mount := .secrets }}
  - { name: secret-{{ $index }}, mountPath: {{ $mount.path }}, readOnly: true }
  {{- end }}
  {{- range $index, $mount := .sources }}
  - { name: source-{{ $index }}, mountPath: {{ $mount.path }}, readOnly: {{ not $mount.isWritable }} }
  {{- end }}
{{- end }}

{{- /* Idempotent, so that it may run with every start, and no hook of Helm is needed: plain manifests do the same. */ -}}
{{- define "tallyline.setUp" -}}
command:
  - sh
  - -c
  - |
    set -e
    /opt/tallyline/bin/tallyline setup --config /etc/tallyline/tallyline.yaml
    for pipeline; do
      /opt/tallyline/bin/tallyline schedule apply --config /etc/tallyline/tallyline.yaml --pipeline "$pipeline"
    done
args:
  - set-up
  {{- range .config.pipelines }}
  - {{ .name }}
  {{- end }}
{{- end }}
