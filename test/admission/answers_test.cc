#include "src/admission/answers.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::Json;
using identity::kMaxWarningBytes;
using identity::Warning;
using identity::WarningReason;

const AdmissionRequest kRequest{.api_version = "v", .uid = "u"};

std::vector<std::string> WrittenWarnings(const std::vector<Warning>& warnings) {
  const std::string text = WriteReview(kRequest, {.mutation = {.warnings = warnings}});
  return Json::parse(text)["response"]["warnings"].get<std::vector<std::string>>();
}

std::vector<Warning> Warnings(size_t count, size_t bytes_each) {
  return std::vector<Warning>(count, {WarningReason::kIgnoredValue, std::string(bytes_each, 'w')});
}

size_t TotalBytes(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return bytes;
}

TEST(WriteReview, WritesAPatchWithAllThatBelongsToIt) {
  const std::vector<Warning> warnings = {{WarningReason::kUnknownAnnotation, "one \"a\""},
                                         {WarningReason::kIgnoredValue, "two"}};
  EXPECT_EQ(WriteReview({.api_version = "admission.k8s.io/v1", .uid = "u-1"},
                        {.outcome = Outcome::kMutated,
                         .role_arn = "arn:aws:iam::111122223333:role/a",
                         .mutation = {.patch = R"([{"op":"add"}])", .warnings = warnings}}),
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":true,)"
            R"("patchType":"JSONPatch","patch":"W3sib3AiOiJhZGQifV0=","warnings":["one \"a\"","two"],)"
            R"("auditAnnotations":{"role-arn":"arn:aws:iam::111122223333:role/a","outcome":"mutated"}}})");
}

TEST(WriteReview, LeavesOutWhatThereIsNot) {
  EXPECT_EQ(WriteReview({.api_version = "admission.k8s.io/v1beta1", .uid = "u"}, {Outcome::kOutOfScope}),
            R"({"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","response":{"uid":"u",)"
            R"("allowed":true,"auditAnnotations":{"outcome":"out-of-scope"}}})");
}

TEST(WriteReview, WritesARefusalWithItsReason) {
  EXPECT_EQ(WriteReview({.api_version = "admission.k8s.io/v1", .uid = "u"},
                        {.outcome = Outcome::kRefused,
                         .refusal = Error{ErrorCode::kInvalid, "spec is not an object but a list"}}),
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u","allowed":false,)"
            R"("status":{"code":400,"reason":"BadRequest","message":"spec is not an object but a list"},)"
            R"("auditAnnotations":{"outcome":"refused"}}})");
}

TEST(WriteReview, EscapesEveryForeignText) {
  const std::string nasty = "a\"b\\c\nd\x01é";
  const std::vector<Warning> warnings = {{WarningReason::kIgnoredValue, nasty}};
  const Json response = Json::parse(
      WriteReview({.api_version = "v", .uid = nasty}, {.outcome = Outcome::kRefused,
                                                       .role_arn = nasty,
                                                       .mutation = {.warnings = warnings},
                                                       .refusal = Error{ErrorCode::kInvalid, nasty}}))["response"];
  EXPECT_EQ(response["uid"], nasty);
  EXPECT_EQ(response["status"]["message"], nasty);
  EXPECT_EQ(response["auditAnnotations"]["role-arn"], nasty);
  EXPECT_EQ(response["warnings"], Json::array({nasty}));
}

TEST(WriteReview, KeepsAllWarningsThatFitTheLimit) {
  EXPECT_EQ(WrittenWarnings(Warnings(4, kMaxWarningBytes / 4)).size(), 4U);
  EXPECT_EQ(WrittenWarnings(Warnings(kMaxWarningBytes, 1)).size(), kMaxWarningBytes);
}

TEST(WriteReview, CountsWarningsThatItWasOnlyToldTheNumberOf) {
  const auto written = [](const std::vector<Warning>& warnings) {
    const std::string text = WriteReview(
        kRequest, {.mutation = {.warnings = warnings,
                                .untold = std::vector<WarningReason>(200000, WarningReason::kIgnoredValue)}});
    return Json::parse(text)["response"]["warnings"].get<std::vector<std::string>>();
  };
  EXPECT_EQ(written(Warnings(1, 100)).back(), "200000 more warnings are not shown");
  const std::vector<std::string> full = written(Warnings(41, 100));
  EXPECT_EQ(full.back(), std::to_string(200041 - (full.size() - 1)) + " more warnings are not shown");
  EXPECT_LE(TotalBytes(full), kMaxWarningBytes);
}

TEST(WriteReview, SaysHowManyWarningsAreLeftOut) {
  const std::vector<std::string> written = WrittenWarnings(Warnings(50, 100));
  EXPECT_EQ(written.size(), 41U);
  EXPECT_EQ(written.back(), "10 more warnings are not shown");
  for (const auto& [count, bytes] : {std::pair<size_t, size_t>{5, 1000}, {4097, 1}, {50, 100}, {2, 4096}, {1, 4097}}) {
    const std::vector<std::string> texts = WrittenWarnings(Warnings(count, bytes));
    EXPECT_LE(TotalBytes(texts), kMaxWarningBytes);
    EXPECT_EQ(texts.back(), std::to_string(count - (texts.size() - 1)) + " more warnings are not shown");
  }
}

}  // namespace
}  // namespace irsa::admission
