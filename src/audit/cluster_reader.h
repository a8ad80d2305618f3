// Reads the objects that an audit looks at, and keeps account of those that it may not read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/checks/account_check.h"
#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/identity/sources/identity_index.h"
#include "irsa/kube/api/account_requests.h"
#include "irsa/kube/api/api_capabilities.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/objects.h"

#include "audit/checks/webhook_check.h"

namespace irsa::audit {

// What became of an object or a list that was asked for.
enum class Reading {
  kRead,
  kMissing,  // there is no such object, or no such kind of object
  kUnread,   // it may not be read, or not be understood; noted
};

class ClusterReader {
 public:
  // All outlive the reader.
  ClusterReader(kube::ApiServer& server, const base::Clock& clock, const identity::Settings& settings)
      : server_(server), clock_(clock), settings_(settings) {}

  // `what` is what somebody who may not read it is told: "the webhook's configuration".
  Reading Object(const std::string& path, std::string_view what, const std::function<void(const base::Json&)>& take);
  Reading List(const kube::ObjectList& list, std::string_view what,
               const std::function<void(const kube::ObjectView&)>& take);

  // Into `defaults`, where the settings use default roles, what the namespaces' annotations say.
  Reading ReadNamespaces(const std::string& namespace_name, Namespaces& namespaces, identity::IdentityIndex& defaults);
  Reading ReadWebhook(const std::string& kind, const std::string& name, std::optional<WebhookConfiguration>& webhook);
  Reading ReadService(const Installation& installation, std::optional<ServiceFacts>& service);
  // The PEM text of its tls.crt; `pem` stays empty when it has none.
  Reading ReadCertificate(const Installation& installation, std::optional<std::string>& pem);
  // Keeps the accounts that are annotated, and hands on every one, with whether an annotation gives it a role.
  Reading ReadAccounts(const std::string& namespace_name, AccountTable& accounts,
                       const std::function<void(const kube::ObjectView&, bool has_role)>& take);
  Reading ReadConfigMap(const Installation& installation, identity::IdentityIndex& index);
  // Nothing when it may not be asked; noted.
  std::optional<kube::AccessAnswer> ReviewAccess(const kube::AccountReference& account,
                                                 const kube::AccessQuestion& question);
  // `capabilities` stays empty when the apiserver did not say.
  void ReadCapabilities(std::optional<kube::ApiCapabilities>& capabilities);
  // With those of the bindings that exist. `older_version`: in which the API has the policy instead of in v1, where
  // bindings are of no interest; empty: v1 it is.
  Reading ReadPolicy(std::string_view kind, const std::string& name, const std::vector<std::string>& bindings,
                     const std::string& older_version, PolicyFacts& facts);

  std::vector<Unread>& unread() { return unread_; }
  // The error of the request that got no answer, if there was one.
  const std::optional<Error>& outage() const { return outage_; }

 private:
  // Of the group of all registrations, in that version of it.
  Reading Registration(std::string_view version, std::string_view kind, const std::string& name,
                       const std::function<void(const base::Json&)>& take);
  Reading Conclude(const Error& error, std::string_view what);
  void Note(const Error& error, std::string_view what);

  kube::ApiServer& server_;
  const base::Clock& clock_;
  const identity::Settings& settings_;
  std::vector<Unread> unread_;
  std::optional<Error> outage_;
};

}  // namespace irsa::audit
