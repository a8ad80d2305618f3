#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/admission/reviews.h"

namespace irsa::admission {
namespace {

using base::Json;
using identity::WarningReason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWillRun = "will run as arn:aws:iam::111122223333:role/app";

Json Template() {
  return {{"metadata", Json::object()},
          {"spec", {{"serviceAccountName", "app"}, {"containers", Json::array({{{"name", "main"}}})}}}};
}

Json WorkloadReview(Json spec, const Kind& kind = {"apps", "deployments"}) {
  return ReviewOf({{"metadata", {{"name", "web"}}}, {"spec", std::move(spec)}}, kind);
}

Json DeploymentOf(Json pods) { return WorkloadReview({{"template", std::move(pods)}}); }

std::vector<std::string> WarningsOf(const AdmissionAnswer& answer) {
  const Json response = ResponseOf(answer);
  EXPECT_TRUE(response.at("allowed").get<bool>());
  EXPECT_FALSE(response.contains("patch"));
  return response.contains("warnings") ? response["warnings"].get<std::vector<std::string>>()
                                       : std::vector<std::string>();
}

class WarnTest : public HandlerTest {
 protected:
  WarnTest() { identities_.accounts["team-a/app"] = AccountWithRole(); }

  AdmissionAnswer Handle(std::string review) const { return handler_.Warn(review, base::SteadyTime()); }
  AdmissionAnswer Handle(const Json& review) const { return Handle(review.dump()); }
};

TEST_F(WarnTest, SaysWhichRoleThePodsGet) {
  const AdmissionAnswer answer = Handle(DeploymentOf(Template()));
  EXPECT_EQ(answer.outcome, Outcome::kAdvised);
  EXPECT_EQ(ResponseOf(answer), (Json{{"uid", "u-1"},
                                      {"allowed", true},
                                      {"warnings", {kWillRun}},
                                      {"auditAnnotations", {{"role-arn", kRoleArn}, {"outcome", "advised"}}}}));
  EXPECT_THAT(answer.warnings, ElementsAre(WarningReason::kWillRunAs));
}

TEST_F(WarnTest, KnowsEveryKindOfWorkload) {
  for (const Kind& kind : {Kind{"apps", "deployments"},
                           {"apps", "statefulsets"},
                           {"apps", "daemonsets"},
                           {"apps", "replicasets"},
                           {"batch", "jobs"}}) {
    EXPECT_THAT(WarningsOf(Handle(WorkloadReview({{"template", Template()}}, kind))), ElementsAre(kWillRun))
        << kind.resource;
  }
  const Json cron_job = {{"jobTemplate", {{"spec", {{"template", Template()}}}}}};
  EXPECT_THAT(WarningsOf(Handle(WorkloadReview(cron_job, {"batch", "cronjobs"}))), ElementsAre(kWillRun));
  Json update = DeploymentOf(Template());
  update["request"]["operation"] = "UPDATE";
  EXPECT_THAT(WarningsOf(Handle(update)), ElementsAre(kWillRun));
}

TEST_F(WarnTest, LooksAtThePodsAsTheWebhookWill) {
  identities_.accounts["team-a/app"].warnings = {{WarningReason::kUnknownAnnotation, "of the account"}};
  Json pods = Template();
  pods["metadata"]["annotations"] = {{"eks.amazonaws.com/token-expiration", "soon"}};
  pods["spec"]["containers"][0]["env"] = Json::array({{{"name", "AWS_ACCESS_KEY_ID"}}});
  EXPECT_THAT(WarningsOf(Handle(DeploymentOf(pods))),
              ElementsAre(kWillRun, "of the account", HasSubstr("is not a number of seconds"),
                          HasSubstr("AWS_ACCESS_KEY_ID, which SDKs prefer to the role")));
}

// Its pods will be refused, so it is not told of a role.
TEST_F(WarnTest, SaysNothingOfPodsWithMoreContainersThanAreRead) {
  Json pods = Template();
  pods["spec"]["containers"] = Json::array();
  for (int i = 0; i < 1001; ++i) pods["spec"]["containers"].push_back({{"name", "c" + std::to_string(i)}});
  const AdmissionAnswer answer = Handle(DeploymentOf(pods));
  EXPECT_EQ(answer.outcome, Outcome::kOutOfScope);
  EXPECT_THAT(WarningsOf(answer), IsEmpty());
}

TEST_F(WarnTest, QuotesARoleThatIsNone) {
  identities_.accounts["team-a/app"].identity->role_arn = "arn:\nbad";
  EXPECT_THAT(WarningsOf(Handle(DeploymentOf(Template()))), ElementsAre("will run as \"arn:\\x0abad\""));
}

TEST_F(WarnTest, SaysNothingOfPodsThatBringTheirOwn) {
  Json pods = Template();
  Json& container = pods["spec"]["containers"][0];
  container["env"] = Json::array({{{"name", "AWS_ROLE_ARN"}}, {{"name", "AWS_WEB_IDENTITY_TOKEN_FILE"}}});
  container["volumeMounts"] = Json::array({{{"name", "aws-iam-token"}, {"mountPath", "/token"}}});
  const Json token = {{"serviceAccountToken", {{"audience", "sts.amazonaws.com"}, {"path", "token"}}}};
  pods["spec"]["volumes"] = Json::array({{{"name", "aws-iam-token"}, {"projected", {{"sources", {token}}}}}});
  EXPECT_THAT(WarningsOf(Handle(DeploymentOf(pods))), IsEmpty());
}

TEST_F(WarnTest, WarnsWithoutARoleToo) {
  identities_.accounts["team-a/app"] = {std::nullopt, {{WarningReason::kUnknownAnnotation, "did you mean role-arn?"}}};
  Json pods = Template();
  pods["metadata"]["annotations"] = {{"eks.amazonaws.com/role-arn", kRoleArn}};
  EXPECT_THAT(WarningsOf(Handle(DeploymentOf(pods))),
              ElementsAre("did you mean role-arn?", HasSubstr("belongs on the service account")));
  identities_.accounts.clear();
  EXPECT_THAT(WarningsOf(Handle(DeploymentOf(pods))), ElementsAre(HasSubstr("belongs on the service account")));
}

TEST_F(WarnTest, TakesTheNamespaceAndTheTemplatesAccount) {
  Json pods = Template();
  pods["spec"].erase("serviceAccountName");
  Handle(DeploymentOf(pods));
  Handle(DeploymentOf(Template()));
  EXPECT_THAT(identities_.queries(), ElementsAre("team-a/default", "team-a/app"));
}

TEST_F(WarnTest, SaysNothingOfPodsThatOptOut) {
  Json pods = Template();
  pods["metadata"]["labels"] = {{"eks.amazonaws.com/skip-pod-identity-webhook", ""}};
  const AdmissionAnswer answer = Handle(DeploymentOf(pods));
  EXPECT_EQ(answer.outcome, Outcome::kOutOfScope);
  EXPECT_THAT(WarningsOf(answer), IsEmpty());
  pods["metadata"]["labels"] = Json::array();  // the API refuses this
  EXPECT_EQ(Handle(DeploymentOf(pods)).outcome, Outcome::kOutOfScope);
}

TEST_F(WarnTest, SparesControllers) {
  Json review = DeploymentOf(Template());
  review["request"]["userInfo"]["username"] = "system:serviceaccount:kube-system:deployment-controller";
  EXPECT_EQ(Handle(review).outcome, Outcome::kOutOfScope);
  EXPECT_THAT(identities_.queries(), IsEmpty());
}

TEST_F(WarnTest, AdmitsWhatItDoesNotKnow) {
  for (const Kind& kind :
       {Kind{"", "pods"}, {"apps", "jobs"}, {"batch", "deployments"}, {"example.com", "deployments"}}) {
    const AdmissionAnswer answer = Handle(WorkloadReview({{"template", Template()}}, kind));
    EXPECT_EQ(answer.outcome, Outcome::kOutOfScope) << kind.group << "/" << kind.resource;
    EXPECT_THAT(WarningsOf(answer), IsEmpty());
  }
  for (const auto& [place, value] : {std::pair("/request/operation", "DELETE"),
                                     {"/request/subResource", "scale"},
                                     {"/request/resource/version", "v1beta1"}}) {
    Json review = DeploymentOf(Template());
    review[Json::json_pointer(place)] = value;
    EXPECT_EQ(Handle(review).outcome, Outcome::kOutOfScope) << place;
  }
}

TEST_F(WarnTest, LeavesRefusingToTheApi) {
  for (const char* object : {"null", "[]", "{}", R"({"spec": 1})", R"({"spec": {}})", R"({"spec": {"template": []}})",
                             R"({"spec": {"template": {"spec": {"containers": 1}}}})",
                             R"({"spec": {"template": {"spec": {"containers": [1]}}}})"}) {
    Json review = DeploymentOf(Template());
    review["request"]["object"] = Json::parse(object);
    const AdmissionAnswer answer = Handle(review);
    EXPECT_EQ(answer.http_status, 200) << object;
    EXPECT_EQ(answer.outcome, Outcome::kOutOfScope) << object;
    EXPECT_THAT(WarningsOf(answer), IsEmpty()) << object;
  }
}

TEST_F(WarnTest, AdmitsWithoutAWordWhenItCannotKnow) {
  identities_.error = Error{ErrorCode::kUnavailable, "not listed yet"};
  const AdmissionAnswer answer = Handle(DeploymentOf(Template()));
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.outcome, Outcome::kUnavailable);
  EXPECT_EQ(answer.reason, "not listed yet");
  EXPECT_THAT(WarningsOf(answer), IsEmpty());
}

TEST_F(WarnTest, MalformedReviewsAreHttpErrors) {
  EXPECT_EQ(Handle(std::string("[]")).http_status, 400);
  EXPECT_EQ(Handle(std::string("[]")).outcome, Outcome::kMalformed);
}

}  // namespace
}  // namespace irsa::admission
