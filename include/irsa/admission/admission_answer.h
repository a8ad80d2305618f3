// The result of a review.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/warning.h"

namespace irsa::admission {

enum class Outcome {
  kMutated,      // the answer carries a patch
  kUnchanged,    // has an identity, and everything already
  kNoIdentity,   // its service account has no role
  kOutOfScope,   // a mirror pod, or not what the path is for
  kAdvised,      // a service account or a workload that was looked at, for warnings only
  kRefused,      // the object has the wrong shape: allowed is false
  kMalformed,    // not an AdmissionReview: HTTP 400
  kUnavailable,  // the identity cannot be known now: HTTP 503, or for a workload, no warnings
  kError,        // a bug: HTTP 500, which the server answers when a handler throws
};

// "mutated", …, in their order: the metric's labels and the audit annotation's values.
inline constexpr auto kOutcomeNames = std::to_array<std::string_view>(
    {"mutated", "unchanged", "no-identity", "out-of-scope", "advised", "refused", "malformed", "unavailable", "error"});
static_assert(kOutcomeNames.size() == static_cast<size_t>(Outcome::kError) + 1);

inline std::string_view OutcomeName(Outcome outcome) { return kOutcomeNames[static_cast<size_t>(outcome)]; }

struct AdmissionAnswer {
  int http_status = 200;
  std::string body = {};  // a review in JSON with status 200, else one sentence of plain text
  Outcome outcome = Outcome::kOutOfScope;
  std::string reason = {};                             // why it is kRefused, kMalformed or kUnavailable: for the log
  std::vector<identity::WarningReason> warnings = {};  // of what the answer warns, and also where nobody would read it
  // Whom it is about, for the log; empty where that could not be read.
  std::string uid = {};
  std::string namespace_name = {};
  std::string account = {};  // of a pod
};

}  // namespace irsa::admission
