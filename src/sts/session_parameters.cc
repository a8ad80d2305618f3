#include "session_parameters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/iam/arn.h"

#include "sts/query/parameter_lists.h"

namespace irsa::sts {
namespace {

constexpr size_t kMaxExternalId = 1224;
constexpr std::string_view kReservedTag = "aws:";

// Letters, digits, and what `more` has.
bool HasOnly(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(),
                     [more](char c) { return base::IsAlphanumeric(c) || more.find(c) != std::string_view::npos; });
}

void CheckPattern(std::string_view member, const std::string& value, std::string_view more, const std::string& pattern,
                  Violations& violations) {
  if (!HasOnly(value, more)) {
    violations.Add(member, &value, "Member must satisfy regular expression pattern: " + pattern);
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

}  // namespace

void CheckNameForm(std::string_view member, const std::string& name, Violations& violations) {
  violations.CheckLength(member, name, 2, 64);
  if (!std::all_of(name.begin(), name.end(), iam::IsNameCharacter)) {
    violations.Add(member, &name, "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  }
}

std::string ReadExternalId(const Parameters& parameters, Violations& violations) {
  const std::string* id = FindParameter(parameters, "ExternalId");
  if (id == nullptr) return {};
  violations.CheckLength("externalId", *id, 2, kMaxExternalId);
  CheckPattern("externalId", *id, "_+=,.@:/-", "[\\w+=,.@:\\/-]*", violations);
  return *id;
}

std::string ReadSourceIdentity(const Parameters& parameters, Violations& violations) {
  const std::string* identity = FindParameter(parameters, "SourceIdentity");
  if (identity == nullptr) return {};
  CheckNameForm("sourceIdentity", *identity, violations);
  return *identity;
}

void CheckMfaForm(const Parameters& parameters, Violations& violations) {
  if (const std::string* serial = FindParameter(parameters, "SerialNumber")) {
    violations.CheckLength("serialNumber", *serial, 9, 256);
    CheckPattern("serialNumber", *serial, "_+=/:,.@-", "[\\w+=/:,.@-]*", violations);
  }
  if (const std::string* code = FindParameter(parameters, "TokenCode")) {
    violations.CheckSecretLength("tokenCode", *code, 6, 6);
    if (!std::all_of(code->begin(), code->end(), base::IsDigit)) {
      violations.Add("tokenCode", nullptr, "Member must satisfy regular expression pattern: [\\d]*");
    }
  }
}

std::optional<StsError> ReadSessionTags(const Parameters& parameters, iam::SessionAttributes& attributes) {
  Violations violations;
  const std::string most = "Member must have length less than or equal to " + std::to_string(kMaxTags);
  if (CountTags(parameters) > kMaxTags) violations.Add("tags", nullptr, most);
  std::vector<std::string> transitive = ListOf(parameters, "TransitiveTagKeys");
  if (transitive.size() > kMaxTags) violations.Add("transitiveTagKeys", nullptr, most);
  if (auto error = violations.Error()) return error;
  if (auto error = ReadTags(parameters, kInvalidParameterValue, attributes.tags)) return error;
  for (const auto& [name, value] : attributes.tags) {
    for (const std::string& text : {name, value}) {
      if (IsTagText(text)) continue;
      violations.Add("tags", &text, "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");
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
  const bool has_context = std::any_of(parameters.begin(), parameters.end(), [](const auto& parameter) {
    return parameter.first.starts_with("ProvidedContexts.");
  });
  if (!has_context) return std::nullopt;
  return MakeStsError(kValidationError, "ProvidedContexts is not supported here; leave it out.");
}

}  // namespace irsa::sts
