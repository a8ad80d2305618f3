// Which containers of a pod get its identity: those that include-containers names, or else all, but for those that
// skip-containers names.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/annotations.h"

namespace irsa::identity {

// The two lists as an account or a pod gives them; nothing: it does not.
struct ContainerNames {
  std::optional<std::vector<std::string>> included = {};
  std::optional<std::vector<std::string>> skipped = {};

  bool operator==(const ContainerNames&) const = default;
};

// For one pod, by one thread.
class ContainerSelection {
 public:
  // Of each list the pod's counts, or else the account's.
  ContainerSelection(const ContainerNames& account, const ContainerNames& pod);

  // Whether the container of that name gets the identity. Remembers that there is one.
  bool Takes(std::string_view container);

  // Calls `take` (annotation name, container name) for each name in the pod's own lists that was never asked about.
  template <typename TakeName>
  void ForEachUnmatched(const TakeName& take) const;

  // Whether include-containers was given, by the account or the pod.
  bool names_included() const { return included_.is_given; }

 private:
  struct List {
    bool is_given = false;
    bool is_of_pod = false;
    // Name to whether a container has it. A map, because whoever may create pods could make both lists long.
    std::map<std::string, bool, std::less<>> names = {};

    void Fill(const std::optional<std::vector<std::string>>& account,
              const std::optional<std::vector<std::string>>& pod);
    bool Has(std::string_view container);
  };

  List included_;
  List skipped_;
};

template <typename TakeName>
void ContainerSelection::ForEachUnmatched(const TakeName& take) const {
  for (const List* list : {&included_, &skipped_}) {
    if (!list->is_of_pod) continue;
    for (const auto& [name, is_matched] : list->names) {
      if (!is_matched) take(list == &included_ ? kIncludeContainersAnnotation : kSkipContainersAnnotation, name);
    }
  }
}

}  // namespace irsa::identity
