#include "irsa/admission/account_handler.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/admission/reviews.h"
#include "test/testing/fake_identity_record.h"

namespace irsa::admission {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr base::SteadyTime kDeadline{std::chrono::seconds(5)};

Json AccountReview(const Json& annotations, const std::string& operation = "CREATE") {
  return Json{{"apiVersion", "admission.k8s.io/v1"},
              {"kind", "AdmissionReview"},
              {"request",
               {{"uid", "u-1"},
                {"operation", operation},
                {"namespace", "team-a"},
                {"resource", {{"group", ""}, {"version", "v1"}, {"resource", "serviceaccounts"}}},
                {"userInfo", {{"username", "alice"}}},
                {"dryRun", false},
                {"object", {{"metadata", {{"name", "app"}, {"annotations", annotations}}}}}}}};
}

Json WithRole() { return {{"eks.amazonaws.com/role-arn", kRoleArn}, {"example.com/other", "x"}}; }

class AccountHandlerTest : public ::testing::Test {
 protected:
  AdmissionAnswer Handle(std::string review) const { return handler_.Handle(review, kDeadline); }
  AdmissionAnswer Handle(const Json& review) const { return Handle(review.dump()); }

  irsa::testing::FakeIdentityRecord record_;
  AccountHandler handler_{mutation::Settings(), record_};
};

TEST_F(AccountHandlerTest, RecordsBeforeItAdmits) {
  for (const char* operation : {"CREATE", "UPDATE"}) {
    irsa::testing::FakeIdentityRecord record;
    const AccountHandler handler({}, record);
    std::string review = AccountReview(WithRole(), operation).dump();
    const AdmissionAnswer answer = handler.Handle(review, kDeadline);
    EXPECT_EQ(record.entries(),
              (std::map<std::string, mutation::Identity>{
                  {"team-a/app", {kRoleArn, "sts.amazonaws.com", std::chrono::seconds(86400), false}}}))
        << operation;
    EXPECT_EQ(answer.outcome, Outcome::kRecorded);
    EXPECT_EQ(ResponseOf(answer), (Json{{"uid", "u-1"},
                                        {"allowed", true},
                                        {"auditAnnotations", {{"role-arn", kRoleArn}, {"outcome", "recorded"}}}}));
  }
}

TEST_F(AccountHandlerTest, RecordsWhatAllAnnotationsComeTo) {
  Handle(AccountReview({{"eks.amazonaws.com/role-arn", kRoleArn},
                        {"eks.amazonaws.com/audience", "sts.example.com"},
                        {"eks.amazonaws.com/token-expiration", "3600"},
                        {"eks.amazonaws.com/sts-regional-endpoints", "true"}}));
  EXPECT_EQ(record_.entries().at("team-a/app"),
            (mutation::Identity{kRoleArn, "sts.example.com", std::chrono::seconds(3600), true}));
}

TEST_F(AccountHandlerTest, HandsTheDeadlineOn) {
  Handle(AccountReview(WithRole()));
  EXPECT_EQ(record_.last_deadline(), kDeadline);
}

TEST_F(AccountHandlerTest, RefusesWithTheReasonWhatCannotBeRecorded) {
  const std::map<ErrorCode, std::pair<int, std::string>> expected = {
      {ErrorCode::kInvalid, {400, "BadRequest"}},
      {ErrorCode::kDenied, {403, "Forbidden"}},
      {ErrorCode::kConflict, {409, "Conflict"}},
      {ErrorCode::kTooLarge, {413, "RequestEntityTooLarge"}},
      {ErrorCode::kUnavailable, {503, "ServiceUnavailable"}},
      {ErrorCode::kNotFound, {500, "InternalError"}}};
  for (const auto& [code, status] : expected) {
    record_.error = Error{code, "the apiserver says \"no\""};
    const AdmissionAnswer answer = Handle(AccountReview(WithRole()));
    EXPECT_EQ(answer.http_status, 200);
    EXPECT_EQ(answer.outcome, Outcome::kNotRecorded);
    const std::string reason = "the role of service account team-a/app cannot be recorded: the apiserver says \"no\"";
    EXPECT_EQ(answer.reason, reason);
    EXPECT_EQ(ResponseOf(answer),
              (Json{{"uid", "u-1"},
                    {"allowed", false},
                    {"status", {{"code", status.first}, {"reason", status.second}, {"message", reason}}},
                    {"auditAnnotations", {{"outcome", "not-recorded"}}}}));
  }
}

TEST_F(AccountHandlerTest, WarnsOfWhatTheAnnotationsGetWrong) {
  const AdmissionAnswer answer = Handle(
      AccountReview({{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/app"}, {"eks.amazonaws.com/audiense", "x"}}));
  EXPECT_EQ(answer.outcome, Outcome::kRecorded);
  EXPECT_THAT(ResponseOf(answer)["warnings"].get<std::vector<std::string>>(),
              ElementsAre(HasSubstr("did you mean audience?"), HasSubstr("is not arn:aws:iam::ACCOUNT:role/NAME")));
  EXPECT_THAT(answer.warnings,
              ElementsAre(mutation::WarningReason::kUnknownAnnotation, mutation::WarningReason::kMalformedRoleArn));
}

TEST_F(AccountHandlerTest, WarnsOfARoleThatIsMisspeltAway) {
  const AdmissionAnswer answer = Handle(AccountReview({{"eks.amazonaws.com/role-arm", kRoleArn}}));
  EXPECT_EQ(answer.outcome, Outcome::kNothingToRecord);
  EXPECT_THAT(ResponseOf(answer)["warnings"].get<std::vector<std::string>>(),
              ElementsAre(HasSubstr("did you mean role-arn?")));
  EXPECT_THAT(record_.entries(), IsEmpty());
}

TEST_F(AccountHandlerTest, SparesControllersItsWarnings) {
  Json review = AccountReview({{"eks.amazonaws.com/role-arm", kRoleArn}});
  review["request"]["userInfo"]["username"] = "system:serviceaccount:kube-system:some-controller";
  const AdmissionAnswer answer = Handle(review);
  EXPECT_FALSE(ResponseOf(answer).contains("warnings"));
  EXPECT_THAT(answer.warnings, ElementsAre(mutation::WarningReason::kUnknownAnnotation));
}

TEST_F(AccountHandlerTest, ADryRunWritesNothing) {
  Json review = AccountReview({{"eks.amazonaws.com/role-arn", "arn:bad"}});
  review["request"]["dryRun"] = true;
  const AdmissionAnswer answer = Handle(review);
  EXPECT_EQ(answer.outcome, Outcome::kNothingToRecord);
  EXPECT_TRUE(ResponseOf(answer)["allowed"].get<bool>());
  EXPECT_EQ(ResponseOf(answer)["warnings"].size(), 1);
  EXPECT_EQ(record_.last_deadline(), std::nullopt);
}

TEST_F(AccountHandlerTest, AnAccountThatLosesItsRoleIsLeftToTheLeader) {
  Json review = AccountReview(Json::object(), "UPDATE");
  review["request"]["oldObject"] = AccountReview(WithRole())["request"]["object"];
  EXPECT_EQ(Handle(review).outcome, Outcome::kNothingToRecord);
  EXPECT_EQ(record_.last_deadline(), std::nullopt);
}

TEST_F(AccountHandlerTest, ADeletionIsLeftToTheLeader) {
  Json review = AccountReview(WithRole(), "DELETE");
  review["request"]["oldObject"] = review["request"]["object"];
  review["request"]["object"] = nullptr;
  const AdmissionAnswer answer = Handle(review);
  EXPECT_EQ(answer.outcome, Outcome::kNothingToRecord);
  EXPECT_TRUE(ResponseOf(answer)["allowed"].get<bool>());
  EXPECT_EQ(record_.last_deadline(), std::nullopt);
}

TEST_F(AccountHandlerTest, AdmitsWhatIsNoServiceAccount) {
  for (const auto& [member, value] :
       std::map<std::string, std::string>{{"resource", "pods"}, {"version", "v2"}, {"group", "example.com"}}) {
    Json review = AccountReview(WithRole());
    review["request"]["resource"][member] = value;
    EXPECT_EQ(Handle(review).outcome, Outcome::kOutOfScope) << member;
  }
  Json token = AccountReview(WithRole());
  token["request"]["subResource"] = "token";
  EXPECT_EQ(Handle(token).outcome, Outcome::kOutOfScope);
  EXPECT_EQ(record_.last_deadline(), std::nullopt);
}

TEST_F(AccountHandlerTest, RefusesWhatHasNotTheShapeOfAnAccount) {
  const auto refusal = [this](const char* object) {
    Json review = AccountReview({});
    review["request"]["object"] = Json::parse(object);
    const AdmissionAnswer answer = Handle(review);
    EXPECT_EQ(answer.outcome, Outcome::kRefused) << object;
    EXPECT_EQ(ResponseOf(answer)["status"]["code"], 400);
    return answer.reason;
  };
  EXPECT_EQ(refusal("null"), "request.object is missing");
  EXPECT_EQ(refusal("[]"), "the service account is not an object but a list");
  EXPECT_EQ(refusal(R"({"metadata": 1})"), "metadata is not an object but a number");
  EXPECT_EQ(refusal(R"({"metadata": {"name": 1}})"), "metadata.name is not a string but a number");
  EXPECT_EQ(refusal(R"({"metadata": {"annotations": []}})"), "metadata.annotations is not an object but a list");
  EXPECT_EQ(refusal(R"({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": 1}}})"),
            "metadata.annotations[eks.amazonaws.com/role-arn] is not a string but a number");
  EXPECT_EQ(refusal(R"({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "arn:x"}}})"),
            "metadata.name is missing");
}

TEST_F(AccountHandlerTest, PassesOverWhatItNeedNotRead) {
  for (const char* object : {"{}", R"({"metadata": null})", R"({"metadata": {"annotations": null}})",
                             R"({"metadata": {"annotations": {"a": 1, "a": 2, "eks.amazonaws.com": 3}}})"}) {
    std::string review = AccountReview({}).dump();
    const std::string from = AccountReview({})["request"]["object"].dump();
    review.replace(review.find(from), from.size(), object);
    EXPECT_EQ(Handle(review).outcome, Outcome::kNothingToRecord) << object;
  }
  EXPECT_EQ(Handle(AccountReview({{"eks.amazonaws.com/role-arn", nullptr}})).outcome, Outcome::kNothingToRecord);
}

TEST_F(AccountHandlerTest, DoesNotGuessWhichOfTwoIsMeant) {
  std::string review = AccountReview({{"eks.amazonaws.com/role-arn", "A"}}).dump();
  const std::string once = R"("eks.amazonaws.com/role-arn":"A")";
  review.replace(review.find(once), once.size(), once + "," + once);
  const AdmissionAnswer answer = Handle(review);
  EXPECT_EQ(answer.http_status, 400);
  EXPECT_EQ(answer.body, "a key that is read occurs twice in metadata.annotations");
}

TEST_F(AccountHandlerTest, MalformedReviewsAreHttpErrors) {
  EXPECT_EQ(Handle(std::string("{")).http_status, 400);
  EXPECT_EQ(Handle(std::string("{")).outcome, Outcome::kMalformed);
  Json review = AccountReview(WithRole());
  review["request"]["dryRun"] = "yes";
  EXPECT_EQ(Handle(review).body, "admission review: request.dryRun is not a boolean but a string");
}

}  // namespace
}  // namespace irsa::admission
