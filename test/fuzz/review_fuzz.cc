// Any bytes at all as the body of an admission review.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/admission/review_handler.h"
#include "irsa/base/base64.h"
#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::Json;

// What accounts and operators may say, each on or off by a bit.
constexpr unsigned kVariants = 1 << 10;

identity::Settings SettingsOf(unsigned variant) {
  identity::Settings settings;
  if ((variant & 1) != 0) settings.default_region = "eu-west-1";
  if ((variant & 2) != 0) settings.token_mount_path = settings.container_credentials.token_mount_path = "/t";
  return settings;
}

identity::Identity IdentityOf(unsigned variant) {
  identity::Identity identity{"arn:aws:iam::111122223333:role/app", "sts.amazonaws.com", std::chrono::seconds(86400),
                              (variant & 4) != 0};
  if ((variant & 8) != 0) identity.method = identity::Method::kPodIdentity;
  if ((variant & 16) != 0) identity.region = "us-east-2";
  identity.use_fips = (variant & 32) != 0;
  if ((variant & 64) != 0) identity.session_name = {"n.{pod}", "n.a"};
  if ((variant & 128) != 0) identity.containers.included = std::vector<std::string>{"app", "a"};
  if ((variant & 256) != 0) identity.containers.skipped = std::vector<std::string>{"proxy", "a"};
  if ((variant & 512) != 0) identity.profiles = {{"billing", "ROLE"}, {"audit", "ROLE", "billing"}};
  return identity;
}

// Every account has an identity, so that whatever pod comes along is mutated.
class SameIdentityForAll final : public identity::IdentitySource {
 public:
  explicit SameIdentityForAll(unsigned variant)
      : account_(
            std::make_shared<const identity::AccountIdentity>(identity::AccountIdentity{IdentityOf(variant), {}})) {}

  Result<identity::ResolvedAccount> Find(const identity::AccountName&, base::SteadyTime) override { return account_; }

 private:
  const std::shared_ptr<const identity::AccountIdentity> account_;
};

// A handler of one variant, for all reviews, so that it would show if it carried anything over from one to the next.
struct Variant {
  explicit Variant(unsigned variant) : identities(variant), handler(SettingsOf(variant), identities) {}

  SameIdentityForAll identities;
  const ReviewHandler handler;
};

// By the review's bytes, so that a review always meets the same one, and its corpus needs no change.
const Variant& VariantFor(std::string_view review) {
  static std::array<std::unique_ptr<Variant>, kVariants> variants;
  const size_t number = std::hash<std::string_view>()(review) % kVariants;
  if (variants[number] == nullptr) variants[number] = std::make_unique<Variant>(static_cast<unsigned>(number));
  return *variants[number];
}

void Require(bool condition) {
  if (!condition) std::abort();
}

AdmissionAnswer Handle(const Variant& variant, std::string review) {
  return variant.handler.Mutate(review, base::SteadyTime());
}

// An answer with status 200. What throws here is a finding too: text that is no JSON, a patch that cannot be applied.
void CheckAnswer(const Variant& variant, const std::string& text, const AdmissionAnswer& answer) {
  const Json response = Json::parse(answer.body).at("response");
  Require(response.at("allowed") == (answer.outcome != Outcome::kRefused));
  Require(response.contains("patch") == (answer.outcome == Outcome::kMutated));
  if (answer.outcome != Outcome::kMutated) return;
  Json review;
  try {
    review = Json::parse(text);
  } catch (const Json::exception&) {  // broken where nothing is read, or with a number of no 64-bit type
    return;
  }
  const Json patch = Json::parse(base::DecodeBase64(response.at("patch").get<std::string>()).value());
  review.at("request").at("object").patch_inplace(patch);
  const AdmissionAnswer again = Handle(variant, review.dump());
  Require(again.http_status == 200 && again.outcome == Outcome::kUnchanged);
}

void CheckReview(const std::string& text) {
  const Variant& variant = VariantFor(text);
  const AdmissionAnswer answer = Handle(variant, text);
  Require(answer.http_status == 200 || answer.http_status == 400 || answer.http_status == 503);
  Require(!answer.body.empty());
  // nlohmann/json takes a zero byte for the end.
  const bool is_comparable = text.find('\0') == std::string::npos;
  if (is_comparable && answer.body == "admission review: not valid JSON") Require(!Json::accept(text));
  if (answer.http_status == 200) CheckAnswer(variant, text, answer);
}

// The reviews that are only advised on: whatever comes, an answer that allows, or one sentence.
void CheckOthers(const std::string& text) {
  const Variant& variant = VariantFor(text);
  std::string review = text;
  const AdmissionAnswer account = variant.handler.Validate(review, base::SteadyTime());
  const AdmissionAnswer workload = variant.handler.Warn(review, base::SteadyTime());
  for (const AdmissionAnswer& answer : {account, workload}) {
    Require(answer.http_status == 200 || answer.http_status == 400);
    if (answer.http_status == 400) continue;
    const Json response = Json::parse(answer.body).at("response");
    Require(response.at("allowed") == true);
    Require(!response.contains("patch"));
  }
}

}  // namespace
}  // namespace irsa::admission

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  irsa::admission::CheckReview({data, data + size});
  irsa::admission::CheckOthers({data, data + size});
  return 0;
}
