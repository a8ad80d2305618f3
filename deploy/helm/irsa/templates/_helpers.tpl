{{/* Base of every object's name. */}}
{{- define "irsa.fullname" -}}
{{- $name := .Values.fullnameOverride | default (contains "irsa" .Release.Name | ternary .Release.Name (printf "%s-irsa" .Release.Name)) -}}
{{- if eq $name "pod-identity-webhook" -}}
{{- fail "fullnameOverride: pod-identity-webhook is the name of EKS's managed webhook, which this release would overwrite; choose another name" -}}
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

{{/* Labels and annotations of what `helm test` makes and removes. Not those that select irsa's pods, whose Service would lead to
the test as well. Takes a list: root, the weight that orders them. */}}
{{- define "irsa.testMetadata" -}}
labels:
  app.kubernetes.io/name: irsa-test
  app.kubernetes.io/instance: {{ (first .).Release.Name }}
  app.kubernetes.io/managed-by: {{ (first .).Release.Service }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-weight: {{ last . | quote }}
  # A pod that found something stays until the next test, so that its log can be read.
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* Fails, naming a value, on a cluster without MutatingAdmissionPolicy v1. Takes a list: root, the value. */}}
{{- define "irsa.needsMutatingPolicies" -}}
{{- $version := (first .).Capabilities.KubeVersion.Version -}}
{{- if semverCompare "<1.36.0-0" $version -}}
{{- fail (printf "%s needs Kubernetes 1.36 or newer, for MutatingAdmissionPolicy v1; this cluster has %s" (last .) $version) -}}
{{- end -}}
{{- end -}}

{{/* webhook, fallback, only or policy. */}}
{{- define "irsa.mode" -}}
{{- if ne .Values.mode "webhook" -}}
{{- include "irsa.needsMutatingPolicies" (list . (printf "mode: %s" .Values.mode)) -}}
{{- end -}}
{{ .Values.mode }}
{{- end -}}

{{/* Whether irsa runs, as "true" or nothing. */}}
{{- define "irsa.runs" -}}
{{- if ne (include "irsa.mode" .) "policy" -}}true{{- end -}}
{{- end -}}

{{/* Whether irsa warns and reports, as "true" or nothing. In mode only, it runs for nothing else. */}}
{{- define "irsa.advises" -}}
{{- $mode := include "irsa.mode" . -}}
{{- if or (eq $mode "only") (and .Values.advice.enabled (ne $mode "policy")) -}}true{{- end -}}
{{- end -}}

{{- define "irsa.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "irsa.tlsSecret" -}}
{{ .Values.tls.secretName | default (printf "%s-tls" (include "irsa.fullname" .)) }}
{{- end -}}

{{/* What pods get: the flags of `irsa serve` that the identity policy has to know, by the names of its variables. */}}
{{- define "irsa.settings" -}}
{{- with .Values.mutation -}}
annotationPrefix: {{ .annotationPrefix | quote }}
tokenAudience: {{ .tokenAudience | quote }}
tokenMountPath: {{ regexReplaceAll "(.)/+$" .tokenMountPath "${1}" | quote }}
tokenExpiration: {{ .tokenExpiration | int64 | toString | quote }}
awsDefaultRegion: {{ .defaultRegion | quote }}
stsRegionalEndpoint: {{ .stsRegionalEndpoints | toString | quote }}
composeRoleArn: {{ .composeRoleArn.enabled | toString | quote }}
awsPartition: {{ .composeRoleArn.partition | quote }}
awsAccountId: {{ .composeRoleArn.accountId | quote }}
defaultRole: {{ .defaultRole | toString | quote }}
respectEnvFrom: {{ .respectEnvFrom | toString | quote }}
{{- end -}}
{{- end -}}

{{/* The flags of `irsa serve`, one a line. */}}
{{- define "irsa.args" -}}
{{- $name := include "irsa.fullname" . -}}
- {{ eq (include "irsa.mode" .) "only" | ternary "controller" "serve" }}
{{- with include "irsa.settings" . | fromYaml }}
- --annotation-prefix={{ .annotationPrefix }}
- --token-audience={{ .tokenAudience }}
- --token-mount-path={{ .tokenMountPath }}
- --token-expiration={{ .tokenExpiration }}
- --aws-default-region={{ .awsDefaultRegion }}
- --sts-regional-endpoint={{ .stsRegionalEndpoint }}
- --compose-role-arn={{ .composeRoleArn }}
- --aws-partition={{ .awsPartition }}
- --aws-account-id={{ .awsAccountId }}
- --default-role={{ .defaultRole }}
- --respect-env-from={{ .respectEnvFrom }}
{{- end }}
{{- if .Values.mutation.tokenExpirationJitter }}
- --token-expiration-jitter
{{- end }}
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
{{- if include "irsa.advises" . }}
- --report-pods
- --validating-webhook-configuration={{ $name }}
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

{{/* off, warn or deny; YAML reads a bare off as false. */}}
{{- define "irsa.guard" -}}
{{- $action := kindIs "bool" .Values.guard.action | ternary "off" .Values.guard.action -}}
{{ $action | default (include "irsa.runs" . | empty | ternary "deny" "off") }}
{{- end -}}

{{/* The service accounts that guard and identity policy evaluate: those of the pod's namespace that the selector matches. */}}
{{- define "irsa.paramRef" -}}
{{- if and .Values.mutation.defaultRole .Values.guard.accountSelector -}}
{{- fail "mutation.defaultRole and guard.accountSelector cannot be combined: with default roles, a pod of any account may have a role, and the selector would hide accounts from the guard" -}}
{{- end -}}
paramRef:
  selector:
    {{- toYaml .Values.guard.accountSelector | nindent 4 }}
  parameterNotFoundAction: Allow
{{- end -}}

{{- define "irsa.annotationPrefix" -}}
{{ .Values.mutation.annotationPrefix }}
{{- end -}}

{{/* Namespaces whose pods kube-apiserver never sends, as JSON. */}}
{{- define "irsa.excludedNamespaces" -}}
{{ prepend .Values.webhook.excludedNamespaces .Release.Namespace | uniq | toJson }}
{{- end -}}

{{/* Namespaces that fail open whatever the policy, as JSON. */}}
{{- define "irsa.openNamespaces" -}}
{{- $excluded := include "irsa.excludedNamespaces" . | fromJsonArray -}}
{{- $open := list -}}
{{- range .Values.webhook.openNamespaces }}{{ if not (has . $excluded) }}{{ $open = append $open . }}{{ end }}{{ end -}}
{{ uniq $open | toJson }}
{{- end -}}

{{/* What the first entry selects; the guard's scope comes from here too. */}}
{{- define "irsa.webhookNamespaces" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{ concat (include "irsa.excludedNamespaces" . | fromJsonArray) (include "irsa.openNamespaces" . | fromJsonArray) | uniq | toJson }}
{{- end -}}

{{- define "irsa.guardedNamespaces" -}}
{{ include "irsa.webhookNamespaces" . }}
# Pods here have to start before irsa can.
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: [kube-system]
# kubectl label namespace NAME irsa.dev/guard=off
- key: irsa.dev/guard
  operator: NotIn
  values: ["off"]
{{- end -}}

{{/* A pod with this label, whatever its value, is never sent. It is the label of EKS's webhook, and no value: the program knows it too. */}}
{{- define "irsa.objectSelector" -}}
matchExpressions:
- key: eks.amazonaws.com/skip-pod-identity-webhook
  operator: DoesNotExist
{{- end -}}

{{- define "irsa.matchConditions" -}}
- name: not-a-mirror-pod
  expression: "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)"
{{- end -}}

{{/* How the apiserver reaches irsa. Takes a dict: root, path. */}}
{{- define "irsa.clientConfig" -}}
clientConfig:
  service:
    name: {{ include "irsa.fullname" .root }}
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
    port: 443
  {{- if eq .root.Values.tls.mode "secret" }}
  {{- with .root.Values.tls.caBundle }}
  caBundle: {{ . }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/* One entry of the configuration. Takes a dict: root, name, failurePolicy and namespaces (expressions of a selector). */}}
{{- define "irsa.webhook" -}}
- name: {{ .name }}
  {{- include "irsa.clientConfig" (dict "root" .root "path" "/mutate") | nindent 2 }}
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
    {{- .namespaces | nindent 4 }}
  objectSelector:
    {{- include "irsa.objectSelector" .root | nindent 4 }}
  matchConditions:
  {{- include "irsa.matchConditions" .root | nindent 2 }}
{{- end -}}

{{/* The exceptions of an ipBlock: those of the CIDRs that are of its family. */}}
{{- define "irsa.cidrsWithout" -}}
{{- $found := list }}
{{- range .cidrs }}{{ if eq (contains ":" .) $.six }}{{ $found = append $found . }}{{ end }}{{ end }}
{{- with $found }}except:{{ range . }}
- {{ . }}{{ end }}{{ end }}
{{- end }}
