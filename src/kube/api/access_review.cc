#include "irsa/kube/api/access_review.h"

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {
namespace {

using base::Json;

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

Result<AccessAnswer> ReviewAccess(ApiServer& server, const AccountReference& account, const AccessQuestion& question,
                                  base::SteadyTime deadline) {
  const Json review = {
      {"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SubjectAccessReview"}, {"spec", SpecOf(account, question)}};
  ApiRequest request;
  request.method = "POST";
  request.path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  request.body = review.dump();
  request.max_answer_bytes = 1 << 20;
  request.deadline = deadline;
  const std::string what = "review the access of service account " + account.namespace_name + "/" + account.name;
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
