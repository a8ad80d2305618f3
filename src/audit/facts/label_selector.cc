#include "irsa/audit/facts/label_selector.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "irsa/audit/facts/finding.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"

namespace irsa::audit {

using base::At;
using base::Json;
using base::ListAt;
using base::TextAt;

Labels ReadLabels(const Json& object) {
  Labels labels;
  const Json* found = At(object, {"metadata", "labels"});
  if (found == nullptr || !found->is_object()) return labels;
  for (const auto& [key, value] : found->items()) {
    if (value.is_string()) labels.emplace(key, value.get<std::string>());
  }
  return labels;
}

bool LabelRequirement::IsMet(const Labels& labels) const {
  const auto label = labels.find(key);
  const bool is_there = label != labels.end();
  if (comparison == "Exists") return is_there;
  if (comparison == "DoesNotExist") return !is_there;
  const bool is_listed = is_there && std::find(values.begin(), values.end(), label->second) != values.end();
  if (comparison == "In") return is_listed;
  return comparison == "NotIn" && !is_listed;
}

std::string LabelRequirement::Text() const {
  return key + " " + comparison + (values.empty() ? "" : " (" + base::Joined(values) + ")");
}

const LabelRequirement* LabelSelector::FirstUnmet(const Labels& labels) const {
  const auto unmet =
      std::ranges::find_if(requirements, [&labels](const LabelRequirement& each) { return !each.IsMet(labels); });
  return unmet == requirements.end() ? nullptr : &*unmet;
}

LabelSelector ReadLabelSelector(const Json* selector) {
  LabelSelector read;
  if (selector == nullptr) return read;
  if (const Json* labels = At(*selector, {"matchLabels"}); labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->items()) {
      if (value.is_string()) read.requirements.push_back({key, "In", {value.get<std::string>()}});
    }
  }
  for (const Json& expression : ListAt(*selector, {"matchExpressions"})) {
    LabelRequirement requirement{std::string(TextAt(expression, {"key"})),
                                 std::string(TextAt(expression, {"operator"}))};
    for (const Json& value : ListAt(expression, {"values"})) {
      if (value.is_string()) requirement.values.push_back(value.get<std::string>());
    }
    std::ranges::sort(requirement.values);
    read.requirements.push_back(std::move(requirement));
  }
  std::ranges::stable_sort(read.requirements, {}, &LabelRequirement::key);
  return read;
}

LabelSelector Both(const LabelSelector& one, const LabelSelector& other) {
  LabelSelector both = one;
  both.requirements.insert(both.requirements.end(), other.requirements.begin(), other.requirements.end());
  std::ranges::stable_sort(both.requirements, {}, &LabelRequirement::key);
  return both;
}

}  // namespace irsa::audit
