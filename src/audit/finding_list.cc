#include "finding_list.h"

#include <utility>

namespace irsa::audit {

FindingList::Key FindingList::KeyOf(const Finding& finding) {
  const ObjectName& object = finding.object;
  return {finding.kind, object.namespace_name, object.kind, object.name, finding.what};
}

void FindingList::Add(const Finding& finding) { findings_.try_emplace(KeyOf(finding), finding); }

void FindingList::Add(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) Add(finding);
}

void FindingList::AddOfPod(const Finding& finding, std::string_view pod) {
  Finding& kept = findings_.try_emplace(KeyOf(finding), finding).first->second;
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
