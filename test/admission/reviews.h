// Admission reviews to send, and answers taken apart.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/admission/review_handler.h"
#include "irsa/base/base64.h"
#include "irsa/base/json.h"

#include "test/testing/fake_identity_source.h"

namespace irsa::admission {

inline constexpr const char* kRoleArn = "arn:aws:iam::111122223333:role/app";

// What a service account with nothing but a role comes to under the default settings.
inline identity::AccountIdentity AccountWithRole() {
  return {identity::Identity{kRoleArn, "sts.amazonaws.com", std::chrono::seconds(86400), false}, {}};
}

struct Kind {
  const char* group;
  const char* resource;
};

// The creation of that object, a pod unless it says otherwise, in namespace team-a by alice.
inline base::Json ReviewOf(base::Json object, const Kind& kind = {"", "pods"}) {
  base::Json review = base::Json::parse(R"({
    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
    "request": {"uid": "u-1", "operation": "CREATE", "namespace": "team-a", "userInfo": {"username": "alice"}}})");
  review["request"]["resource"] = {{"group", kind.group}, {"version", "v1"}, {"resource", kind.resource}};
  review["request"]["object"] = std::move(object);
  return review;
}

inline AdmissionAnswer Mutate(const ReviewHandler& handler, std::string review) {
  return handler.Mutate(review, base::SteadyTime());
}

inline AdmissionAnswer Mutate(const ReviewHandler& handler, const base::Json& review) {
  return Mutate(handler, review.dump());
}

inline base::Json ResponseOf(const AdmissionAnswer& answer) { return base::Json::parse(answer.body).at("response"); }

// An empty list when there is none.
inline base::Json PatchOf(const AdmissionAnswer& answer) {
  const base::Json response = ResponseOf(answer);
  if (!response.contains("patch")) return base::Json::array();
  return base::Json::parse(base::DecodeBase64(response.at("patch").get<std::string>()).value());
}

// A handler under the default settings, for the accounts that the test puts in.
class HandlerTest : public ::testing::Test {
 protected:
  irsa::testing::FakeIdentitySource identities_;
  ReviewHandler handler_{identity::Settings(), identities_};
};

}  // namespace irsa::admission
