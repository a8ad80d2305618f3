#include "irsa/kube/api/access_review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/fake_object_store.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;

const AccountReference kAccount{"irsa-system", "irsa"};
const AccessQuestion kQuestion{"get", "coordination.k8s.io", "leases", "irsa-system", "irsa"};
const base::SteadyTime kDeadline{std::chrono::hours(2)};

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
  EXPECT_EQ(sent_.method, "POST");
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
