// Asks kube-apiserver's authorizer what somebody may do.
// https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
#pragma once

#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/token_request.h"

namespace irsa::kube {

struct AccessQuestion {
  std::string verb;            // "list"
  std::string group;           // empty: the core group
  std::string resource;        // "serviceaccounts"
  std::string namespace_name;  // empty: in all namespaces, or a resource that is in none
  std::string name;            // of the object; empty: of any

  bool operator==(const AccessQuestion&) const = default;
};

struct AccessAnswer {
  bool is_allowed = false;
  std::string reason;  // of a refusal, in the authorizer's words; often empty
};

// Whether the service account may do that, as a pod that runs under it. Errors name the account and are those of
// BodyOf; kMalformed for an answer that is no review.
Result<AccessAnswer> ReviewAccess(ApiServer& server, const AccountReference& account, const AccessQuestion& question,
                                  base::SteadyTime deadline);

}  // namespace irsa::kube
