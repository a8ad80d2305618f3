#include "irsa/kube/api/account_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/fake_object_store.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPath = "/api/v1/namespaces/shop/serviceaccounts/cart";
const AccountReference kCart{"shop", "cart"};
const base::SteadyTime kDeadline{std::chrono::hours(2)};

class TokenRequestTest : public ::testing::Test {
 protected:
  void Answer(Result<ApiAnswer> answer) {
    api_.before = [answer](const ApiRequest&) -> std::optional<Result<ApiAnswer>> { return answer; };
  }
  void AnswerBody(std::string body) { Answer(ApiAnswer{201, std::move(body), {}}); }
  Result<std::string> Request() {
    return RequestToken(api_, kCart, "sts.amazonaws.com", std::chrono::seconds(86400), kDeadline);
  }

  FakeObjectStore api_;
};

TEST_F(TokenRequestTest, RequestsATokenAsTheKubeletDoes) {
  AnswerBody(R"({"kind": "TokenRequest", "status": {"token": "a.b.c"}})");
  ApiRequest sent;
  api_.before = [&sent](const ApiRequest& request) -> std::optional<Result<ApiAnswer>> {
    sent = request;
    return ApiAnswer{201, R"({"kind": "TokenRequest", "status": {"token": "a.b.c"}})", {}};
  };
  EXPECT_EQ(*Request(), "a.b.c");
  EXPECT_EQ(std::string(TextOf(sent.verb).method) + " " + sent.path, "POST " + std::string(kPath) + "/token");
  EXPECT_EQ(sent.deadline, kDeadline);
  EXPECT_EQ(sent.max_answer_bytes, 1U << 20);
  EXPECT_EQ(TextOf(sent.verb).body_type, "application/json");
  EXPECT_EQ(nlohmann::json::parse(sent.body),
            (nlohmann::json{{"apiVersion", "authentication.k8s.io/v1"},
                            {"kind", "TokenRequest"},
                            {"spec", {{"audiences", {"sts.amazonaws.com"}}, {"expirationSeconds", 86400}}}}));
}

TEST_F(TokenRequestTest, PassesRefusalsOn) {
  Answer(Refusal(403, "serviceaccounts \"cart\" is forbidden"));
  EXPECT_EQ(Request().error().code, ErrorCode::kDenied);
  EXPECT_THAT(Request().error().message, HasSubstr("request a token for service account shop/cart: the apiserver "
                                                   "answered 403: serviceaccounts \"cart\" is forbidden"));
  Answer(Error{ErrorCode::kUnavailable, "the connection was cut"});
  EXPECT_EQ(Request().error(),
            (Error{ErrorCode::kUnavailable, "request a token for service account shop/cart: the connection was cut"}));
}

TEST_F(TokenRequestTest, NeverQuotesAnAnswerWithoutAToken) {
  for (const char* body : {"secret", "[\"secret\"]", "{\"token\": 1, \"x\": \"secret\"}", R"({"status": "secret"})",
                           R"({"status": {"token": ["secret"]}})", R"({"status": {"token": ""}})"}) {
    AnswerBody(body);
    EXPECT_EQ(Request().error().code, ErrorCode::kMalformed) << body;
    EXPECT_THAT(Request().error().message, Not(HasSubstr("secret")));
  }
}

const AccountReference kAccount{"irsa-system", "irsa"};
const AccessQuestion kQuestion{"get", "coordination.k8s.io", "leases", "irsa-system", "irsa"};

class AccessReviewTest : public ::testing::Test {
 protected:
  Result<AccessAnswer> Review(const Result<ApiAnswer>& answer) {
    api_.before = [this, answer](const ApiRequest& request) -> std::optional<Result<ApiAnswer>> {
      sent_ = request;
      return answer;
    };
    return ReviewAccess(api_, kAccount, kQuestion, kDeadline);
  }
  Result<AccessAnswer> ReviewBody(const std::string& body) { return Review(ApiAnswer{201, body, {}}); }

  FakeObjectStore api_;
  ApiRequest sent_;
};

TEST_F(AccessReviewTest, AsksAsThePodThatHasTheToken) {
  const auto answer = ReviewBody(R"({"status": {"allowed": true, "reason": "RBAC: allowed by RoleBinding"}})");
  EXPECT_TRUE(answer->is_allowed);
  EXPECT_EQ(answer->reason, "");
  EXPECT_EQ(TextOf(sent_.verb).method, "POST");
  EXPECT_EQ(sent_.path, "/apis/authorization.k8s.io/v1/subjectaccessreviews");
  EXPECT_EQ(sent_.deadline, kDeadline);
  EXPECT_EQ(nlohmann::json::parse(sent_.body).at("spec"), nlohmann::json::parse(R"({
    "user": "system:serviceaccount:irsa-system:irsa",
    "groups": ["system:serviceaccounts", "system:serviceaccounts:irsa-system", "system:authenticated"],
    "resourceAttributes": {"verb": "get", "group": "coordination.k8s.io", "version": "*", "resource": "leases",
                           "namespace": "irsa-system", "name": "irsa"}})"));
}

TEST_F(AccessReviewTest, HandsOnWhyItIsRefused) {
  EXPECT_FALSE(ReviewBody(R"({"status": {"allowed": false}})")->is_allowed);
  EXPECT_EQ(ReviewBody(R"({"status": {"allowed": false, "reason": "a", "evaluationError": "b"}})")->reason, "a");
  EXPECT_EQ(ReviewBody(R"({"status": {"allowed": false, "evaluationError": "b"}})")->reason, "b");
}

TEST_F(AccessReviewTest, FailsWhereItIsNotTold) {
  for (const char* body : {"<html>", "[]", "{}", R"({"status": {}})", R"({"status": {"allowed": "yes"}})"}) {
    const auto answer = ReviewBody(body);
    EXPECT_EQ(answer.error().code, ErrorCode::kMalformed) << body;
    EXPECT_THAT(answer.error().message, HasSubstr("review the access of service account irsa-system/irsa"));
  }
  EXPECT_EQ(Review(Refusal(403, "no")).error().code, ErrorCode::kDenied);
}

}  // namespace
}  // namespace irsa::kube
