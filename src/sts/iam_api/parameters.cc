#include <utility>

#include "irsa/base/text.h"

#include "calls.h"

namespace irsa::sts {

std::optional<StsError> ReadText(const Call& call, std::string_view name, const Length& length, std::string& into) {
  Violations violations;
  if (const std::string* text = Required(call.parameters, name, violations)) {
    violations.CheckLength(name, *text, length.min, length.max);
    into = *text;
  }
  return violations.Error();
}

std::optional<StsError> AddTags(const Parameters& parameters, Tags& into) {
  if (auto error = ReadTags(parameters, kInvalidInput, into)) return error;
  if (into.size() > kMaxTags) return MakeStsError(kLimitExceeded, "Cannot exceed quota for TagsPerResource: 50");
  return std::nullopt;
}

void RemoveTags(const Parameters& parameters, Tags& from) {
  for (const std::string& key : ListOf(parameters, "TagKeys")) {
    std::erase_if(from, [&](const auto& tag) { return base::EqualsIgnoringCase(tag.first, key); });
  }
}

AnswerNode TagsNode(const Tags& tags) {
  Nodes members;
  for (const auto& [key, value] : tags) members.push_back({"member", Nodes{{"Key", key}, {"Value", value}}});
  return {"Tags", std::move(members)};
}

AnswerNode ListNode(std::string name, const std::vector<std::string>& values) {
  Nodes members;
  for (const std::string& value : values) members.push_back({"member", value});
  return {std::move(name), std::move(members)};
}

AnswerNode NotTruncated() { return {"IsTruncated", "false"}; }

}  // namespace irsa::sts
