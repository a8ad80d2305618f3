#include "irsa/sts/assume_role_request.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/iam/arn.h"

#include "sts/query/parameter_lists.h"
#include "sts/query/violations.h"

namespace irsa::sts {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;

constexpr size_t kMaxPolicyCharacters = 2048;
constexpr size_t kMaxPolicyArns = 10;
constexpr size_t kAnyLength = 1 << 20;

constexpr size_t kMaxExternalId = 1224;
constexpr std::string_view kReservedTag = "aws:";

// Letters, digits, and what `more` has.
bool HasOnly(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text,
                             [more](char c) { return IsAlphanumeric(c) || more.find(c) != std::string_view::npos; });
}

void CheckPattern(std::string_view parameter, const std::string& value, std::string_view more,
                  const std::string& pattern, Violations& violations) {
  if (!HasOnly(value, more)) {
    violations.Add(parameter, &value, "Member must satisfy regular expression pattern: " + pattern);
  }
}

// [\p{L}\p{Z}\p{N}_.:/=+\-@]*, where whatever is not ASCII counts as a letter.
bool IsTagText(std::string_view text) {
  while (!text.empty()) {
    const size_t length = base::Utf8Length(text);
    if (length == 0 || (length == 1 && !HasOnly(text.substr(0, 1), " _.:/=+-@"))) return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t CountTags(const Parameters& parameters) {
  size_t count = 0;
  while (FindParameter(parameters, "Tags.member." + std::to_string(count + 1) + ".Key") != nullptr) ++count;
  return count;
}

// A session's name or a source identity: 2 to 64 characters of [\w+=,.@-].
void CheckNameForm(std::string_view parameter, const std::string& name, Violations& violations) {
  violations.CheckLength(parameter, name, 2, 64);
  if (!std::ranges::all_of(name, iam::IsNameCharacter)) {
    violations.Add(parameter, &name, "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  }
}

// Empty when there is none, as below.
std::string ReadExternalId(const Parameters& parameters, Violations& violations) {
  const std::string* id = FindParameter(parameters, "ExternalId");
  if (id == nullptr) return {};
  violations.CheckLength("ExternalId", *id, 2, kMaxExternalId);
  CheckPattern("ExternalId", *id, "_+=,.@:/-", "[\\w+=,.@:\\/-]*", violations);
  return *id;
}

std::string ReadSourceIdentity(const Parameters& parameters, Violations& violations) {
  const std::string* identity = FindParameter(parameters, "SourceIdentity");
  if (identity == nullptr) return {};
  CheckNameForm("SourceIdentity", *identity, violations);
  return *identity;
}

void CheckMfaForm(const Parameters& parameters, Violations& violations) {
  if (const std::string* serial = FindParameter(parameters, "SerialNumber")) {
    violations.CheckLength("SerialNumber", *serial, 9, 256);
    CheckPattern("SerialNumber", *serial, "_+=/:,.@-", "[\\w+=/:,.@-]*", violations);
  }
  if (const std::string* code = FindParameter(parameters, "TokenCode")) {
    violations.CheckSecretLength("TokenCode", *code, 6, 6);
    if (!std::ranges::all_of(*code, IsDigit)) {
      violations.Add("TokenCode", nullptr, "Member must satisfy regular expression pattern: [\\d]*");
    }
  }
}

// Tags and TransitiveTagKeys. ValidationError, and InvalidParameterValue for a name that occurs twice, is AWS's own,
// or is transitive without being a tag.
std::optional<StsError> ReadSessionTags(const Parameters& parameters, iam::SessionAttributes& attributes) {
  Violations violations;
  const std::string most = "Member must have length less than or equal to " + std::to_string(kMaxTags);
  if (CountTags(parameters) > kMaxTags) violations.Add("Tags", nullptr, most);
  std::vector<std::string> transitive = ListOf(parameters, "TransitiveTagKeys");
  if (transitive.size() > kMaxTags) violations.Add("TransitiveTagKeys", nullptr, most);
  if (auto error = violations.Error()) return error;
  if (auto error = ReadTags(parameters, kInvalidParameterValue, attributes.tags)) return error;
  for (const auto& [name, value] : attributes.tags) {
    for (const std::string& text : {name, value}) {
      if (IsTagText(text)) continue;
      violations.Add("Tags", &text, "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");
    }
  }
  if (auto error = violations.Error()) return error;
  for (const auto& [name, value] : attributes.tags) {
    if (base::LowerCase(name).starts_with(kReservedTag)) {
      return MakeStsError(kInvalidParameterValue,
                          "Tag key " + base::Quoted(name) + " begins with aws:, which is reserved.");
    }
  }
  for (const std::string& name : transitive) {
    if (FindTag(attributes.tags, name) == nullptr) {
      return MakeStsError(kInvalidParameterValue,
                          "The specified transitive tag key must be included in the requested tags.");
    }
  }
  attributes.transitive_tag_keys = std::move(transitive);
  return std::nullopt;
}

// A code of an MFA device, for nobody has one here, and contexts of identity providers.
std::optional<StsError> RefuseWhatCannotBeChecked(const Parameters& parameters) {
  const bool has_serial = FindParameter(parameters, "SerialNumber") != nullptr;
  const bool has_code = FindParameter(parameters, "TokenCode") != nullptr;
  if (has_serial && has_code) {
    return MakeStsError(kAccessDenied,
                        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
                        "number is valid and associated with this user.");
  }
  if (has_serial || has_code) {
    return MakeStsError(
        kAccessDenied, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.");
  }
  const bool has_context = std::ranges::any_of(
      parameters, [](const auto& parameter) { return parameter.first.starts_with("ProvidedContexts."); });
  if (!has_context) return std::nullopt;
  return MakeStsError(kValidationError, "ProvidedContexts is not supported here; leave it out.");
}

// The pattern of ARNs: tab, line ends, and everything printable.
bool IsArnCharacter(char c) {
  return static_cast<unsigned char>(c) >= ' ' ? c != 0x7f : c == '\t' || c == '\n' || c == '\r';
}

std::chrono::seconds ReadDuration(const Parameters& parameters, Violations& violations) {
  const std::string* text = FindParameter(parameters, "DurationSeconds");
  if (text == nullptr) return AssumeRoleRequest().duration;
  const bool is_number = !text->empty() && text->size() <= 9 && std::ranges::all_of(*text, IsDigit);
  const long seconds = is_number ? std::stol(*text) : 0;
  if (!is_number) {
    violations.Add("DurationSeconds", text, "Member must be an integer");
  } else if (seconds < 900) {
    violations.Add("DurationSeconds", text, "Member must have value greater than or equal to 900");
  } else if (seconds > 43200) {
    violations.Add("DurationSeconds", text, "Member must have value less than or equal to 43200");
  }
  return std::chrono::seconds(seconds);
}

std::optional<StsError> CheckPolicyDocument(const std::string& policy) {
  const Result<base::Json> json = base::ReadJson(policy);
  if (json.ok() && json->is_object()) return std::nullopt;
  return MakeStsError(kMalformedPolicyDocument,
                      "Syntax errors in policy: " + (json.ok() ? std::string("not an object") : json.error().message));
}

bool IsPolicyArn(std::string_view text) {
  const Result<iam::Arn> arn = iam::ParseArn(text);
  return arn.ok() && arn->service == "iam" && arn->resource.starts_with("policy/");
}

// The ARNs of PolicyArns.member.N.arn, in the order given.
std::vector<std::string> PolicyArns(const Parameters& parameters) {
  constexpr std::string_view kPrefix = "PolicyArns.member.";
  constexpr std::string_view kSuffix = ".arn";
  std::vector<std::string> arns;
  for (const auto& [name, value] : parameters) {
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) arns.push_back(value);
  }
  return arns;
}

std::optional<StsError> CheckSessionPolicies(const Parameters& parameters) {
  const std::string* policy = FindParameter(parameters, "Policy");
  const std::vector<std::string> arns = PolicyArns(parameters);
  Violations violations;
  if (policy != nullptr) violations.CheckLength("Policy", *policy, 1, kAnyLength);
  if (arns.size() > kMaxPolicyArns) {
    violations.Add("PolicyArns", nullptr, "Member must have length less than or equal to 10");
  }
  size_t characters = policy == nullptr ? 0 : base::CharacterCount(*policy);
  for (const std::string& arn : arns) {
    violations.CheckLength("PolicyArns.member.arn", arn, 20, 2048);
    characters += base::CharacterCount(arn);
  }
  if (auto error = violations.Error()) return error;
  for (const std::string& arn : arns) {
    if (!IsPolicyArn(arn)) return MakeStsError(kValidationError, "ARN " + arn + " is not valid.");
  }
  if (characters > kMaxPolicyCharacters) {
    return MakeStsError(kPackedPolicyTooLarge, "Session policies have " + std::to_string(characters) +
                                                   " characters; 2048 are allowed. Please use smaller policies.");
  }
  return policy == nullptr ? std::nullopt : CheckPolicyDocument(*policy);
}

// What both calls have.
AssumeRoleRequest ReadRoleAndSession(const Parameters& parameters, Violations& violations) {
  AssumeRoleRequest request;
  if (const std::string* arn = Required(parameters, "RoleArn", violations)) {
    request.role_arn = *arn;
    violations.CheckLength("RoleArn", *arn, 20, 2048);
    if (!std::ranges::all_of(*arn, IsArnCharacter)) {
      violations.Add("RoleArn", arn,
                     "Member must satisfy regular expression pattern: "
                     "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+");
    }
  }
  if (const std::string* name = Required(parameters, "RoleSessionName", violations)) {
    request.session_name = *name;
    CheckNameForm("RoleSessionName", *name, violations);
  }
  request.duration = ReadDuration(parameters, violations);
  return request;
}

std::optional<StsError> CheckRoleAndPolicies(const AssumeRoleRequest& request, const Parameters& parameters) {
  if (!iam::IsRoleArn(request.role_arn)) return MakeStsError(kValidationError, "Request ARN is invalid");
  return CheckSessionPolicies(parameters);
}

}  // namespace

std::variant<AssumeRoleRequest, StsError> ReadAssumeRoleWithWebIdentity(const Parameters& parameters) {
  Violations violations;
  AssumeRoleRequest request = ReadRoleAndSession(parameters, violations);
  if (const std::string* token = Required(parameters, "WebIdentityToken", violations)) {
    request.token = *token;
    violations.CheckSecretLength("WebIdentityToken", *token, 4, 20000);
  }
  if (auto error = violations.Error()) return *std::move(error);
  if (FindParameter(parameters, "ProviderId") != nullptr) {
    return MakeStsError(kValidationError,
                        "ProviderId is for OAuth 2.0 access tokens and must not be given with an OpenID Connect ID "
                        "token");
  }
  if (auto error = CheckRoleAndPolicies(request, parameters)) return *std::move(error);
  return request;
}

std::variant<AssumeRoleRequest, StsError> ReadAssumeRole(const Parameters& parameters) {
  Violations violations;
  AssumeRoleRequest request = ReadRoleAndSession(parameters, violations);
  request.external_id = ReadExternalId(parameters, violations);
  request.attributes.source_identity = ReadSourceIdentity(parameters, violations);
  CheckMfaForm(parameters, violations);
  if (auto error = violations.Error()) return *std::move(error);
  if (auto error = ReadSessionTags(parameters, request.attributes)) return *std::move(error);
  if (auto error = RefuseWhatCannotBeChecked(parameters)) return *std::move(error);
  if (auto error = CheckRoleAndPolicies(request, parameters)) return *std::move(error);
  return request;
}

}  // namespace irsa::sts
