#include "violations.h"

#include "irsa/base/text.h"

namespace irsa::sts {
namespace {

constexpr size_t kMaxShownBytes = 256;

}  // namespace

void Violations::AddMissing(std::string_view name) { Append("Value null at '", name, "Member must not be null"); }

void Violations::Add(std::string_view name, const std::string* shown, const std::string& constraint) {
  const bool is_shown = shown != nullptr && shown->size() <= kMaxShownBytes;
  Append(is_shown ? "Value '" + *shown + "' at '" : "Value at '", name, constraint);
}

void Violations::CheckLength(std::string_view name, const std::string& value, size_t min, size_t max) {
  CheckLength(name, &value, base::CharacterCount(value), min, max);
}

void Violations::CheckSecretLength(std::string_view name, const std::string& secret, size_t min, size_t max) {
  CheckLength(name, nullptr, base::CharacterCount(secret), min, max);
}

void Violations::CheckLength(std::string_view name, const std::string* shown, size_t length, size_t min, size_t max) {
  if (length < min) {
    Add(name, shown, "Member must have length greater than or equal to " + std::to_string(min));
  } else if (length > max) {
    Add(name, shown, "Member must have length less than or equal to " + std::to_string(max));
  }
}

std::optional<StsError> Violations::Error() const {
  if (count_ == 0) return std::nullopt;
  return MakeStsError(kValidationError,
                      std::to_string(count_) + " validation error" + (count_ == 1 ? "" : "s") + " detected: " + list_);
}

void Violations::Append(const std::string& value_at, std::string_view name, const std::string& constraint) {
  list_.append(count_++ == 0 ? "" : "; ").append(value_at);
  list_.append(1, base::ToLower(name.front())).append(name.substr(1));
  list_.append("' failed to satisfy constraint: ").append(constraint);
}

const std::string* Required(const Parameters& parameters, std::string_view name, Violations& violations) {
  const std::string* value = FindParameter(parameters, name);
  if (value == nullptr) violations.AddMissing(name);
  return value;
}

}  // namespace irsa::sts
