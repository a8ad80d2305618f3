// What a cluster is asked about a service account: a token for it, and what it may do.
#pragma once

#include <chrono>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

struct AccountReference {
  std::string namespace_name;
  std::string name;  // both as Kubernetes takes them: nothing in them has to be encoded
};

// The token as the apiserver signed it, requested as the kubelet requests those of a pod's projected volume but bound
// to no pod. Errors as above; none quotes it.
// https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
Result<std::string> RequestToken(ApiServer& server, const AccountReference& account, const std::string& audience,
                                 std::chrono::seconds expiration, base::SteadyTime deadline);

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

// Whether the service account may do that, as a pod that runs under it: asks kube-apiserver's authorizer. Errors name
// the account and are those of BodyOf; kMalformed for an answer that is no review.
// https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
Result<AccessAnswer> ReviewAccess(ApiServer& server, const AccountReference& account, const AccessQuestion& question,
                                  base::SteadyTime deadline);

}  // namespace irsa::kube
