// Identities that exist only in the test.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "irsa/identity/sources/identity_source.h"

namespace irsa::testing {

class FakeIdentitySource final : public identity::IdentitySource {
 public:
  // By "namespace/name"; an account that is not there is one without annotations. Filled before the first Find.
  std::map<std::string, identity::AccountIdentity> accounts;
  std::optional<Error> error;  // what Find returns instead

  Result<identity::ResolvedAccount> Find(const identity::AccountName& name, base::SteadyTime deadline) override {
    const std::string key = std::string(name.namespace_name).append("/").append(name.service_account);
    {
      const std::lock_guard lock(mutex_);
      queries_.push_back(key);
      last_deadline_ = deadline;
    }
    if (error) return *error;
    const auto account = accounts.find(key);
    if (account == accounts.end()) return identity::ResolvedAccount();
    return std::make_shared<const identity::AccountIdentity>(account->second);
  }

  // What was asked for, in order.
  std::vector<std::string> queries() const {
    const std::lock_guard lock(mutex_);
    return queries_;
  }
  base::SteadyTime last_deadline() const {
    const std::lock_guard lock(mutex_);
    return last_deadline_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> queries_;  // guarded by mutex_
  base::SteadyTime last_deadline_;    // guarded by mutex_
};

}  // namespace irsa::testing
