#include "irsa/audit/finding_list.h"

#include <utility>

namespace irsa::audit {

FindingList::Key FindingList::KeyOf(const Finding& finding) {
  const ObjectName& object = finding.object;
  return {finding.kind, object.namespace_name, object.kind, object.name, finding.what};
}

void FindingList::Add(Finding finding) {
  Key key = KeyOf(finding);
  findings_.try_emplace(std::move(key), std::move(finding));
}

void FindingList::Add(std::vector<Finding> findings) {
  for (Finding& finding : findings) Add(std::move(finding));
}

void FindingList::AddOfPod(Finding finding, std::string_view pod) {
  Key key = KeyOf(finding);
  Finding& kept = findings_.try_emplace(std::move(key), std::move(finding)).first->second;
  ++kept.pod_count;
  if (kept.pods.size() < kNamedPods) kept.pods.emplace_back(pod);
}

std::vector<Finding> FindingList::Take() {
  std::vector<Finding> taken;
  taken.reserve(findings_.size());
  for (auto& [key, finding] : findings_) taken.push_back(std::move(finding));
  findings_.clear();
  return taken;
}

}  // namespace irsa::audit
