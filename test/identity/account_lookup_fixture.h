// An AccountLookup against a scripted apiserver, with a clock that a test moves.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "irsa/identity/sources/account_lookup.h"

#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"

namespace irsa::identity {

class AccountLookupTest : public ::testing::Test {
 protected:
  static constexpr AccountName kApp{"team-a", "app"};
  static inline const AnnotatedObjects kObjects{kServiceAccountKind, "p"};
  static constexpr char kGetApp[] = "GET /api/v1/namespaces/team-a/serviceaccounts/app";
  static constexpr std::chrono::hours kPatient{1};  // for what comes without being waited for

  static std::string AccountText(std::string_view value, int version = 7) {
    return R"({"kind":"ServiceAccount","metadata":{"namespace":"team-a","name":"app","resourceVersion":")" +
           std::to_string(version) + R"(","annotations":{"other/x":"y","p/role-arn":")" + std::string(value) + "\"}}}";
  }

  static PackedAnnotations Value(std::string_view value) { return PackedAnnotations::Pack({{"p/role-arn", value}}); }

  AccountLookupTest() {
    options_.grace_period = kPatient;
    options_.miss_wait = kPatient;
  }

  // Made at first use: change the options before.
  AccountLookup& lookup() {
    if (lookup_ == nullptr) lookup_ = std::make_unique<AccountLookup>(server_, store_, clock_, kObjects, options_);
    return *lookup_;
  }

  // The value of the annotation, "-" for an account that does not exist, or the error's message.
  std::string Find(const AccountName& name = kApp, bool may_trust_misses = true,
                   std::chrono::milliseconds patience = kPatient) {
    const auto found = lookup().Find(name, clock_.SteadyNow() + patience, may_trust_misses);
    if (!found.ok()) return found.error().message;
    return *found ? std::string((*found)->Unpack().at(0).value) : "-";
  }
  std::string FindNow(const AccountName& name = kApp) { return Find(name, true, std::chrono::milliseconds(0)); }
  std::future<std::string> FindLater(const AccountName& name = kApp) {
    lookup();
    return std::async(std::launch::async, [this, name] { return Find(name); });
  }

  // As the watch does it.
  void Appear(std::string_view value, uint64_t version = 9) {
    store_.Put(kApp, version, Value(value));
    lookup().NoteAppearance(kApp);
  }

  irsa::testing::FakeClock clock_;
  kube::ScriptedApiServer server_;
  AccountStore store_;
  LookupOptions options_;
  std::unique_ptr<AccountLookup> lookup_;  // last: it uses the others
};

}  // namespace irsa::identity
