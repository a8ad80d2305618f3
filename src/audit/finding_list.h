// Findings as they come up, in an order that does not depend on when: by kind, then by object. What many pods of a
// controller have in common becomes one finding, so that 50,000 pods take no more room than their controllers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "irsa/audit/facts/finding.h"

namespace irsa::audit {

// Pods that a finding names; of the others it has the count.
inline constexpr size_t kNamedPods = 3;

class FindingList {
 public:
  void Add(const Finding& finding);
  void Add(const std::vector<Finding>& findings);
  // A finding about the workload of the pod with that name.
  void AddOfPod(const Finding& finding, std::string_view pod);

  std::vector<Finding> Take();

 private:
  using Key = std::tuple<FindingKind, std::string, std::string, std::string, std::string>;
  static Key KeyOf(const Finding& finding);

  std::map<Key, Finding> findings_;
};

}  // namespace irsa::audit
