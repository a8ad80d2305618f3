// What the API calls a request, as audit logs and RBAC rules do.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
#pragma once

#include <string_view>

#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

// get, list, watch, create, update, patch, apply (a server-side one), delete; "other" for any other method.
std::string_view VerbOf(const ApiRequest& request);

}  // namespace irsa::kube
