#include "irsa/cli/pod_scan_service.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_identity_source.h"
#include "test/testing/fake_log.h"

namespace irsa::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNone = R"({"metadata":{"resourceVersion":"1"},"items":[]})";

class PodScanServiceTest : public ::testing::Test {
 protected:
  // Returns when a scan waits for an answer that is not in the script.
  void Run() {
    PodScanService service({server_, identities_, clock_, log_, metrics_, [] { return true; }}, {});
    server_.WaitUntilIdle();
  }

  testing::FakeClock clock_;
  testing::FakeLog log_;
  testing::FakeIdentitySource identities_;
  telemetry::Metrics metrics_{{}, "1"};
  kube::ScriptedApiServer server_;
};

TEST_F(PodScanServiceTest, AsksForAccountsThenPodsAndEndsAtOnce) {
  server_.Add(kube::Answer(200, kNone));
  Run();
  EXPECT_EQ(server_.requests(),
            (std::vector<std::string>{"GET /api/v1/serviceaccounts?limit=100", "GET /api/v1/pods?limit=100"}));
  EXPECT_EQ(log_.Lines(), std::vector<std::string>()) << "an end is no failure";
}

TEST_F(PodScanServiceTest, CountsInTheMetrics) {
  identities_.accounts["team-a/app"].identity =
      mutation::Identity{"arn:aws:iam::111122223333:role/app", "sts.amazonaws.com", std::chrono::seconds(86400), false};
  server_.Add(kube::Answer(200, kNone));
  server_.Add(kube::Answer(200, R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"namespace":"team-a",
      "name":"web","uid":"u","resourceVersion":"1"},"spec":{"serviceAccountName":"app","containers":[{"name":"app"}]}}]})"));
  server_.Add(kube::Answer(404));  // the account
  std::promise<void> told;
  server_.Add([&told](const kube::ApiRequest&) {
    told.set_value();
    return kube::ApiAnswer{201, "{}", {}};
  });
  {
    const PodScanService service({server_, identities_, clock_, log_, metrics_, [] { return true; }}, {});
    told.get_future().wait();
  }
  EXPECT_THAT(metrics_.Render(), HasSubstr("irsa_unidentified_pods{namespace=\"team-a\"} 1\n"));
}

}  // namespace
}  // namespace irsa::cli
