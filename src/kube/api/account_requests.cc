#include "irsa/kube/api/account_requests.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {
namespace {

using base::Json;

// Of one token or one review.
constexpr size_t kMaxAnswerBytes = 1 << 20;

std::string NameOf(const AccountReference& account) {
  return "service account " + account.namespace_name + "/" + account.name;
}

// User and groups as the apiserver derives them from a service account's token; it does not add them to a review.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
Json SpecOf(const AccountReference& account, const AccessQuestion& question) {
  return {{"user", "system:serviceaccount:" + account.namespace_name + ":" + account.name},
          {"groups",
           {"system:serviceaccounts", "system:serviceaccounts:" + account.namespace_name, "system:authenticated"}},
          {"resourceAttributes",
           {{"verb", question.verb},
            {"group", question.group},
            {"version", "*"},
            {"resource", question.resource},
            {"namespace", question.namespace_name},
            {"name", question.name}}}};
}

}  // namespace

Result<std::string> RequestToken(ApiServer& server, const AccountReference& account, const std::string& audience,
                                 std::chrono::seconds expiration, base::SteadyTime deadline) {
  const Json body = {{"apiVersion", "authentication.k8s.io/v1"},
                     {"kind", "TokenRequest"},
                     {"spec", {{"audiences", {audience}}, {"expirationSeconds", expiration.count()}}}};
  ApiRequest request;
  request.verb = Verb::kCreate;
  request.path = ObjectPath("api/v1", account.namespace_name, "serviceaccounts", account.name) + "/token";
  // The audience is an annotation or an argument and may be any bytes.
  request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  request.deadline = deadline;
  request.max_answer_bytes = kMaxAnswerBytes;
  const std::string what = "request a token for " + NameOf(account);
  const Result<Json> answer = RequestObject(server, request, what);
  if (!answer.ok()) return answer.error();
  const std::string_view token = base::TextAt(*answer, {"status", "token"});
  if (token.empty()) {
    return Error{ErrorCode::kMalformed, what + ": the apiserver's answer has no token in its status"};
  }
  return std::string(token);
}

Result<AccessAnswer> ReviewAccess(ApiServer& server, const AccountReference& account, const AccessQuestion& question,
                                  base::SteadyTime deadline) {
  const Json review = {
      {"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SubjectAccessReview"}, {"spec", SpecOf(account, question)}};
  ApiRequest request;
  request.verb = Verb::kCreate;
  request.path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  request.body = review.dump();
  request.max_answer_bytes = kMaxAnswerBytes;
  request.deadline = deadline;
  const std::string what = "review the access of " + NameOf(account);
  const Result<Json> answer = RequestObject(server, request, what);
  if (!answer.ok()) return answer.error();
  const Json* allowed = base::At(*answer, {"status", "allowed"});
  if (allowed == nullptr || !allowed->is_boolean()) {
    return Error{ErrorCode::kMalformed, what + ": the apiserver's answer does not say whether it is allowed"};
  }
  AccessAnswer read{.is_allowed = allowed->get<bool>(), .reason = {}};
  if (!read.is_allowed) {
    read.reason = base::TextAt(*answer, {"status", "reason"});
    if (read.reason.empty()) read.reason = base::TextAt(*answer, {"status", "evaluationError"});
  }
  return read;
}

}  // namespace irsa::kube
