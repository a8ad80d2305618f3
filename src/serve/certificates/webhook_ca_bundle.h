// The caBundle of a webhook configuration: whom the apiserver trusts when it calls the webhooks.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
#pragma once

#include <string>

#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::serve {

enum class WebhookKind { kMutating, kValidating };

struct WebhookConfiguration {
  WebhookKind kind = WebhookKind::kMutating;
  std::string name;
};

// "mutatingwebhookconfiguration irsa"
std::string NameOf(const WebhookConfiguration& configuration);

// Gives every webhook of the configuration `bundle_pem` as its caBundle, by server-side apply as irsa-ca-bundle, and
// only when some webhook has another. Whether it had to. All else in the configuration stays whoever's it is; the
// caBundle is taken from whoever has it. `request` has the bounds of each request.
//
// kNotFound when there is no such configuration, kConflict when it changed in between (then it should be read again),
// kMalformed when the answer is none, else as BodyOf.
Result<bool> KeepCaBundle(kube::ApiServer& api, const WebhookConfiguration& configuration,
                          const std::string& bundle_pem, kube::ApiRequest request);

}  // namespace irsa::serve
