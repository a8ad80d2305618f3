#include "irsa/serve/policy_support.h"

#include <chrono>
#include <future>
#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using ::testing::HasSubstr;

class PolicySupportTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeLog log_;
  kube::ScriptedApiServer server_;
  std::stop_source stop_;
  PolicySupport support_{server_, clock_, log_, stop_.get_token()};
};

TEST_F(PolicySupportTest, IsReadyWhenThePolicyIsServedAndAsksNoMore) {
  EXPECT_EQ(support_.CheckReady().error().code, ErrorCode::kUnavailable);
  server_.Add(kube::Answer(200, R"({"gitVersion": "v1.36.3"})"));
  server_.Add(kube::Answer(200, R"({"resources": [{"name": "mutatingadmissionpolicies"}]})"));
  EXPECT_TRUE(support_.Look().ok());
  EXPECT_TRUE(support_.Look().ok());
  EXPECT_TRUE(support_.CheckReady().ok());
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(PolicySupportTest, NamesTheVersionThatIsTooOldOnce) {
  for (int i = 0; i < 3; ++i) {
    server_.Add(kube::Answer(200, R"({"gitVersion": "v1.35.0"})"));
    for (int version = 0; version < 3; ++version) server_.Add(kube::Answer(200, "{}"));
  }
  support_.Poll();
  support_.Poll();
  EXPECT_EQ(support_.CheckReady().error().code, ErrorCode::kInvalid);
  EXPECT_EQ(log_.Lines().size(), 1U);
  const Status status = support_.Look();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(status.error().message, HasSubstr("kube-apiserver v1.35.0 serves no MutatingAdmissionPolicy v1"));
}

TEST_F(PolicySupportTest, WaitsForAnApiserverThatDoesNotAnswer) {
  server_.Add(kube::Fail({ErrorCode::kUnavailable, "connection refused"}));
  EXPECT_EQ(support_.Look().error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(support_.CheckReady().error().message, HasSubstr("connection refused"));
}

TEST_F(PolicySupportTest, IsNotHeldUpByAnApiserverThatHangsWhenToldToStop) {
  auto looked = std::async(std::launch::async, [this] { return support_.Look(); });
  server_.WaitUntilIdle();
  stop_.request_stop();
  EXPECT_EQ(looked.wait_for(std::chrono::minutes(1)), std::future_status::ready);
  server_.Add(kube::Fail({ErrorCode::kInternal, "it was held up"}));
  EXPECT_EQ(looked.get().error().code, ErrorCode::kUnavailable);
}

TEST_F(PolicySupportTest, GoesOnWithAWarningWhereItMayNotAsk) {
  server_.Add(kube::Answer(403, R"({"message": "forbidden"})"));
  EXPECT_TRUE(support_.Look().ok());
  EXPECT_EQ(log_.Lines().size(), 1U);
}

}  // namespace
}  // namespace irsa::serve
