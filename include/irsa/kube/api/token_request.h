// A service account as a cluster has it, and a token for it, requested as the kubelet requests those of a pod's
// projected volume.
// https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

struct AccountReference {
  std::string namespace_name;
  std::string name;  // both as Kubernetes takes them: nothing in them has to be encoded
};

// The account's annotations. Errors name the account: kNotFound when it does not exist, kMalformed for an answer that
// is no service account; the others are those of BodyOf.
Result<std::map<std::string, std::string>> ReadAnnotations(ApiServer& server, const AccountReference& account,
                                                           base::SteadyTime deadline);

// Those of a namespace, likewise.
Result<std::map<std::string, std::string>> ReadNamespaceAnnotations(ApiServer& server,
                                                                    const std::string& namespace_name,
                                                                    base::SteadyTime deadline);

// The token as the apiserver signed it, bound to no pod. Errors as above; none quotes it.
Result<std::string> RequestToken(ApiServer& server, const AccountReference& account, const std::string& audience,
                                 std::chrono::seconds expiration, base::SteadyTime deadline);

}  // namespace irsa::kube
