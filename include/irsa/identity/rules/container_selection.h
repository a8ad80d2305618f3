// Which containers of a pod get its identity: those that include-containers names, or else all, but for those that
// skip-containers names.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/annotations.h"

namespace irsa::identity {

// Anything over these limits is an annotation that Kubernetes would not store, or names more containers than a pod may
// have. Clients that create pods can still send it, and each name costs many times its bytes.
inline constexpr size_t kMaxSkipContainersBytes = 256 << 10;  // Kubernetes's limit on all annotations together
inline constexpr size_t kMaxSkipContainersNames = 2000;

struct SkipContainers {
  std::vector<std::string> names;
  bool has_more_records = false;  // which are ignored

  bool operator==(const SkipContainers&) const = default;
};

// The fields of the first CSV record in `text` (RFC 4180; where that is silent, as Go's encoding/csv reads it: empty
// lines before the record are skipped, fields are not trimmed, a line break within quotes becomes \n). Nothing when
// there is no record, a quote stands in an unquoted field or behind a quoted one, or quotes do not end, nor for
// what is over a limit above. Of what follows the record, only whether there is anything but empty lines.
std::optional<SkipContainers> ParseSkipContainers(std::string_view text);

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
