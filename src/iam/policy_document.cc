#include "irsa/iam/policy_document.h"

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/trust_policy.h"

namespace irsa::iam {
namespace {

using base::Json;

bool IsUrlEncoded(std::string_view text) { return text.starts_with("%7B") || text.starts_with("%7b"); }

// The text of a policy, which may be URL-encoded.
Result<std::string> Unquoted(const std::string& text) {
  const std::string_view encoded = base::Trimmed(text, base::kSpacesAndLineEnds);
  if (!IsUrlEncoded(encoded)) return text;
  if (auto decoded = base::DecodeComponent(encoded)) return *std::move(decoded);
  return Error{ErrorCode::kMalformed, "the URL-encoded policy has a % without two hexadecimal digits"};
}

// The member of get-role's output that the policy is in: {"Role": {"AssumeRolePolicyDocument": …}}, or the role alone.
const Json* RoleOf(const Json& json) {
  const Json* role = base::FindMember(json, "Role");
  if (role == nullptr) role = &json;
  return base::FindMember(*role, "AssumeRolePolicyDocument") == nullptr ? nullptr : role;
}

Result<PolicyDocument> FromRole(const Json& role) {
  PolicyDocument document;
  if (const Result<std::string> arn = base::StringMember(role, "Arn"); arn.ok()) document.role_arn = *arn;
  const Json& policy = role["AssumeRolePolicyDocument"];
  if (!policy.is_string()) {
    document.text = policy.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    return document;
  }
  Result<std::string> text = Unquoted(policy.get<std::string>());
  if (!text.ok()) return std::move(text).error();
  document.text = *std::move(text);
  return document;
}

}  // namespace

Result<PolicyDocument> ReadPolicyDocument(std::string_view text) {
  if (text.starts_with(base::kByteOrderMark)) text.remove_prefix(base::kByteOrderMark.size());  // IAM takes none
  const Result<Json> json = base::ReadJson(text, {.max_bytes = kMaxPolicyBytes});
  if (const Json* role = json.ok() ? RoleOf(*json) : nullptr) return FromRole(*role);
  const bool is_quoted = json.ok() && json->is_string();
  Result<std::string> policy = Unquoted(is_quoted ? json->get<std::string>() : std::string(text));
  if (!policy.ok()) return std::move(policy).error();
  return PolicyDocument{*std::move(policy), {}};
}

}  // namespace irsa::iam
