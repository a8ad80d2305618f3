// From an AdmissionReview to its answer: the whole of the webhook but for HTTP.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/admission/identity_source.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/mutation/settings.h"
#include "irsa/mutation/warning.h"

namespace irsa::admission {

enum class Outcome {
  kMutated,      // the answer carries a patch
  kUnchanged,    // has an identity, and everything already
  kNoIdentity,   // its service account has no role
  kOutOfScope,   // a mirror pod, or not the CREATE of a pod
  kRefused,      // the pod has the wrong shape: allowed is false
  kMalformed,    // not an AdmissionReview: HTTP 400
  kUnavailable,  // the identity cannot be known now: HTTP 503
  kError,        // a bug: HTTP 500, which the server answers when Handle throws
};

inline constexpr std::array kAllOutcomes = {Outcome::kMutated,     Outcome::kUnchanged, Outcome::kNoIdentity,
                                            Outcome::kOutOfScope,  Outcome::kRefused,   Outcome::kMalformed,
                                            Outcome::kUnavailable, Outcome::kError};

// "mutated", …: the metric label and the audit annotation's value.
std::string_view OutcomeName(Outcome outcome);

struct AdmissionAnswer {
  int http_status = 200;
  std::string body = {};  // a review in JSON with status 200, else one sentence of plain text
  Outcome outcome = Outcome::kOutOfScope;
  std::string reason = {};                             // why it is kRefused, kMalformed or kUnavailable: for the log
  std::vector<mutation::WarningReason> warnings = {};  // of what the answer warns, and also where nobody would read it
};

class ReaderPool;

// May be called from any thread at once.
class AdmissionHandler {
 public:
  // `identities` outlives the handler.
  AdmissionHandler(mutation::Settings settings, IdentitySource& identities);
  ~AdmissionHandler();
  AdmissionHandler(const AdmissionHandler&) = delete;
  AdmissionHandler& operator=(const AdmissionHandler&) = delete;

  // Answers by `deadline` or soon after. `review` may get more capacity (see ReviewReader). Throws only for bugs, and
  // when memory ends.
  AdmissionAnswer Handle(std::string& review, base::SteadyTime deadline) const;

 private:
  struct Verdict;
  base::Result<Verdict> Decide(const AdmissionRequest& request, ReviewReader& reader, base::SteadyTime deadline) const;

  mutation::Settings settings_;
  IdentitySource& identities_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace irsa::admission
