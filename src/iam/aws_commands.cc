// The plan as commands and as Terraform; see trust_policy_writer.h.
#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/request_context.h"
#include "irsa/iam/trust_policy_writer.h"
#include "irsa/iam/web_identity.h"

namespace irsa::iam {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;
using base::ShellWord;

// A quoted string of Terraform's language, where ${ and %{ begin a template.
// https://developer.hashicorp.com/terraform/language/expressions/strings
std::string TerraformString(const std::string& text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\\') quoted.push_back('\\');
    if ((c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == '{') quoted.push_back(c);
    quoted.push_back(c);
  }
  return quoted + "\"";
}

// A name for a resource: letters, digits, _ and -, and no digit first.
std::string TerraformName(std::string_view text) {
  std::string name(text);
  std::ranges::replace_if(
      name, [](char c) { return !IsAlphanumeric(c) && c != '-'; }, '_');
  if (IsDigit(name.front()) || name.front() == '-') name.insert(0, "_");
  return name;
}

std::string Annotation(const RolePlan& plan) { return plan.annotation_prefix + "/role-arn"; }

std::string TerraformCondition(std::string_view test, const std::string& key, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list.append(list.empty() ? "" : ", ").append(TerraformString(value));
  return "\n    condition {\n      test     = \"" + std::string(test) + "\"\n      variable = " + TerraformString(key) +
         "\n      values   = [" + list + "]\n    }\n";
}

std::string TerraformPolicy(const RolePlan& plan, const std::string& name) {
  return "data \"aws_iam_policy_document\" \"" + name +
         "_trust\" {\n"
         "  statement {\n"
         "    actions = [\"" +
         std::string(kAssumeRoleWithWebIdentity) +
         "\"]\n\n"
         "    principals {\n"
         "      type        = \"Federated\"\n"
         "      identifiers = [aws_iam_openid_connect_provider.cluster.arn]\n"
         "    }\n" +
         TerraformCondition("StringEquals", ConditionKey(plan.issuer, "aud"), {plan.audience}) +
         TerraformCondition(SubjectOperator(plan), ConditionKey(plan.issuer, "sub"), SubjectsOf(plan)) + "  }\n}\n";
}

std::string TerraformAnnotation(const RolePlan& plan, const ServiceAccountPattern& account, const std::string& role) {
  if (IsPattern(account)) {
    return "# Each service account that matches " + account.namespace_name + "/" + account.name +
           " needs the annotation " + Annotation(plan) + " = aws_iam_role." + role + ".arn\n";
  }
  return "resource \"kubernetes_annotations\" \"" + TerraformName(account.namespace_name + "_" + account.name) +
         "\" {\n"
         "  api_version = \"v1\"\n"
         "  kind        = \"ServiceAccount\"\n\n"
         "  metadata {\n"
         "    name      = " +
         TerraformString(account.name) + "\n    namespace = " + TerraformString(account.namespace_name) +
         "\n  }\n\n"
         "  annotations = {\n    " +
         TerraformString(Annotation(plan)) + " = aws_iam_role." + role + ".arn\n  }\n}\n";
}

}  // namespace

std::string AnnotateCommand(const ServiceAccountPattern& account, std::span<const AccountAnnotation> annotations) {
  const bool is_pattern = IsPattern(account);
  std::string command;
  if (is_pattern) {
    command = "# For each service account that matches " + account.namespace_name + "/" + account.name + ":\n# ";
  }
  command.append("kubectl annotate serviceaccount --namespace ")
      .append(HasWildcards(account.namespace_name) ? "NAMESPACE" : account.namespace_name)
      .append(" ")
      .append(HasWildcards(account.name) ? "NAME" : account.name);
  for (const AccountAnnotation& annotation : annotations) {
    command.append(is_pattern ? " " : " \\\n  ").append(ShellWord(annotation.key + "=" + annotation.value));
  }
  return command + "\n";
}

std::string WriteAwsCli(const RolePlan& plan) {
  std::string text =
      "# Once per account: register the cluster's issuer at IAM.\n"
      "aws iam create-open-id-connect-provider \\\n"
      "  --url " +
      ShellWord(plan.issuer) + " \\\n  --client-id-list " + ShellWord(plan.audience) +
      "\n\n"
      "# The role, and who may assume it.\n"
      "cat > trust-policy.json <<'EOF'\n" +
      WriteTrustPolicy(plan) +
      "EOF\n"
      "aws iam create-role \\\n"
      "  --role-name " +
      ShellWord(plan.role_name) +
      " \\\n"
      "  --assume-role-policy-document file://trust-policy.json\n\n"
      "# The service accounts that get the role; pods created from now on use it.\n";
  const std::vector<AccountAnnotation> annotations = {{Annotation(plan), RoleArn(plan)}};
  for (const ServiceAccountPattern& account : plan.service_accounts) text.append(AnnotateCommand(account, annotations));
  return text;
}

std::string WriteTerraform(const RolePlan& plan) {
  const std::string name = TerraformName(plan.role_name);
  std::string text =
      "# Once per account: the cluster's issuer.\n"
      "resource \"aws_iam_openid_connect_provider\" \"cluster\" {\n"
      "  url            = " +
      TerraformString(plan.issuer) + "\n  client_id_list = [" + TerraformString(plan.audience) + "]\n}\n\n" +
      TerraformPolicy(plan, name) + "\nresource \"aws_iam_role\" \"" + name +
      "\" {\n"
      "  name               = " +
      TerraformString(plan.role_name) + "\n  assume_role_policy = data.aws_iam_policy_document." + name +
      "_trust.json\n}\n";
  for (const ServiceAccountPattern& account : plan.service_accounts) {
    text.append("\n").append(TerraformAnnotation(plan, account, name));
  }
  return text;
}

}  // namespace irsa::iam
