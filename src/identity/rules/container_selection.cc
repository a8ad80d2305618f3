#include "irsa/identity/rules/container_selection.h"

namespace irsa::identity {

ContainerSelection::ContainerSelection(const ContainerNames& account, const ContainerNames& pod) {
  included_.Fill(account.included, pod.included);
  skipped_.Fill(account.skipped, pod.skipped);
}

void ContainerSelection::List::Fill(const std::optional<std::vector<std::string>>& account,
                                    const std::optional<std::vector<std::string>>& pod) {
  const auto& given = pod ? pod : account;
  if (!given) return;
  is_given = true;
  is_of_pod = pod.has_value();
  for (const std::string& name : *given) names.emplace(name, false);
}

bool ContainerSelection::List::Has(std::string_view container) {
  if (names.empty()) return false;
  const auto found = names.find(container);
  if (found == names.end()) return false;
  found->second = true;
  return true;
}

bool ContainerSelection::Takes(std::string_view container) {
  const bool is_included = included_.Has(container) || !included_.is_given;
  const bool is_skipped = skipped_.Has(container);
  return is_included && !is_skipped;
}

}  // namespace irsa::identity
