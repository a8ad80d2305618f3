// The pod annotation that names containers to leave alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace irsa::identity
