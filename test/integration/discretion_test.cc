// The pod is never logged: nothing of what a review has in it is in the log or in the metrics, whatever it is answered.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/integration/apiserver_stand_in.h"
#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"

namespace irsa::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMark[] = "mark-of-a-secret";

json MarkedPod(std::string_view account) {
  const json variable = {{"name", "PASSWORD"}, {"value", kMark}};
  const json container = {{"name", kMark},
                          {"image", kMark},
                          {"args", json::array({kMark})},
                          {"env", json::array({variable})},
                          {"volumeMounts", json::array({{{"name", kMark}, {"mountPath", kMark}}})}};
  return {{"metadata",
           {{"name", kMark},
            {"labels", {{kMark, kMark}}},
            // Of both the answer warns, whose text has them.
            {"annotations", {{"eks.amazonaws.com/token-expiration", kMark}, {"eks.amazonaws.com/made-up", kMark}}}}},
          {"spec",
           {{"serviceAccountName", account},
            {"containers", json::array({container})},
            {"volumes", json::array({{{"name", kMark}}})}}}};
}

class Discretion : public ::testing::Test {
 protected:
  Discretion() { apiserver_.PutAccount("team-a", "my-app", kRoleArn); }

  // Looks once the process is over, so that all it ever wrote has arrived.
  void TearDown() override {
    EXPECT_THAT(serve_.Operations("/metrics"), Not(HasSubstr(kMark)));
    serve_.process().Signal(SIGTERM);
    EXPECT_EQ(serve_.process().Wait(), 0);
    EXPECT_THAT(serve_.process().err(), HasSubstr("\"msg\":\"ready\""));
    EXPECT_THAT(serve_.process().err(), Not(HasSubstr(kMark)));
  }

  RawAnswer Send(std::string_view review) { return Exchange(serve_.port(), MutateRequest(review)); }

  ApiserverStandIn apiserver_;
  ServeProcess serve_{
      {"--kube-api=" + apiserver_.Url(), "--log-level=debug", "--service-account-lookup-grace-period=10ms"}};
};

TEST_F(Discretion, OfAMutatedPod) {
  const json response = json::parse(Send(PodReview(MarkedPod("my-app")).dump()).body).at("response");
  EXPECT_TRUE(response.contains("patch"));
  EXPECT_THAT(response.at("warnings").dump(), HasSubstr(kMark));
}

TEST_F(Discretion, OfAMalformedReview) {
  std::string review = PodReview(MarkedPod("my-app")).dump();
  EXPECT_EQ(Send(std::string_view(review).substr(0, review.size() - 1)).status, 400);
  EXPECT_EQ(Send(review.insert(review.find(kMark), "\\x")).status, 400);
  serve_.WaitForLog("review rejected");
}

TEST_F(Discretion, OfAPodOfTheWrongShape) {
  json pod = MarkedPod("my-app");
  pod["spec"]["containers"][0]["env"] = kMark;
  const json response = json::parse(Send(PodReview(pod).dump()).body).at("response");
  EXPECT_EQ(response.at("allowed"), false);
  serve_.WaitForLog("review rejected");
}

TEST_F(Discretion, OfAPodWhoseIdentityCannotBeKnown) {
  apiserver_.AnswerWith(500);
  EXPECT_EQ(Send(PodReview(MarkedPod("unknown")).dump()).status, 503);
  serve_.WaitForLog("review rejected");
}

}  // namespace
}  // namespace irsa::testing
