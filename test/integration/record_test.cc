// `irsa serve --identity-record` and `irsa controller` as processes: what reviews of service accounts and workloads are
// answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/integration/apiserver_stand_in.h"
#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"

namespace irsa::testing {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

json AccountReview() {
  return ReviewOf({{"group", ""}, {"version", "v1"}, {"resource", "serviceaccounts"}},
                  {{"metadata", {{"name", "app"}, {"annotations", {{"eks.amazonaws.com/role-arn", kRoleArn}}}}}});
}

TEST(IdentityRecord, IsKeptOnlyWhenToldTo) {
  const ServeProcess serve;
  EXPECT_EQ(Post(serve.port(), "/validate?timeout=2s", AccountReview()).status, 404);
}

TEST(IdentityRecord, RefusesAnAccountWithTheApiserversReason) {
  ApiserverStandIn apiserver;
  ServeProcess serve({"--kube-api=" + apiserver.Url(), "--identity-record"});
  apiserver.AnswerWith(403);
  const RawAnswer answer = Post(serve.port(), "/validate?timeout=5s", AccountReview());
  ASSERT_EQ(answer.status, 200);
  const json response = json::parse(answer.body).at("response");
  EXPECT_EQ(response.at("allowed"), false);
  EXPECT_EQ(response.at("status").at("code"), 403);
  EXPECT_EQ(response.at("status").at("message"),
            "the role of service account team-a/app cannot be recorded: the record of namespace team-a: change it: the "
            "apiserver answered 403: told to");
  EXPECT_THAT(apiserver.requests(),
              Contains(StartsWith("PATCH /apis/irsa.dev/v1alpha1/namespaces/team-a/identitymaps/identities?")));
  EXPECT_EQ(serve.Metric("irsa_admission_requests_total{outcome=\"not-recorded\"}"), 1);
  serve.WaitForLog("review not answered as asked");
}

TEST(IdentityRecord, AnswersInTimeWhenTheApiserverDoesNot) {
  ApiserverStandIn apiserver;
  const ServeProcess serve({"--kube-api=" + apiserver.Url(), "--identity-record"});
  apiserver.AnswerWith(503);
  const RawAnswer answer = Post(serve.port(), "/validate?timeout=1s", AccountReview());
  ASSERT_EQ(answer.status, 200);
  const json response = json::parse(answer.body).at("response");
  EXPECT_EQ(response.at("allowed"), false);
  EXPECT_EQ(response.at("status").at("code"), 503);
}

TEST(IdentityRecord, ADryRunAsksNobody) {
  ApiserverStandIn apiserver;
  const ServeProcess serve({"--kube-api=" + apiserver.Url(), "--identity-record"});
  apiserver.AnswerWith(403);
  json review = AccountReview();
  review["request"]["dryRun"] = true;
  EXPECT_EQ(json::parse(Post(serve.port(), "/validate?timeout=2s", review).body).at("response").at("allowed"), true);
}

TEST(Warn, SaysWhatAWorkloadsPodsWillRunAs) {
  const ServeProcess serve;
  const RawAnswer answer = Post(serve.port(), "/warn?timeout=2s", JobReview("my-app"));
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body).at("response").at("warnings"),
            json::array({"will run as " + std::string(kRoleArn)}));
  EXPECT_EQ(serve.Metric("irsa_admission_requests_total{outcome=\"advised\"}"), 1);
}

TEST(Controller, KeepsTheRecordAndMutatesNothing) {
  ApiserverStandIn apiserver;
  ServeProcess controller({"--kube-api=" + apiserver.Url()}, "ready", "controller");
  EXPECT_EQ(Post(controller.port(), "/mutate?timeout=5s", JobReview("my-app")).status, 404);
  EXPECT_EQ(Post(controller.port(), "/warn?timeout=5s", JobReview("my-app")).status, 200);
  EXPECT_EQ(Exchange(controller.port(), HttpRequest("GET", "/healthz", "", "")).status, 200);
  apiserver.AnswerWith(403);
  const RawAnswer answer = Post(controller.port(), "/validate?timeout=5s", AccountReview());
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body).at("response").at("status").at("code"), 403);
}

TEST(Controller, RefusesAClusterWithoutThePolicysKind) {
  ApiserverStandIn apiserver;
  apiserver.SetVersion("v1.35.2", false);
  const TemporaryDirectory directory;
  MakeCertificates(directory.Path("certs"));
  const ProcessResult result =
      RunProcess({IRSA_BINARY, "controller", "--kube-api=" + apiserver.Url(),
                  "--tls-cert=" + directory.Path("certs/tls.crt"), "--tls-key=" + directory.Path("certs/tls.key")});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("irsa controller: kube-apiserver v1.35.2 serves no MutatingAdmissionPolicy v1"));
  EXPECT_THAT(result.err, HasSubstr("run irsa serve with its webhook instead"));
}

TEST(Controller, NeedsACluster) {
  for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--service-accounts=accounts.yaml"}}) {
    std::vector<std::string> command = {IRSA_BINARY, "controller"};
    command.insert(command.end(), flags.begin(), flags.end());
    const ProcessResult result = RunProcess(command);
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_THAT(result.err, StartsWith("irsa controller: the record of identities is kept in a cluster: give "));
  }
}

}  // namespace
}  // namespace irsa::testing
