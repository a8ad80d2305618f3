#include "webhook_ca_bundle.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/kube/api/objects.h"

namespace irsa::serve {
namespace {

using base::Json;

constexpr const char* kGroupVersion = "admissionregistration.k8s.io/v1";

const char* KindName(WebhookKind kind) {
  return kind == WebhookKind::kMutating ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration";
}

std::string PathOf(const WebhookConfiguration& configuration) {
  return std::string("/apis/") + kGroupVersion + "/" + base::LowerCase(KindName(configuration.kind)) + "s/" +
         configuration.name;
}

struct Needed {
  Json webhooks = Json::array();  // of the applied object: all of them, or what was applied before would be taken away
  bool is_different = false;      // from what there is
};

Result<Needed> FindNeeded(const Json& webhooks, const std::string& bundle) {
  Needed needed;
  if (!webhooks.is_array()) return Error{ErrorCode::kMalformed, "its webhooks are not a list"};
  for (const Json& webhook : webhooks) {
    auto name = base::StringMember(webhook, "name");
    if (!name.ok()) return Error{ErrorCode::kMalformed, "a webhook in it: " + name.error().message};
    const Json* client = base::FindMember(webhook, "clientConfig");
    if (client == nullptr) continue;
    const Json* current = base::FindMember(*client, "caBundle");
    if (current == nullptr || *current != bundle) needed.is_different = true;
    needed.webhooks.push_back({{"name", *std::move(name)}, {"clientConfig", {{"caBundle", bundle}}}});
  }
  return needed;
}

// The object to apply; nothing when the configuration is right.
Result<std::optional<std::string>> ObjectToApply(const WebhookConfiguration& configuration, const Json& found,
                                                 const std::string& bundle) {
  const std::string_view version = base::TextAt(found, {"metadata", "resourceVersion"});
  if (version.empty()) return Error{ErrorCode::kMalformed, "it has no resourceVersion"};
  const Json* webhooks = base::FindMember(found, "webhooks");
  if (webhooks == nullptr) return std::optional<std::string>();
  auto needed = FindNeeded(*webhooks, bundle);
  if (!needed.ok()) return std::move(needed).error();
  if (!needed->is_different) return std::optional<std::string>();
  // With the version, so that a configuration that is deleted in between is not made anew with nothing else in it.
  const Json object = {{"apiVersion", kGroupVersion},
                       {"kind", KindName(configuration.kind)},
                       {"metadata", {{"name", configuration.name}, {"resourceVersion", version}}},
                       {"webhooks", std::move(needed->webhooks)}};
  return std::optional(object.dump());
}

}  // namespace

std::string NameOf(const WebhookConfiguration& configuration) {
  return base::LowerCase(KindName(configuration.kind)) + " " + configuration.name;
}

Result<bool> KeepCaBundle(kube::ApiServer& api, const WebhookConfiguration& configuration,
                          const std::string& bundle_pem, kube::ApiRequest request) {
  request.path = PathOf(configuration);
  const auto found = kube::RequestObject(api, request, "get " + NameOf(configuration));
  if (found.FailedWith(ErrorCode::kNotFound)) {
    return Error{ErrorCode::kNotFound,
                 found.error().message + ": apply it, or name the configuration that has irsa's webhooks"};
  }
  if (!found.ok()) return found.error();
  auto object = ObjectToApply(configuration, *found, base::EncodeBase64(bundle_pem));
  if (!object.ok()) return base::WithContext(std::move(object).error(), NameOf(configuration));
  if (!*object) return false;
  request.verb = kube::Verb::kApply;
  request.path += "?fieldManager=irsa-ca-bundle&force=true";
  request.body = **std::move(object);
  const auto applied = kube::BodyOf(api.Send(request), "apply the caBundle of " + NameOf(configuration));
  if (!applied.ok()) return applied.error();
  return true;
}

}  // namespace irsa::serve
