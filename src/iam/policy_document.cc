#include "irsa/iam/policy_document.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/iam/trust_policy.h"

namespace irsa::iam {
namespace {

using base::Json;

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

int HexDigit(char c) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  const size_t at = kDigits.find(c);
  if (at == std::string_view::npos) return -1;
  return static_cast<int>(at < 16 ? at : at - 6);
}

// Nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

bool IsUrlEncoded(std::string_view text) { return text.starts_with("%7B") || text.starts_with("%7b"); }

// The text of a policy that stands as a string in some other document.
Result<std::string> Unquoted(const std::string& text) {
  if (!IsUrlEncoded(Trimmed(text))) return text;
  if (auto decoded = PercentDecoded(Trimmed(text))) return *std::move(decoded);
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
  const std::string_view trimmed = Trimmed(text);
  if (IsUrlEncoded(trimmed)) {
    Result<std::string> decoded = Unquoted(std::string(trimmed));
    if (!decoded.ok()) return std::move(decoded).error();
    return PolicyDocument{*std::move(decoded), {}};
  }
  const Result<Json> json = base::ReadJson(text, {.max_bytes = kMaxPolicyBytes});
  if (json.ok() && json->is_string()) {
    Result<std::string> unquoted = Unquoted(json->get<std::string>());
    if (!unquoted.ok()) return std::move(unquoted).error();
    return PolicyDocument{*std::move(unquoted), {}};
  }
  if (json.ok()) {
    if (const Json* role = RoleOf(*json)) return FromRole(*role);
  }
  return PolicyDocument{std::string(text), {}};
}

}  // namespace irsa::iam
