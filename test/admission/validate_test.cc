#include <map>

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

Json AccountReview(const Json& annotations, const std::string& operation = "CREATE") {
  Json review = ReviewOf({{"metadata", {{"name", "app"}, {"annotations", annotations}}}}, {"", "serviceaccounts"});
  review["request"]["operation"] = operation;
  return review;
}

Json WithRole() { return {{"eks.amazonaws.com/role-arn", kRoleArn}, {"example.com/other", "x"}}; }
Json Misspelt() { return {{"eks.amazonaws.com/role-arm", kRoleArn}}; }

class ValidateTest : public HandlerTest {
 protected:
  AdmissionAnswer Handle(std::string review) const { return handler_.Validate(review, base::SteadyTime()); }
  AdmissionAnswer Handle(const Json& review) const { return Handle(review.dump()); }
  // Of a review that is answered without being looked at further.
  void ExpectOutOfScope(const Json& review) const {
    EXPECT_EQ(ResponseOf(Handle(review)),
              (Json{{"uid", "u-1"}, {"allowed", true}, {"auditAnnotations", {{"outcome", "out-of-scope"}}}}))
        << review;
  }
  std::vector<std::string> WarningsAbout(const Json& annotations) const {
    const AdmissionAnswer answer = Handle(AccountReview(annotations));
    EXPECT_EQ(answer.outcome, Outcome::kAdvised);
    const Json response = ResponseOf(answer);
    EXPECT_TRUE(response.at("allowed").get<bool>());
    return response.value("warnings", std::vector<std::string>());
  }
};

TEST_F(ValidateTest, AdmitsAnAccountAndNamesItsRoleInTheAuditLog) {
  for (const char* operation : {"CREATE", "UPDATE"}) {
    const AdmissionAnswer answer = Handle(AccountReview(WithRole(), operation));
    EXPECT_EQ(answer.outcome, Outcome::kAdvised) << operation;
    EXPECT_EQ(ResponseOf(answer), (Json{{"uid", "u-1"},
                                        {"allowed", true},
                                        {"auditAnnotations", {{"role-arn", kRoleArn}, {"outcome", "advised"}}}}));
    EXPECT_THAT(answer.warnings, IsEmpty());
  }
}

TEST_F(ValidateTest, WarnsOfEachAnnotationThatIsWrong) {
  EXPECT_THAT(WarningsAbout(Misspelt()), ElementsAre(HasSubstr("did you mean role-arn?")));
  EXPECT_THAT(WarningsAbout({{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/app"}}),
              ElementsAre(HasSubstr("is not arn:aws:iam::ACCOUNT:role/NAME")));
  EXPECT_THAT(WarningsAbout({{"eks.amazonaws.com/role-arn", std::string(2049, 'x')}}),
              ElementsAre(HasSubstr("eks.amazonaws.com/role-arn")));
  EXPECT_THAT(WarningsAbout({{"eks.amazonaws.com/role-arn", kRoleArn}, {"eks.amazonaws.com/token-expiration", "soon"}}),
              ElementsAre(HasSubstr("is not a number of seconds")));
}

TEST_F(ValidateTest, CountsItsWarnings) {
  const AdmissionAnswer answer = Handle(
      AccountReview({{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/app"}, {"eks.amazonaws.com/audiense", "x"}}));
  EXPECT_THAT(answer.warnings, ElementsAre(WarningReason::kUnknownAnnotation, WarningReason::kMalformedRoleArn));
}

TEST_F(ValidateTest, SaysNothingOfAnAccountWithoutAnnotations) {
  EXPECT_THAT(WarningsAbout(Json::object()), IsEmpty());
  EXPECT_THAT(WarningsAbout({{"example.com/other", "x"}}), IsEmpty());
}

TEST_F(ValidateTest, SparesControllers) {
  Json review = AccountReview(Misspelt());
  review["request"]["userInfo"]["username"] = "system:serviceaccount:kube-system:some-controller";
  ExpectOutOfScope(review);
}

TEST_F(ValidateTest, AdmitsWhatItDoesNotKnow) {
  for (const auto& [place, value] : {std::pair("/request/resource/resource", "pods"),
                                     {"/request/resource/version", "v2"},
                                     {"/request/resource/group", "example.com"},
                                     {"/request/subResource", "token"}}) {
    Json review = AccountReview(Misspelt());
    review[Json::json_pointer(place)] = value;
    ExpectOutOfScope(review);
  }
  Json deletion = AccountReview(Misspelt(), "DELETE");
  deletion["request"]["oldObject"] = deletion["request"]["object"];
  deletion["request"]["object"] = nullptr;
  ExpectOutOfScope(deletion);
}

TEST_F(ValidateTest, LeavesRefusingToTheApi) {
  for (const char* object : {"null", "[]", R"({"metadata": 1})", R"({"metadata": {"annotations": []}})",
                             R"({"metadata": {"annotations": {"eks.amazonaws.com/role-arm": 1}}})"}) {
    Json review = AccountReview({});
    review["request"]["object"] = Json::parse(object);
    ExpectOutOfScope(review);
  }
}

TEST_F(ValidateTest, DoesNotGuessWhichOfTwoIsMeant) {
  std::string review = AccountReview({{"eks.amazonaws.com/role-arm", "A"}}).dump();
  const std::string once = R"("eks.amazonaws.com/role-arm":"A")";
  review.replace(review.find(once), once.size(), once + "," + once);
  EXPECT_EQ(Handle(review).outcome, Outcome::kOutOfScope);
}

TEST_F(ValidateTest, PassesOverWhatItNeedNotRead) {
  for (const char* object : {"{}", R"({"metadata": null})", R"({"metadata": {"name": 1, "annotations": null}})",
                             R"({"metadata": {"annotations": {"a": 1, "a": 2, "eks.amazonaws.com": 3}}})"}) {
    std::string review = AccountReview({}).dump();
    const std::string from = AccountReview({})["request"]["object"].dump();
    review.replace(review.find(from), from.size(), object);
    EXPECT_EQ(Handle(review).outcome, Outcome::kAdvised) << object;
  }
}

TEST_F(ValidateTest, MalformedReviewsAreHttpErrors) {
  for (const char* review : {"{", "[]", R"({"kind": "AdmissionReview"})"}) {
    EXPECT_EQ(Handle(std::string(review)).http_status, 400) << review;
    EXPECT_EQ(Handle(std::string(review)).outcome, Outcome::kMalformed) << review;
  }
}

}  // namespace
}  // namespace irsa::admission
