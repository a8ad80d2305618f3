#include "irsa/audit/facts/label_selector.h"

#include <algorithm>

#include "json_fields.h"

namespace irsa::audit {
namespace {

void Sort(std::vector<LabelRequirement>& requirements) {
  std::stable_sort(requirements.begin(), requirements.end(),
                   [](const LabelRequirement& a, const LabelRequirement& b) { return a.key < b.key; });
}

}  // namespace

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
  std::string text = key + " " + comparison;
  if (values.empty()) return text;
  for (const std::string& value : values) text.append(&value == &values.front() ? " (" : ", ").append(value);
  return text + ")";
}

const LabelRequirement* LabelSelector::FirstUnmet(const Labels& labels) const {
  const auto unmet = std::find_if(requirements.begin(), requirements.end(),
                                  [&labels](const LabelRequirement& each) { return !each.IsMet(labels); });
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
    std::sort(requirement.values.begin(), requirement.values.end());
    read.requirements.push_back(std::move(requirement));
  }
  Sort(read.requirements);
  return read;
}

LabelSelector Both(const LabelSelector& one, const LabelSelector& other) {
  LabelSelector both = one;
  both.requirements.insert(both.requirements.end(), other.requirements.begin(), other.requirements.end());
  Sort(both.requirements);
  return both;
}

}  // namespace irsa::audit
