// Turns the review of a service account into warnings for the user who applies it: all of /validate except HTTP.
//
// Nothing else reports a misspelled annotation before the account's first pod runs without its role.
#pragma once

#include <memory>
#include <string>

#include "irsa/admission/admission_answer.h"
#include "irsa/base/clock.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::admission {

class ReaderPool;

// For the CREATE and UPDATE of v1 ServiceAccounts. Never changes or refuses anything, and sends no requests: an invalid
// account is left for the API to refuse. kUnavailable only for a large review that cannot be read in time.
//
// May be called from any thread at once.
class AccountHandler {
 public:
  explicit AccountHandler(identity::Settings settings);
  ~AccountHandler();
  AccountHandler(const AccountHandler&) = delete;
  AccountHandler& operator=(const AccountHandler&) = delete;

  // Answers by `deadline` or soon after. `review` may get more capacity (see ReviewReader). Throws only for bugs, and
  // when memory ends.
  AdmissionAnswer Handle(std::string& review, base::SteadyTime deadline) const;

 private:
  const identity::Settings settings_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace irsa::admission
