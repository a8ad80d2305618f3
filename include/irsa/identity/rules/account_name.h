// Which service account.
#pragma once

#include <string_view>

namespace irsa::identity {

// Points to text that outlives it.
struct AccountName {
  std::string_view namespace_name;
  std::string_view service_account;

  bool operator==(const AccountName&) const = default;
};

}  // namespace irsa::identity
