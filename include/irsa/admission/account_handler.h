// From the review of a service account to warnings for whoever applies it: the whole of /validate but for HTTP.
//
// A misspelt annotation shows nowhere else before the account's first pod runs without its role.
#pragma once

#include <memory>
#include <string>

#include "irsa/admission/admission_answer.h"
#include "irsa/base/clock.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::admission {

class ReaderPool;

// For the CREATE and UPDATE of v1 ServiceAccounts. Never changes or refuses anything, and asks nobody: an object that
// is no account is for the API to refuse. Only a large review whose turn to be read does not come is kUnavailable.
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
