// Any bytes at all as the body of an admission review.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "irsa/admission/account_handler.h"
#include "irsa/admission/admission_handler.h"
#include "irsa/admission/workload_handler.h"
#include "irsa/base/base64.h"
#include "irsa/base/json.h"

namespace irsa::admission {
namespace {

using base::Json;

// Every account has a role, so that whatever pod comes along is mutated.
class SameIdentityForAll final : public identity::IdentitySource {
 public:
  base::Result<std::shared_ptr<const identity::AccountIdentity>> Find(std::string_view, std::string_view,
                                                                      base::SteadyTime) override {
    return account_;
  }

 private:
  const std::shared_ptr<const identity::AccountIdentity> account_ = std::make_shared<const identity::AccountIdentity>(
      identity::AccountIdentity{identity::Identity{"arn:aws:iam::111122223333:role/app", "sts.amazonaws.com",
                                                   std::chrono::seconds(86400), true},
                                {}});
};

void Require(bool condition) {
  if (!condition) std::abort();
}

// One handler for all, so that it would show if it carried anything over from one review to the next.
AdmissionAnswer Handle(std::string review) {
  static SameIdentityForAll identities;
  static const AdmissionHandler handler({.default_region = "eu-west-1"}, identities);
  return handler.Handle(review, base::SteadyTime());
}

// An answer with status 200. What throws here is a finding too: text that is no JSON, a patch that cannot be applied.
void CheckAnswer(const std::string& text, const AdmissionAnswer& answer) {
  const Json response = Json::parse(answer.body).at("response");
  Require(response.at("allowed") == (answer.outcome != Outcome::kRefused));
  Require(response.contains("patch") == (answer.outcome == Outcome::kMutated));
  Json review;
  try {
    review = Json::parse(text);
  } catch (const Json::out_of_range&) {  // JSON, but with a number that nlohmann/json has no type for
    return;
  }
  if (answer.outcome != Outcome::kMutated) return;
  const Json patch = Json::parse(base::DecodeBase64(response.at("patch").get<std::string>()).value());
  review.at("request").at("object").patch_inplace(patch);
  const AdmissionAnswer again = Handle(review.dump());
  Require(again.http_status == 200 && again.outcome == Outcome::kUnchanged);
}

void CheckReview(const std::string& text) {
  const AdmissionAnswer answer = Handle(text);
  Require(answer.http_status == 200 || answer.http_status == 400 || answer.http_status == 503);
  Require(!answer.body.empty());
  // nlohmann/json takes a zero byte for the end.
  const bool is_comparable = text.find('\0') == std::string::npos;
  if (is_comparable && answer.body == "admission review: not valid JSON") Require(!Json::accept(text));
  if (answer.http_status == 200) CheckAnswer(text, answer);
}

// The handlers that only advise: whatever comes, an answer that allows, or one sentence.
void CheckOthers(const std::string& text) {
  static SameIdentityForAll identities;
  static const AccountHandler accounts({});
  static const WorkloadHandler workloads({}, identities);
  std::string review = text;
  const AdmissionAnswer account = accounts.Handle(review, base::SteadyTime());
  const AdmissionAnswer workload = workloads.Handle(review, base::SteadyTime());
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
