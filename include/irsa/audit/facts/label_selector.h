// Label selectors, as webhooks and policies choose namespaces and objects by them.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/json.h"

namespace irsa::audit {

using Labels = std::map<std::string, std::string, std::less<>>;

// metadata.labels of an object; empty when there are none.
Labels ReadLabels(const base::Json& object);

struct LabelRequirement {
  std::string key;
  std::string comparison;  // "In", "NotIn", "Exists", "DoesNotExist"; anything else is never met
  std::vector<std::string> values = {};

  bool IsMet(const Labels& labels) const;
  // "environment In (production, test)", as kubectl describe writes it.
  std::string Text() const;

  bool operator==(const LabelRequirement&) const = default;
};

struct LabelSelector {
  std::vector<LabelRequirement> requirements = {};  // in no order that matters; sorted by key

  // Null when all are met.
  const LabelRequirement* FirstUnmet(const Labels& labels) const;
  bool Matches(const Labels& labels) const { return FirstUnmet(labels) == nullptr; }

  bool operator==(const LabelSelector&) const = default;
};

// matchLabels and matchExpressions of `selector`; one that is null or empty selects everything.
LabelSelector ReadLabelSelector(const base::Json* selector);

// What meets both.
LabelSelector Both(const LabelSelector& one, const LabelSelector& other);

}  // namespace irsa::audit
