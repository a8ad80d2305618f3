// A service account's annotations under the prefix, in one piece of memory: most of what there is of tens of thousands
// of accounts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/json.h"
#include "irsa/identity/rules/annotations.h"

namespace irsa::identity {

class PackedAnnotations {
 public:
  PackedAnnotations() = default;
  // As bytes() gave them.
  explicit PackedAnnotations(std::string_view bytes) : bytes_(bytes) {}

  void Add(const Annotation& annotation);

  // In the order they were added; they point into this object.
  std::vector<Annotation> Unpack() const;

  // Empty when there are none.
  const std::string& bytes() const { return bytes_; }

  bool operator==(const PackedAnnotations&) const = default;

 private:
  std::string bytes_;
};

// Those of `object` whose key is under the prefix, in the keys' order. What is no string counts as empty.
PackedAnnotations AnnotationsUnder(std::string_view prefix, const base::Json& object);

}  // namespace irsa::identity
