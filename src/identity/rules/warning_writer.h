// The warnings of one mutation, of which a pod may deserve more than an answer has room for.
#pragma once

#include <cstddef>

#include "irsa/identity/rules/pod_mutator.h"
#include "irsa/identity/rules/warning.h"

#include "fitting.h"

namespace irsa::identity {

// Writes warnings for as long as there is room in an answer, the one that goes over it included: by it the answer's
// writer knows that some are missing.
class WarningWriter {
 public:
  explicit WarningWriter(Mutation& result) : result_(result) {}

  // `make` returns the text; not called when that would only be counted.
  template <typename MakeText>
  void Add(WarningReason reason, const MakeText& make) {
    if (bytes_ > kMaxWarningBytes) {
      result_.untold.push_back(reason);
      return;
    }
    result_.warnings.push_back({reason, make()});
    bytes_ += result_.warnings.back().text.size();
  }

  void Add(WarningReason reason, TextParts parts) {
    Add(reason, [parts] { return TextOf(parts); });
  }

 private:
  Mutation& result_;
  size_t bytes_ = 0;
};

}  // namespace irsa::identity
