// The result of a review, from any handler.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/warning.h"

namespace irsa::admission {

enum class Outcome {
  kMutated,      // the answer carries a patch
  kUnchanged,    // has an identity, and everything already
  kNoIdentity,   // its service account has no role
  kOutOfScope,   // a mirror pod, or not what this handler is for
  kAdvised,      // a service account or a workload that was looked at, for warnings only
  kRefused,      // the object has the wrong shape: allowed is false
  kMalformed,    // not an AdmissionReview: HTTP 400
  kUnavailable,  // the identity cannot be known now: HTTP 503, or for a workload, no warnings
  kError,        // a bug: HTTP 500, which the server answers when a handler throws
};

inline constexpr std::array kAllOutcomes = {Outcome::kMutated,    Outcome::kUnchanged,   Outcome::kNoIdentity,
                                            Outcome::kOutOfScope, Outcome::kAdvised,     Outcome::kRefused,
                                            Outcome::kMalformed,  Outcome::kUnavailable, Outcome::kError};

// "mutated", …: the metric label and the audit annotation's value.
std::string_view OutcomeName(Outcome outcome);

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
