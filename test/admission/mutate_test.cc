#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/rules/identity.h"

#include "test/admission/reviews.h"

namespace irsa::admission {
namespace {

using base::Json;
using identity::WarningReason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Json Pod() { return Json::parse(R"({"spec":{"serviceAccountName":"app","containers":[{"name":"main"}]}})"); }

class MutateTest : public HandlerTest {
 protected:
  MutateTest() { identities_.accounts["team-a/app"] = AccountWithRole(); }

  AdmissionAnswer Send(const Json& review) { return Mutate(handler_, review); }
};

TEST_F(MutateTest, AnswersWithAPatch) {
  const std::string patch =
      R"([{"op":"add","path":"/spec/containers/0/env","value":[)"
      R"({"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/app"},)"
      R"({"name":"AWS_WEB_IDENTITY_TOKEN_FILE",)"
      R"("value":"/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}]},)"
      R"({"op":"add","path":"/spec/containers/0/volumeMounts","value":[{"name":"aws-iam-token",)"
      R"("readOnly":true,"mountPath":"/var/run/secrets/eks.amazonaws.com/serviceaccount"}]},)"
      R"({"op":"add","path":"/spec/volumes","value":[{"name":"aws-iam-token","projected":{"sources":)"
      R"([{"serviceAccountToken":{"audience":"sts.amazonaws.com","expirationSeconds":86400,"path":"token"}}]}}]}])";
  const AdmissionAnswer answer = Send(ReviewOf(Pod()));
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.outcome, Outcome::kMutated);
  EXPECT_EQ(answer.body,
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":true,)"
            R"("patchType":"JSONPatch","patch":")" +
                base::EncodeBase64(patch) +
                R"(","auditAnnotations":{"role-arn":"arn:aws:iam::111122223333:role/app","outcome":"mutated"}}})");
  EXPECT_THAT(identities_.queries(), ElementsAre("team-a/app"));
}

TEST_F(MutateTest, LeavesAPodWithoutIdentityUntouched) {
  Json pod = Pod();
  pod["spec"].erase("serviceAccountName");
  const AdmissionAnswer answer = Send(ReviewOf(pod));
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.outcome, Outcome::kNoIdentity);
  EXPECT_EQ(answer.body,
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":true,)"
            R"("auditAnnotations":{"outcome":"no-identity"}}})");
  EXPECT_THAT(identities_.queries(), ElementsAre("team-a/default"));
}

TEST_F(MutateTest, RefusesAPodOfTheWrongShape) {
  Json pod = Pod();
  pod["spec"]["containers"] = "main";
  const AdmissionAnswer answer = Send(ReviewOf(pod));
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.outcome, Outcome::kRefused);
  EXPECT_EQ(answer.body,
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":false,)"
            R"("status":{"code":400,"reason":"BadRequest",)"
            R"("message":"spec.containers is not a list but a string"},"auditAnnotations":{"outcome":"refused"}}})");
  EXPECT_THAT(identities_.queries(), IsEmpty());
}

TEST_F(MutateTest, RefusesAPodWhosePatchWouldBeTooLarge) {
  identities_.accounts["team-a/app"].identity->role_arn = std::string(100000, 'r');
  Json pod = Pod();
  for (int i = 0; i < 100; ++i) pod["spec"]["containers"].push_back({{"name", "c-" + std::to_string(i)}});
  const AdmissionAnswer answer = Send(ReviewOf(pod));
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.outcome, Outcome::kRefused);
  EXPECT_EQ(answer.reason, "the pod's patch would exceed 1048576 bytes");
  EXPECT_EQ(answer.body,
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":false,)"
            R"("status":{"code":413,"reason":"RequestEntityTooLarge",)"
            R"("message":"the pod's patch would exceed 1048576 bytes"},"auditAnnotations":{"outcome":"refused"}}})");
}

// The limit is on what irsa would add.
TEST_F(MutateTest, RefusesTooManyContainersOnlyWhereTheAccountHasARole) {
  Json pod = Pod();
  for (int i = 0; i < 1000; ++i) pod["spec"]["containers"].push_back({{"name", "c-" + std::to_string(i)}});
  const AdmissionAnswer refused = Send(ReviewOf(pod));
  EXPECT_EQ(refused.outcome, Outcome::kRefused);
  EXPECT_EQ(refused.reason, "spec.containers[1000] exceeds the limit of 1000 containers");
  pod["spec"]["serviceAccountName"] = "other";
  EXPECT_EQ(Send(ReviewOf(pod)).outcome, Outcome::kNoIdentity);
}

TEST_F(MutateTest, SaysWhomItsAnswerIsAbout) {
  const AdmissionAnswer answer = Send(ReviewOf(Pod()));
  EXPECT_EQ(answer.namespace_name, "team-a");
  EXPECT_EQ(answer.account, "app");
  EXPECT_NE(answer.uid, "");
}

TEST_F(MutateTest, RefusesTheCreationOfNothing) {
  for (const Json& review : {ReviewOf(nullptr), ReviewOf(3)}) {
    const AdmissionAnswer answer = Send(review);
    EXPECT_EQ(answer.http_status, 200);
    EXPECT_EQ(answer.outcome, Outcome::kRefused);
    EXPECT_EQ(ResponseOf(answer)["allowed"], false);
  }
}

TEST_F(MutateTest, AnswersInTheVersionOfTheReview) {
  Json review = ReviewOf(Pod());
  review["apiVersion"] = "admission.k8s.io/v1beta1";
  const AdmissionAnswer answer = Send(review);
  EXPECT_EQ(answer.outcome, Outcome::kMutated);
  EXPECT_EQ(Json::parse(answer.body)["apiVersion"], "admission.k8s.io/v1beta1");
}

TEST_F(MutateTest, TreatsADryRunLikeAnyOther) {
  Json review = ReviewOf(Pod());
  const AdmissionAnswer wet = Send(review);
  review["request"]["dryRun"] = true;
  EXPECT_EQ(Send(review).body, wet.body);
}

TEST_F(MutateTest, SaysWhenNothingIsLeftToAdd) {
  const Json review = ReviewOf(Pod());
  const Json mutated = Pod().patch(PatchOf(Send(review)));
  const AdmissionAnswer answer = Send(ReviewOf(mutated));
  EXPECT_EQ(answer.outcome, Outcome::kUnchanged);
  EXPECT_EQ(answer.body,
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":true,)"
            R"("auditAnnotations":{"role-arn":"arn:aws:iam::111122223333:role/app","outcome":"unchanged"}}})");
}

TEST_F(MutateTest, PassesAnythingButTheCreationOfAPodWithoutReadingIt) {
  const std::vector<std::pair<const char*, Json>> changes = {{"/request/operation", "UPDATE"},
                                                             {"/request/operation", nullptr},
                                                             {"/request/resource/resource", "deployments"},
                                                             {"/request/resource/group", "metrics.k8s.io"},
                                                             {"/request/resource/version", "v2"},
                                                             {"/request/resource", nullptr},
                                                             {"/request/subResource", "binding"}};
  for (const auto& [pointer, value] : changes) {
    Json review = ReviewOf("not a pod");
    review[Json::json_pointer(pointer)] = value;
    const AdmissionAnswer answer = Send(review);
    EXPECT_EQ(answer.http_status, 200);
    EXPECT_EQ(answer.outcome, Outcome::kOutOfScope) << pointer;
    EXPECT_EQ(ResponseOf(answer),
              Json::parse(R"({"uid":"u-1","allowed":true,"auditAnnotations":{"outcome":"out-of-scope"}})"));
  }
  EXPECT_THAT(identities_.queries(), IsEmpty());
}

TEST_F(MutateTest, PassesMirrorPods) {
  Json pod = Pod();
  pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "abc";
  const AdmissionAnswer answer = Send(ReviewOf(pod));
  EXPECT_EQ(answer.outcome, Outcome::kOutOfScope);
  EXPECT_EQ(PatchOf(answer), Json::array());
  EXPECT_THAT(identities_.queries(), IsEmpty());
}

TEST_F(MutateTest, SaysThatItCannotKnowWhateverTheSourcesError) {
  for (const ErrorCode code :
       {ErrorCode::kMalformed, ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kConflict, ErrorCode::kDenied,
        ErrorCode::kTooLarge, ErrorCode::kUnavailable, ErrorCode::kInternal}) {
    identities_.error = Error{code, "service accounts are not synced yet"};
    const AdmissionAnswer answer = Send(ReviewOf(Pod()));
    EXPECT_EQ(answer.http_status, 503);
    EXPECT_EQ(answer.outcome, Outcome::kUnavailable);
    EXPECT_EQ(answer.body, "service accounts are not synced yet");
  }
}

TEST_F(MutateTest, RefusesWhatIsNoReviewInOneSentence) {
  const AdmissionAnswer answer = Mutate(handler_, std::string("{"));
  EXPECT_EQ(answer.http_status, 400);
  EXPECT_EQ(answer.outcome, Outcome::kMalformed);
  EXPECT_EQ(answer.body, "admission review: not valid JSON");
}

TEST_F(MutateTest, RefusesAPodWithAKeyTwice) {
  std::string review = ReviewOf("POD").dump();
  review.replace(review.find("\"POD\""), 5, R"({"spec":{"volumes":[{"name":"a","name":"b"}]}})");
  const AdmissionAnswer answer = Mutate(handler_, review);
  EXPECT_EQ(answer.http_status, 400);
  EXPECT_EQ(answer.outcome, Outcome::kMalformed);
  EXPECT_EQ(answer.body, "spec.volumes[0].name occurs twice");
  EXPECT_NE(answer.uid, "");
  EXPECT_NE(answer.namespace_name, "");
}

TEST_F(MutateTest, HandsTheDeadlineOn) {
  std::string review = ReviewOf(Pod()).dump();
  const base::SteadyTime deadline = base::SteadyTime() + std::chrono::seconds(7);
  EXPECT_EQ(handler_.Mutate(review, deadline).http_status, 200);
  EXPECT_EQ(identities_.last_deadline(), deadline);
}

class AdmissionWarningTest : public MutateTest {
 protected:
  AdmissionWarningTest() {
    identities_.accounts["team-a/app"].warnings = {{WarningReason::kMalformedRoleArn, "about the account"}};
    pod_["metadata"]["annotations"]["eks.amazonaws.com/role-arm"] = "x";
  }

  Json pod_ = Pod();
};

TEST_F(AdmissionWarningTest, WarnsOfTheAccountThenOfThePod) {
  const AdmissionAnswer answer = Send(ReviewOf(pod_));
  EXPECT_EQ(answer.outcome, Outcome::kMutated);
  EXPECT_THAT(answer.warnings, ElementsAre(WarningReason::kMalformedRoleArn, WarningReason::kUnknownAnnotation));
  const Json warnings = ResponseOf(answer)["warnings"];
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0], "about the account");
  EXPECT_NE(warnings[1].get<std::string>().find("role-arm"), std::string::npos);
}

TEST_F(AdmissionWarningTest, WarnsWhereTheAccountHasNoIdentity) {
  identities_.accounts["team-a/app"].identity.reset();
  const AdmissionAnswer answer = Send(ReviewOf(pod_));
  EXPECT_EQ(answer.outcome, Outcome::kNoIdentity);
  EXPECT_EQ(PatchOf(answer), Json::array());
  EXPECT_THAT(answer.warnings, ElementsAre(WarningReason::kMalformedRoleArn, WarningReason::kUnknownAnnotation));
  EXPECT_EQ(ResponseOf(answer)["auditAnnotations"], Json::parse(R"({"outcome":"no-identity"})"));
}

TEST_F(AdmissionWarningTest, WarnsOfThePodWhereTheAccountHasNoAnnotations) {
  identities_.accounts.clear();
  EXPECT_THAT(Send(ReviewOf(pod_)).warnings, ElementsAre(WarningReason::kUnknownAnnotation));
}

TEST_F(AdmissionWarningTest, ReportsButDoesNotSendWarningsToControllers) {
  Json review = ReviewOf(pod_);
  for (const char* user : {"system:serviceaccount:kube-system:replicaset-controller", "system:node:worker-1",
                           "system:kube-controller-manager"}) {
    review["request"]["userInfo"]["username"] = user;
    const AdmissionAnswer answer = Send(review);
    EXPECT_EQ(answer.outcome, Outcome::kMutated);
    EXPECT_FALSE(ResponseOf(answer).contains("warnings")) << user;
    EXPECT_THAT(answer.warnings, ElementsAre(WarningReason::kMalformedRoleArn, WarningReason::kUnknownAnnotation));
  }
  for (const char* user : {"system:serviceaccount:kube-systems:x", "system:nodes", "system:admin", ""}) {
    review["request"]["userInfo"]["username"] = user;
    EXPECT_EQ(ResponseOf(Send(review))["warnings"].size(), 2U) << user;
  }
}

TEST_F(AdmissionWarningTest, CountsTheWarningsThatFindNoRoom) {
  for (int i = 0; i < 999; ++i) pod_["metadata"]["annotations"]["eks.amazonaws.com/x-" + std::to_string(i)] = "x";
  const AdmissionAnswer answer = Send(ReviewOf(pod_));
  EXPECT_EQ(answer.warnings.size(), 1001U);
  const Json warnings = ResponseOf(answer)["warnings"];
  EXPECT_EQ(warnings.back(), std::to_string(1001 - (warnings.size() - 1)) + " more warnings are not shown");
}

TEST_F(MutateTest, ServesManyThreadsAtOnce) {
  const std::string review = ReviewOf(Pod()).dump();
  const std::string expected = Mutate(handler_, review).body;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_EQ(Mutate(handler_, review).body, expected);
        EXPECT_EQ(Mutate(handler_, std::string("[")).http_status, 400);
      }
    });
  }
}

TEST(OutcomeName, IsUniqueForEachOutcome) {
  EXPECT_EQ(OutcomeName(Outcome::kMutated), "mutated");
  EXPECT_EQ(OutcomeName(Outcome::kError), "error");
  EXPECT_THAT(kOutcomeNames, ElementsAre("mutated", "unchanged", "no-identity", "out-of-scope", "advised", "refused",
                                         "malformed", "unavailable", "error"));
}

class FakeConfigMaps final : public identity::ConfigMapSource {
 public:
  Result<identity::ConfigMapKeys> Read(std::string_view namespace_name, std::string_view name,
                                       base::SteadyTime /*deadline*/) override {
    queries.push_back(std::string(namespace_name).append("/").append(name));
    if (error) return *error;
    return identity::ConfigMapKeys{std::string(name), true, {"AWS_REGION"}};
  }

  std::optional<Error> error;
  std::vector<std::string> queries;
};

TEST_F(MutateTest, ReadsTheConfigMapsOfPodsWithAnIdentityWhereEnvFromIsRespected) {
  FakeConfigMaps config_maps;
  identity::Settings settings;
  settings.default_region = "eu-central-1";
  settings.respects_env_from = true;
  const ReviewHandler handler(settings, identities_, &config_maps);
  Json pod = Pod();
  EXPECT_NE(Mutate(handler, ReviewOf(pod)).body.find("patch"), std::string::npos);
  EXPECT_THAT(config_maps.queries, IsEmpty());
  const std::string without = PatchOf(Mutate(handler, ReviewOf(pod))).dump();
  EXPECT_NE(without.find("AWS_REGION"), std::string::npos);
  pod["spec"]["containers"][0]["envFrom"] = Json::parse(R"([{"configMapRef":{"name":"env"}}])");
  const std::string with = PatchOf(Mutate(handler, ReviewOf(pod))).dump();
  EXPECT_EQ(with.find("AWS_REGION"), std::string::npos) << with;
  EXPECT_THAT(config_maps.queries, ElementsAre("team-a/env"));
  config_maps.error = Error{ErrorCode::kUnavailable, "busy"};
  EXPECT_EQ(Mutate(handler, ReviewOf(pod)).http_status, 503);
  pod["spec"].erase("serviceAccountName");
  EXPECT_EQ(Mutate(handler, ReviewOf(pod)).outcome, Outcome::kNoIdentity);
  EXPECT_EQ(config_maps.queries.size(), 2U) << "of pods with an identity only";
}

TEST_F(MutateTest, ReadsSixteenConfigMapsOfAPodAtMostAndEachOnce) {
  FakeConfigMaps config_maps;
  identity::Settings settings;
  settings.respects_env_from = true;
  const ReviewHandler handler(settings, identities_, &config_maps);
  Json pod = Pod();
  Json& sources = pod["spec"]["containers"][0]["envFrom"] = Json::array();
  for (int i = 0; i < 40; ++i) sources.push_back({{"configMapRef", {{"name", "env"}}}});
  EXPECT_EQ(Mutate(handler, ReviewOf(pod)).outcome, Outcome::kMutated);
  EXPECT_THAT(config_maps.queries, ElementsAre("team-a/env"));
  config_maps.queries.clear();
  sources = Json::array();
  for (int i = 0; i < 40; ++i) sources.push_back({{"configMapRef", {{"name", "many-" + std::to_string(i)}}}});
  EXPECT_EQ(Mutate(handler, ReviewOf(pod)).outcome, Outcome::kMutated);
  EXPECT_THAT(config_maps.queries, SizeIs(16));
}

}  // namespace
}  // namespace irsa::admission
