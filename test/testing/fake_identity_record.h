// A record that exists only in the test.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/admission/identity_record.h"

namespace irsa::testing {

class FakeIdentityRecord final : public admission::IdentityRecord {
 public:
  std::optional<base::Error> error;  // what Write returns instead

  base::Status Write(std::string_view namespace_name, std::string_view service_account,
                     const mutation::Identity& identity, base::SteadyTime deadline) override {
    const std::lock_guard lock(mutex_);
    last_deadline_ = deadline;
    if (error) return *error;
    entries_[std::string(namespace_name).append("/").append(service_account)] = identity;
    return {};
  }

  // By "namespace/name".
  std::map<std::string, mutation::Identity> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  // Of the last Write; none before it.
  std::optional<base::SteadyTime> last_deadline() const {
    const std::lock_guard lock(mutex_);
    return last_deadline_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, mutation::Identity> entries_;  // guarded by mutex_, as is the next
  std::optional<base::SteadyTime> last_deadline_;
};

}  // namespace irsa::testing
