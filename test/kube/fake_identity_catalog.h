// A catalog of identities as a test says them.
#pragma once

#include <optional>
#include <string>

#include "irsa/kube/identity_catalog.h"

namespace irsa::kube {

class FakeIdentityCatalog final : public IdentityCatalog {
 public:
  base::Status Ready() const override { return ready; }
  uint64_t changes() const override { return changes_; }
  RecordedCluster List() override {
    ++lists;
    return listed_;
  }
  base::Result<std::optional<RecordedIdentity>> Ask(std::string_view namespace_name, std::string_view service_account,
                                                    base::SteadyTime, const std::stop_token&) override {
    ++asked;
    if (failure) return *failure;
    const RecordedCluster& now = at_the_apiserver ? *at_the_apiserver : listed_;
    const auto found = now.find(namespace_name);
    if (found == now.end()) return std::optional<RecordedIdentity>();
    const auto account = found->second.find(service_account);
    return account == found->second.end() ? std::nullopt : std::optional(account->second);
  }

  void Set(RecordedCluster listed) {
    listed_ = std::move(listed);
    ++changes_;
  }

  base::Status ready;
  std::optional<RecordedCluster> at_the_apiserver;  // where the watch is behind
  std::optional<base::Error> failure;               // of asking
  int lists = 0;
  int asked = 0;

 private:
  RecordedCluster listed_;
  uint64_t changes_ = 0;
};

}  // namespace irsa::kube
