// Two replicas before one apiserver.
#pragma once

#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "test/serve/replica.h"

namespace irsa::serve {

inline constexpr std::chrono::hours kDay{24};

class SharedCertificateTest : public ::testing::Test {
 protected:
  SharedCertificateTest() { api_.Put(kConfigurationPath, FreshConfiguration()); }

  // Both replicas serve what the Secret holds, and the apiserver trusts it.
  void ExpectAgreement() {
    for (const Replica* replica : {&a_, &b_}) {
      EXPECT_EQ(replica->Served(), SecretText(api_, "tls.crt"));
      EXPECT_TRUE(IsTrusted(*replica, api_));
      EXPECT_TRUE(replica->certificate.CheckReady().ok());
    }
  }

  void Begin() {
    ASSERT_EQ(a_.Poll(), "changed");
    ASSERT_EQ(b_.Poll(), "changed");
    clock_.Advance(std::chrono::seconds(60));
  }

  // Refuses what `refuses` says, until it is called with something else.
  void Refuse(std::function<bool(const kube::ApiRequest&)> refuses, kube::ApiAnswer answer) {
    api_.before = [refuses = std::move(refuses), answer = std::move(answer)](
                      const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
      if (refuses(request)) return answer;
      return std::nullopt;
    };
  }

  kube::FakeObjectStore api_;
  testing::FakeClock clock_;
  Replica a_{api_, clock_};
  Replica b_{api_, clock_};
};

}  // namespace irsa::serve
