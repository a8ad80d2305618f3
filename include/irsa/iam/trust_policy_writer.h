// Writes what ties service accounts to a role: its trust policy, the registration of the issuer at IAM, the role and
// the annotation, for pasting or for Terraform.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
#pragma once

#include <span>
#include <string>
#include <vector>

#include "irsa/base/result.h"

namespace irsa::iam {

struct ServiceAccountPattern {
  std::string namespace_name;
  std::string name;  // both may have the wildcards * and ?

  bool operator==(const ServiceAccountPattern&) const = default;
};

bool IsPattern(const ServiceAccountPattern& account);

struct AccountAnnotation {
  std::string key;
  std::string value;
};

struct RolePlan {
  std::string issuer;   // "https://oidc.example.test/id/ABC"
  std::string account;  // of the role and the provider
  std::string partition = "aws";
  std::string audience = "sts.amazonaws.com";
  std::vector<ServiceAccountPattern> service_accounts;
  std::string role_name;  // not needed for the policy
  std::string annotation_prefix = "eks.amazonaws.com";
};

// A kubectl command, with a line end, that gives the service account annotations that it does not have yet: kubectl
// refuses where it has one of them. For a pattern, comment lines with the command for each account that matches. Safe
// to paste into a POSIX shell unless a value has control characters. Takes names that passed CheckRolePlan's rules.
std::string AnnotateCommand(const ServiceAccountPattern& account, std::span<const AccountAnnotation> annotations);

// kInvalid, naming the field and the value, unless everything in the plan is well-formed: see web_identity.h for the
// rules. Service accounts: at least one, and not a pattern that all of them match. role_name may be empty.
Status CheckRolePlan(const RolePlan& plan);

// The functions below take a plan that passed CheckRolePlan.

// The trust policy as JSON, indented by two, with a line end: StringEquals, or StringLike for the subjects when one has
// a wildcard.
std::string WriteTrustPolicy(const RolePlan& plan);

// The values of its condition on the subject, and the operator: "StringEquals" or "StringLike".
std::vector<std::string> SubjectsOf(const RolePlan& plan);
const char* SubjectOperator(const RolePlan& plan);

// These also need a role_name.
std::string RoleArn(const RolePlan& plan);

// A shell script of aws and kubectl commands.
std::string WriteAwsCli(const RolePlan& plan);

// Terraform resources of the providers hashicorp/aws and hashicorp/kubernetes.
std::string WriteTerraform(const RolePlan& plan);

// {"provider": {"arn", "url", "clientIds"}, "role": {"arn", "name"}, "trustPolicy": {…}, "serviceAccounts":
// [{"namespace", "name"}], "annotation": {"eks.amazonaws.com/role-arn": …}}, indented by two, with a line end.
std::string WritePlanJson(const RolePlan& plan);

}  // namespace irsa::iam
