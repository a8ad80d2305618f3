// From the review of a service account to its answer: the whole of /validate but for HTTP (docs/design.md section 8).
#pragma once

#include <memory>
#include <string>

#include "irsa/admission/admission_answer.h"
#include "irsa/admission/identity_record.h"
#include "irsa/admission/review_reader.h"
#include "irsa/base/clock.h"
#include "irsa/mutation/identity.h"
#include "irsa/mutation/settings.h"

namespace irsa::admission {

class ReaderPool;

// An account that has a role is admitted only when the record says so: whoever looks for its pods knows of it before
// the first one can exist. The record never runs behind, so taking entries out of it is not for this place: an account
// that loses its role, or goes, is admitted as it is, and the leader removes the entry once it has happened. What the
// annotations get wrong becomes warnings.
//
// May be called from any thread at once.
class AccountHandler {
 public:
  // `record` outlives the handler.
  AccountHandler(mutation::Settings settings, IdentityRecord& record);
  ~AccountHandler();
  AccountHandler(const AccountHandler&) = delete;
  AccountHandler& operator=(const AccountHandler&) = delete;

  // Answers by `deadline` or soon after. `review` may get more capacity (see ReviewReader), and is empty after a write:
  // nothing large is held while the apiserver is waited for. Throws only for bugs, and when memory ends.
  AdmissionAnswer Handle(std::string& review, base::SteadyTime deadline) const;

 private:
  struct Change;
  AdmissionAnswer Record(const Change& change, base::SteadyTime deadline) const;

  const mutation::Settings settings_;
  IdentityRecord& record_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace irsa::admission
