// Whole pods, as an apiserver sends them and with fields that no one knows: the patch adds, and nothing else changes.
#include <string>

#include <gtest/gtest.h>

#include "irsa/base/files.h"

#include "test/admission/reviews.h"

namespace irsa::admission {
namespace {

using base::Json;

std::string ReadReviewFile(const std::string& name) {
  const std::string path = std::string(IRSA_SOURCE_DIR "/test/data/reviews/") + name + ".json";
  return base::DiskFileReader().Read(path, 1 << 20).value();
}

// Takes the additions of `patch` back out of `after`, last first.
Json WithoutAdditions(Json after, const Json& patch, const Json& before) {
  for (auto operation = patch.rbegin(); operation != patch.rend(); ++operation) {
    EXPECT_EQ(operation->at("op"), "add");
    const std::string path = operation->at("path");
    const Json::json_pointer place(path);
    Json& parent = after.at(place.parent_pointer());
    if (path.ends_with("/-")) {
      parent.erase(parent.size() - 1);
      continue;
    }
    parent.erase(place.back());
    // It may only have taken the place of nothing.
    if (before.contains(place)) {
      EXPECT_TRUE(before.at(place).empty()) << path;
      parent[place.back()] = before.at(place);
    }
  }
  return after;
}

void ExpectAdditiveMutation(const ReviewHandler& handler, const std::string& text) {
  const AdmissionAnswer answer = Mutate(handler, text);
  ASSERT_EQ(answer.outcome, Outcome::kMutated) << answer.body;
  Json review = Json::parse(text);
  EXPECT_EQ(ResponseOf(answer).at("uid"), review.at("request").at("uid"));
  const Json before = review.at("request").at("object");
  const Json patch = PatchOf(answer);
  const Json after = before.patch(patch);
  EXPECT_EQ(WithoutAdditions(after, patch, before), before);
  for (const Json& container : after.at("spec").at("containers")) {
    EXPECT_EQ(container.at("volumeMounts").back().at("name"), "aws-iam-token");
  }
  review["request"]["object"] = after;
  EXPECT_EQ(Mutate(handler, review).outcome, Outcome::kUnchanged);
}

class RecordedReviewTest : public HandlerTest {
 protected:
  RecordedReviewTest() { identities_.accounts["team-a/my-app"] = AccountWithRole(); }
};

TEST_F(RecordedReviewTest, IsMutatedByAdditionsOnly) {
  for (const char* name : {"simple", "typical", "large", "windows", "dry-run"}) {
    SCOPED_TRACE(name);
    ExpectAdditiveMutation(handler_, ReadReviewFile(name));
  }
}

TEST_F(RecordedReviewTest, GetsTheSameAnswerInBothVersions) {
  for (const char* name : {"simple", "typical", "large", "windows", "dry-run"}) {
    const std::string review = ReadReviewFile(name);
    std::string beta = review;
    const std::string version = "admission.k8s.io/v1";
    beta.replace(beta.find(version), version.size(), version + "beta1");
    EXPECT_EQ(ResponseOf(Mutate(handler_, beta)), ResponseOf(Mutate(handler_, review)));
  }
}

TEST_F(RecordedReviewTest, PutsTheTokenOnTheDriveInWindowsPods) {
  const std::string patch = PatchOf(Mutate(handler_, ReadReviewFile("windows"))).dump();
  EXPECT_NE(patch.find(R"(C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token)"), std::string::npos);
}

// Numbers that no 64-bit type holds, and floats that change when they are written again.
constexpr const char* kUnknown =
    R"("unknown": {"big": 340282366920938463463374607431768211456, "negative": -18446744073709551616,
       "precise": 0.1000000000000000055511151231257827021181583404541015625, "list": [null, true, {"x": [[]]}],
       "unicode": "\u00e9\ud83d\ude00", "key twice": 1, "key twice": 1})";

TEST_F(RecordedReviewTest, KeepsUnknownFieldsAtEveryLevel) {
  std::string review = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",@,"request":{@,
    "uid":"u-1","operation":"CREATE","namespace":"team-a","resource":{"version":"v1","resource":"pods",@},
    "userInfo":{"username":"alice",@},"object":{@,"metadata":{@,"annotations":{"a":"b"}},"status":{@},
    "spec":{"serviceAccountName":"my-app",@,"os":{"name":"linux",@},"nodeSelector":{"a":"b",@},
      "containers":[{"name":"a","env":[{"name":"A","value":"1",@}],"volumeMounts":[{"name":"v","mountPath":"/v",@}],@},
                    {"name":"b",@,"env":null,"volumeMounts":[]}],
      "initContainers":[{"name":"i",@}],"ephemeralContainers":[{"name":"e",@}],
      "volumes":[{"name":"v","emptyDir":{@},@}]}}}})";
  for (size_t place = review.find('@'); place != std::string::npos; place = review.find('@')) {
    review.replace(place, 1, kUnknown);
  }
  ExpectAdditiveMutation(handler_, review);
}

}  // namespace
}  // namespace irsa::admission
