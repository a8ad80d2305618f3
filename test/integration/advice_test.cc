// What people read of irsa as processes beside the mutation: warnings on service accounts and workloads, by `irsa
// serve` and by `irsa controller`, which has nothing else to answer.
#include <algorithm>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/integration/apiserver_stand_in.h"
#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"
#include "test/testing/await.h"

namespace irsa::testing {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kReportsPods = "irsa_leader";

json MisspeltAccountReview() {
  return ReviewOf({{"group", ""}, {"version", "v1"}, {"resource", "serviceaccounts"}},
                  {{"metadata", {{"name", "app"}, {"annotations", {{"eks.amazonaws.com/role-arm", kRoleArn}}}}}});
}

json ResponseTo(const json& review, const ServeProcess& serve, std::string_view path) {
  const RawAnswer answer = Post(serve.port(), path, review);
  EXPECT_EQ(answer.status, 200) << answer.body;
  return json::parse(answer.body).at("response");
}

void ExpectWarningAboutTheAccount(const ServeProcess& serve) {
  const json response = ResponseTo(MisspeltAccountReview(), serve, "/validate?timeout=2s");
  EXPECT_EQ(response.at("allowed"), true);
  EXPECT_THAT(response.at("warnings").at(0).get<std::string>(), HasSubstr("did you mean role-arn?"));
}

TEST(Validate, WarnsOfAnAccountsAnnotationsWithoutAskingAnybody) {
  const ServeProcess serve;
  ExpectWarningAboutTheAccount(serve);
  EXPECT_EQ(serve.Metric("irsa_admission_requests_total{outcome=\"advised\"}"), 1);
  EXPECT_EQ(Post(serve.port(), "/validate?timeout=2s", "no review").status, 400);
}

TEST(Validate, AnswersWhileTheApiserverDoesNot) {
  ApiserverStandIn apiserver;
  const ServeProcess serve({"--kube-api=" + apiserver.Url()});
  apiserver.AnswerWith(503);
  ExpectWarningAboutTheAccount(serve);
  // Only the list and the watch of all accounts go on.
  EXPECT_THAT(apiserver.requests(),
              Each(AnyOf(StartsWith("GET /api/v1/serviceaccounts?"), StartsWith("GET /version"))));
}

TEST(Warn, SaysWhatAWorkloadsPodsWillRunAs) {
  const ServeProcess serve;
  EXPECT_EQ(ResponseTo(JobReview("my-app"), serve, "/warn?timeout=2s").at("warnings"),
            json::array({"will run as " + std::string(kRoleArn)}));
  EXPECT_EQ(serve.Metric("irsa_admission_requests_total{outcome=\"advised\"}"), 1);
}

TEST(ReportPods, LeadsByALeaseAndLooksAtThePods) {
  ApiserverStandIn apiserver;
  ServeProcess serve({"--kube-api=" + apiserver.Url(), "--report-pods", "--namespace=irsa", "--service-name=hook"});
  EXPECT_TRUE(serve.WaitForMetric(kReportsPods, 1));
  EXPECT_TRUE(Await([&] {
    const std::vector<std::string> requests = apiserver.requests();
    return std::ranges::count(requests, "GET /api/v1/pods?limit=100") == 1;
  }));
  EXPECT_THAT(apiserver.requests(), Contains("POST /apis/coordination.k8s.io/v1/namespaces/irsa/leases"));
  EXPECT_EQ(apiserver.LeaseHolder("irsa", "hook").empty(), false);
  serve.process().Signal(SIGTERM);
  EXPECT_EQ(serve.process().Wait(), 0);
  EXPECT_EQ(apiserver.LeaseHolder("irsa", "hook"), "");
}

TEST(ReportPods, IsLeftToThoseWhoAreToldTo) {
  ApiserverStandIn apiserver;
  const ServeProcess serve({"--kube-api=" + apiserver.Url()});
  EXPECT_EQ(serve.Metric(kReportsPods), 0);
  EXPECT_THAT(apiserver.requests(), Not(Contains(HasSubstr("leases"))));
}

TEST(Controller, AdvisesAndReportsAndMutatesNothing) {
  ApiserverStandIn apiserver;
  const ServeProcess controller({"--kube-api=" + apiserver.Url()}, "ready", "controller");
  EXPECT_EQ(Post(controller.port(), "/mutate?timeout=5s", JobReview("my-app")).status, 404);
  EXPECT_EQ(Post(controller.port(), "/warn?timeout=5s", JobReview("my-app")).status, 200);
  EXPECT_EQ(Exchange(controller.port(), HttpRequest("GET", "/healthz", "", "")).status, 200);
  ExpectWarningAboutTheAccount(controller);
  EXPECT_TRUE(controller.WaitForMetric(kReportsPods, 1));
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
    EXPECT_THAT(result.err, StartsWith("irsa controller: needs a cluster: "));
  }
}

}  // namespace
}  // namespace irsa::testing
