#include "cluster_reader.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/sources/config_map_entries.h"

namespace irsa::audit {
namespace {

using base::Json;
using base::TextAt;
using kube::CollectionPath;
using kube::ObjectPath;

constexpr std::string_view kVersion = "v1";
constexpr std::chrono::seconds kReviewTimeout{30};

// "ValidatingAdmissionPolicy" -> "validatingadmissionpolicies".
std::string PluralOf(std::string_view kind) {
  std::string plural = base::LowerCase(kind);
  if (!plural.ends_with('y')) return plural + "s";
  return plural.replace(plural.size() - 1, 1, "ies");
}

}  // namespace

Reading ClusterReader::Conclude(const Error& error, std::string_view what) {
  if (error.code == ErrorCode::kNotFound) return Reading::kMissing;
  Note(error, what);
  return Reading::kUnread;
}

void ClusterReader::Note(const Error& error, std::string_view what) {
  if (error.code == ErrorCode::kUnavailable && !outage_) outage_ = error;
  unread_.push_back({std::string(what), error.message});
}

Reading ClusterReader::Object(const std::string& path, std::string_view what,
                              const std::function<void(const Json&)>& take) {
  const auto object = kube::GetObject(server_, clock_, path);
  if (!object.ok()) return Conclude(object.error(), what);
  take(*object);
  return Reading::kRead;
}

Reading ClusterReader::List(const kube::ObjectList& list, std::string_view what,
                            const std::function<void(const kube::ObjectView&)>& take) {
  const Status listed = kube::ListObjects(server_, clock_, list, take);
  return listed.ok() ? Reading::kRead : Conclude(listed.error(), what);
}

Reading ClusterReader::ReadNamespaces(const std::string& namespace_name, Namespaces& namespaces,
                                      identity::IdentityIndex& defaults) {
  constexpr std::string_view kWhat = "the labels of namespaces, by which the webhook and the guard choose them";
  const auto take = [&](const Json& object) {
    const std::string_view name = base::TextAt(object, {"metadata", "name"});
    namespaces.emplace(name, ReadLabels(object));
    if (!settings_.uses_default_roles) return;
    const auto annotations = identity::AnnotationsIn(object, settings_.annotation_prefix);
    if (annotations.empty()) return;
    defaults.PutDefaults(
        name, std::make_shared<const identity::NamespaceDefaults>(identity::ResolveNamespace(annotations, settings_)));
  };
  if (!namespace_name.empty()) return Object(ObjectPath("api/v1", {}, "namespaces", namespace_name), kWhat, take);
  return List({.path = "/api/v1/namespaces", .query = {}, .page_size = 500}, kWhat,
              [&](const kube::ObjectView& object) { take(*object.json); });
}

Reading ClusterReader::Registration(std::string_view version, std::string_view kind, const std::string& name,
                                    const std::function<void(const Json&)>& take) {
  const std::string group = std::string(kube::kRegistrationGroup).append("/").append(version);
  return Object(ObjectPath(group, {}, PluralOf(kind), name), std::string(kind) + " " + name, take);
}

Reading ClusterReader::ReadWebhook(const std::string& kind, const std::string& name,
                                   std::optional<WebhookConfiguration>& webhook) {
  return Registration(kVersion, kind, name,
                      [&](const Json& object) { webhook = ReadWebhookConfiguration(object, kind); });
}

Reading ClusterReader::ReadService(const Installation& installation, std::optional<ServiceFacts>& service) {
  const std::string& namespace_name = installation.namespace_name;
  const std::string what = "Service " + namespace_name + "/" + installation.service_name;
  const Reading reading = Object(ObjectPath("api/v1", namespace_name, "services", installation.service_name), what,
                                 [&](const Json& object) {
                                   service.emplace();
                                   service->is_external = TextAt(object, {"spec", "type"}) == "ExternalName";
                                 });
  if (reading != Reading::kRead || service->is_external) return reading;
  return List(
      {.path = CollectionPath("apis/discovery.k8s.io/v1", namespace_name, "endpointslices"),
       .query = "labelSelector=" + base::EncodeComponent("kubernetes.io/service-name=" + installation.service_name)},
      "the endpoints of " + what,
      [&](const kube::ObjectView& slice) { service->ready_endpoints += CountReadyEndpoints(*slice.json); });
}

Reading ClusterReader::ReadCertificate(const Installation& installation, std::optional<std::string>& pem) {
  const std::string& namespace_name = installation.namespace_name;
  return Object(ObjectPath("api/v1", namespace_name, "secrets", installation.certificate_secret),
                "the certificate in Secret " + namespace_name + "/" + installation.certificate_secret,
                [&](const Json& object) {
                  auto text = base::DecodeBase64(TextAt(object, {"data", "tls.crt"}));
                  if (text.ok() && !text->empty()) pem = *std::move(text);
                });
}

Reading ClusterReader::ReadAccounts(const std::string& namespace_name, AccountTable& accounts,
                                    const std::function<void(const kube::ObjectView&, bool has_role)>& take) {
  return List({.path = CollectionPath("api/v1", namespace_name, "serviceaccounts"), .query = {}, .page_size = 500},
              "service accounts", [&](const kube::ObjectView& object) {
                auto account = ReadAccountFacts(object, settings_);
                take(object, account && account->resolved.identity);
                if (account) accounts[std::string(object.namespace_name)].emplace(object.name, *std::move(account));
              });
}

Reading ClusterReader::ReadConfigMap(const Installation& installation, identity::IdentityIndex& index) {
  const std::string& namespace_name = installation.namespace_name;
  const std::string& name = installation.config_map_name;
  const std::string what = "ConfigMap " + namespace_name + "/" + name;
  return Object(ObjectPath("api/v1", namespace_name, "configmaps", name), what, [&](const Json& object) {
    const std::string_view text = TextAt(object, {"data", "config"});
    if (text.empty()) return;
    auto entries = identity::ReadConfigMapEntries(text, settings_);
    if (!entries.ok()) {
      unread_.push_back({what, entries.error().message});
      return;
    }
    for (const std::string& skipped : entries->skipped) unread_.push_back({what, skipped});
    index = std::move(entries->index);
  });
}

std::optional<kube::AccessAnswer> ClusterReader::ReviewAccess(const kube::AccountReference& account,
                                                              const kube::AccessQuestion& question) {
  const auto answer = kube::ReviewAccess(server_, account, question, clock_.SteadyNow() + kReviewTimeout);
  if (answer.ok()) return *answer;
  // Every apiserver takes such reviews: one that is not found was not made.
  Note(answer.error(), "the rights of service account " + account.namespace_name + "/" + account.name);
  return std::nullopt;
}

void ClusterReader::ReadCapabilities(std::optional<kube::ApiCapabilities>& capabilities) {
  auto read = kube::ReadApiCapabilities(server_, clock_);
  if (read.ok()) {
    capabilities = *std::move(read);
  } else {
    // Every apiserver has a version: what is not found was not read.
    Note(read.error(), "the apiserver's version, and what it serves");
  }
}

Reading ClusterReader::ReadPolicy(std::string_view kind, const std::string& name,
                                  const std::vector<std::string>& bindings, const std::string& older_version,
                                  PolicyFacts& facts) {
  const std::string_view version = older_version.empty() ? kVersion : std::string_view(older_version);
  Reading reading = Registration(version, kind, name, [&](const Json& object) {
    facts.policy = ReadAdmissionPolicy(object);
    facts.older_version = older_version;
  });
  if (!older_version.empty()) return reading;
  const std::string binding_kind = std::string(kind) + "Binding";
  for (const std::string& binding : bindings) {
    reading = std::max(reading, Registration(version, binding_kind, binding, [&](const Json& object) {
                         facts.bindings.push_back(ReadPolicyBinding(object, binding_kind));
                       }));
  }
  return reading;
}

}  // namespace irsa::audit
