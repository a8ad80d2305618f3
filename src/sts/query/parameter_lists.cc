#include "parameter_lists.h"

#include <algorithm>

#include "irsa/base/text.h"

#include "violations.h"

namespace irsa::sts {
namespace {

constexpr size_t kMaxTagKey = 128;
constexpr size_t kMaxTagValue = 256;

}  // namespace

std::string Value(const Parameters& parameters, std::string_view name) {
  const std::string* found = FindParameter(parameters, name);
  return found == nullptr ? std::string() : *found;
}

std::vector<std::string> ListOf(const Parameters& parameters, const std::string& name) {
  std::vector<std::string> values;
  while (const std::string* value = FindParameter(parameters, name + ".member." + std::to_string(values.size() + 1))) {
    values.push_back(*value);
  }
  return values;
}

const Tags::value_type* FindTag(const Tags& tags, std::string_view name) {
  const auto found =
      std::ranges::find_if(tags, [&](const auto& tag) { return base::EqualsIgnoringCase(tag.first, name); });
  return found == tags.end() ? nullptr : &*found;
}

std::optional<StsError> ReadTags(const Parameters& parameters, std::string_view duplicate, Tags& into) {
  Violations violations;
  std::vector<std::string> seen;
  for (size_t number = 1;; ++number) {
    const std::string member = "Tags.member." + std::to_string(number);
    const std::string* key = FindParameter(parameters, member + ".Key");
    if (key == nullptr) break;
    const std::string value = Value(parameters, member + ".Value");
    violations.CheckLength("Tags." + std::to_string(number) + ".member.key", *key, 1, kMaxTagKey);
    violations.CheckLength("Tags." + std::to_string(number) + ".member.value", value, 0, kMaxTagValue);
    const std::string folded = base::LowerCase(*key);
    if (std::ranges::find(seen, folded) != seen.end()) {
      return MakeStsError(duplicate, "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
    seen.push_back(folded);
    // The last one counts, with its case.
    std::erase_if(into, [&](const auto& tag) { return base::LowerCase(tag.first) == folded; });
    into[*key] = value;
  }
  return violations.Error();
}

}  // namespace irsa::sts
