#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

Json OwnNamespaceExcluded() {
  return {{"key", "kubernetes.io/metadata.name"}, {"operator", "NotIn"}, {"values", {"irsa-system"}}};
}

Json OptOut() {
  return {
      {"matchExpressions", {{{"key", "eks.amazonaws.com/skip-pod-identity-webhook"}, {"operator", "DoesNotExist"}}}}};
}

Json Variable(const std::string& name, const std::string& expression) {
  return {{"name", name}, {"expression", expression}};
}

}  // namespace

Json Container(const std::string& name) {
  return {{"name", name},
          {"env",
           {{{"name", "AWS_ROLE_ARN"}, {"value", kRole}},
            {{"name", "AWS_WEB_IDENTITY_TOKEN_FILE"}, {"value", kTokenFile}}}},
          {"volumeMounts",
           {{{"name", "aws-iam-token"}, {"mountPath", "/var/run/secrets/eks.amazonaws.com/serviceaccount"}}}}};
}

Json IdentifiedPod() {
  const Json source = {{"serviceAccountToken", {{"audience", "sts.amazonaws.com"}, {"path", "token"}}}};
  return {{"metadata",
           {{"namespace", "team-a"},
            {"name", "web-1"},
            {"uid", "uid-of-web-1"},
            {"resourceVersion", "1"},
            {"creationTimestamp", "2026-01-02T00:00:00Z"}}},
          {"spec",
           {{"serviceAccountName", "app"},
            {"containers", {Container("app")}},
            {"volumes", {{{"name", "aws-iam-token"}, {"projected", {{"sources", {source}}}}}}}}},
          {"status", {{"phase", "Running"}}}};
}

Json BarePod() {
  Json pod = IdentifiedPod();
  pod["spec"]["containers"] = {{{"name", "app"}}};
  pod["spec"].erase("volumes");
  return pod;
}

Json AnnotatedAccount() {
  return {{"metadata",
           {{"namespace", "team-a"},
            {"name", "app"},
            {"uid", "uid-of-app"},
            {"resourceVersion", "1"},
            {"creationTimestamp", "2025-12-01T00:00:00Z"},
            {"annotations", {{"eks.amazonaws.com/role-arn", kRole}}},
            {"managedFields",
             {{{"manager", "kubectl"},
               {"time", "2026-01-01T00:00:00Z"},
               {"fieldsV1", {{"f:metadata", {{"f:annotations", {{"f:eks.amazonaws.com/role-arn", Json::object()}}}}}}}},
              {{"manager", "other"},
               {"time", "2026-02-01T00:00:00Z"},
               {"fieldsV1", {{"f:metadata", {{"f:labels", {{"f:x", Json::object()}}}}}}}}}}}}};
}

Json PodWebhook(const std::string& ca_bundle) {
  Json entry = {
      {"name", "pod-identity.irsa.dev"},
      {"failurePolicy", "Fail"},
      {"clientConfig", {{"service", {{"namespace", "irsa-system"}, {"name", "irsa"}, {"path", "/mutate"}}}}},
      {"rules", {{{"operations", {"CREATE"}}, {"apiGroups", {""}}, {"apiVersions", {"v1"}}, {"resources", {"pods"}}}}},
      {"namespaceSelector", {{"matchExpressions", {OwnNamespaceExcluded()}}}},
      {"objectSelector", OptOut()}};
  if (!ca_bundle.empty()) entry["clientConfig"]["caBundle"] = ca_bundle;
  return {{"metadata", {{"name", "irsa"}, {"creationTimestamp", "2025-01-01T00:00:00Z"}}}, {"webhooks", {entry}}};
}

Json PolicyOfGuard(const std::string& mode) {
  const Json system = {{"key", "kubernetes.io/metadata.name"}, {"operator", "NotIn"}, {"values", {"kube-system"}}};
  const Json off = {{"key", "irsa.dev/guard"}, {"operator", "NotIn"}, {"values", {"off"}}};
  return {{"spec",
           {{"failurePolicy", "Ignore"},
            {"paramKind", {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}}},
            {"variables",
             {Variable("annotationPrefix", "'eks.amazonaws.com'"), Variable("mode", "'" + mode + "'"),
              Variable("tokenMountPath", "'/var/run/secrets/eks.amazonaws.com/serviceaccount'"),
              Variable("defaultRole", "'false'"), Variable("respectEnvFrom", "'false'"),
              Variable("lacking", "object.spec.containers")}},
            {"validations", {{{"expression", "true"}}}},
            {"matchConstraints",
             {{"matchPolicy", "Equivalent"},
              {"namespaceSelector", {{"matchExpressions", {OwnNamespaceExcluded(), system, off}}}},
              {"objectSelector", OptOut()}}}}}};
}

Json BindingOfGuard() {
  return {{"metadata", {{"name", "irsa-guard"}}},
          {"spec",
           {{"policyName", "irsa-guard"},
            {"validationActions", {"Deny", "Audit"}},
            {"paramRef", {{"selector", Json::object()}, {"parameterNotFoundAction", "Allow"}}}}}};
}

Json PolicyOfIdentities() {
  return {{"metadata", {{"creationTimestamp", "2025-01-01T00:00:00Z"}}},
          {"spec",
           {{"failurePolicy", "Ignore"},
            {"reinvocationPolicy", "IfNeeded"},
            {"paramKind", {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}}},
            {"variables",
             {Variable("annotationPrefix", "'eks.amazonaws.com'"), Variable("tokenAudience", "'sts.amazonaws.com'"),
              Variable("tokenMountPath", "'/var/run/secrets/eks.amazonaws.com/serviceaccount'"),
              Variable("tokenExpiration", "'86400'"), Variable("awsDefaultRegion", "''"),
              Variable("stsRegionalEndpoint", "'false'"), Variable("composeRoleArn", "'false'"),
              Variable("awsPartition", "''"), Variable("awsAccountId", "''"), Variable("defaultRole", "'false'"),
              Variable("respectEnvFrom", "'false'")}},
            {"mutations", {{{"patchType", "JSONPatch"}}}},
            {"matchConstraints",
             {{"matchPolicy", "Equivalent"}, {"namespaceSelector", Json::object()}, {"objectSelector", OptOut()}}}}}};
}

Json BindingOfIdentities() {
  return {{"metadata", {{"name", "irsa-identity"}}},
          {"spec",
           {{"policyName", "irsa-identity"},
            {"paramRef", {{"selector", Json::object()}, {"parameterNotFoundAction", "Allow"}}},
            {"matchResources",
             {{"matchPolicy", "Equivalent"},
              {"namespaceSelector", {{"matchExpressions", {OwnNamespaceExcluded()}}}},
              {"objectSelector", Json::object()}}}}}};
}

Json AccountLabelSelector() { return {{"matchLabels", {{"irsa.dev/role", "true"}}}}; }

Names Kinds(const std::vector<Finding>& findings) {
  Names names;
  for (const Finding& finding : findings) names.emplace_back(FindingName(finding.kind));
  return names;
}

}  // namespace irsa::audit
