{{/* Base of every object's name. */}}
{{- define "irsa.fullname" -}}
{{- $name := .Values.fullnameOverride | default (contains "irsa" .Release.Name | ternary .Release.Name (printf "%s-irsa" .Release.Name)) -}}
{{- if eq $name "pod-identity-webhook" -}}
{{- fail "fullnameOverride: pod-identity-webhook is the name of EKS's managed webhook, which this release would overwrite; take another" -}}
{{- end -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* What selects irsa's pods; never changes during a release's life. */}}
{{- define "irsa.selector" -}}
app.kubernetes.io/name: irsa
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "irsa.labels" -}}
{{ include "irsa.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "irsa.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "irsa.tlsSecret" -}}
{{ .Values.tls.secretName | default (printf "%s-tls" (include "irsa.fullname" .)) }}
{{- end -}}

{{/* The flags of `irsa serve`, one a line. */}}
{{- define "irsa.args" -}}
{{- $name := include "irsa.fullname" . -}}
- serve
{{- if eq .Values.tls.mode "selfManaged" }}
- --tls-self-managed
- --tls-secret={{ include "irsa.tlsSecret" . }}
- --webhook-configuration={{ $name }}
{{- else }}
- --tls-cert=/etc/webhook/certs/tls.crt
- --tls-key=/etc/webhook/certs/tls.key
{{- end }}
- --service-name={{ $name }}
- --namespace={{ .Release.Namespace }}
{{- with .Values.mutation }}
{{- with .annotationPrefix }}
- --annotation-prefix={{ . }}
{{- end }}
{{- with .tokenAudience }}
- --token-audience={{ . }}
{{- end }}
{{- with .tokenMountPath }}
- --token-mount-path={{ . }}
{{- end }}
{{- if not (kindIs "invalid" .tokenExpiration) }}
- --token-expiration={{ .tokenExpiration | int64 }}
{{- end }}
{{- with .defaultRegion }}
- --aws-default-region={{ . }}
{{- end }}
{{- if not (kindIs "invalid" .stsRegionalEndpoints) }}
- --sts-regional-endpoint={{ .stsRegionalEndpoints }}
{{- end }}
{{- end }}
{{- if .Values.configMap.enabled }}
- --watch-config-map
{{- end }}
{{- if ne (int .Values.ports.https) 8443 }}
- --port={{ .Values.ports.https }}
{{- end }}
{{- if ne (int .Values.ports.metrics) 9999 }}
- --metrics-port={{ .Values.ports.metrics }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* One entry of the configuration. Takes a dict: root, name, failurePolicy, operator and values (of namespaces). */}}
{{- define "irsa.webhook" -}}
- name: {{ .name }}
  clientConfig:
    service:
      name: {{ include "irsa.fullname" .root }}
      namespace: {{ .root.Release.Namespace }}
      path: /mutate
      port: 443
    {{- if eq .root.Values.tls.mode "secret" }}
    {{- with .root.Values.tls.caBundle }}
    caBundle: {{ . }}
    {{- end }}
    {{- end }}
  rules:
  - operations: [CREATE]
    apiGroups: [""]
    apiVersions: [v1]
    resources: [pods]
    scope: Namespaced
  failurePolicy: {{ .failurePolicy }}
  matchPolicy: Equivalent
  reinvocationPolicy: IfNeeded
  timeoutSeconds: {{ .root.Values.webhook.timeoutSeconds }}
  sideEffects: None
  admissionReviewVersions: [v1]
  namespaceSelector:
    matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: {{ .operator }}
      values: {{ .values | toJson }}
  objectSelector:
    matchExpressions:
    - key: {{ .root.Values.webhook.skipLabel }}
      operator: DoesNotExist
  matchConditions:
  - name: not-a-mirror-pod
    expression: "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)"
{{- end -}}
