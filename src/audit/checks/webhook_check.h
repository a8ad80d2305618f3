// What is wrong with how kube-apiserver reaches irsa: the webhook's registration, its Service, its certificate. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/audit/facts/label_selector.h"
#include "irsa/base/clock.h"

namespace irsa::audit {

inline constexpr const char* kSystemNamespace = "kube-system";

// Labels of each namespace, by its name.
using Namespaces = std::map<std::string, Labels, std::less<>>;

// The webhook for pods is not registered at all. `has_policy`: kube-apiserver does most of its work itself.
Finding MissingWebhook(const Installation& installation, bool has_policy);

// The registration itself. `namespaces` is null when they are not known; `has_policies`: a pod that no replica answers
// about is left to guard or identity policy.
std::vector<Finding> CheckWebhook(const WebhookConfiguration& webhook, const Installation& installation,
                                  const Namespaces* namespaces, bool has_policies);

// The registration for service accounts, which gives advice: no change of an account is to wait for irsa.
std::vector<Finding> CheckAccountsWebhook(const WebhookConfiguration& webhook);

// The Service that its entries name; null: it does not exist. `mode` is what the installation is meant to be in.
std::vector<Finding> CheckService(const Installation& installation, const ServiceFacts* service,
                                  std::optional<Mode> mode);

// caBundle of all entries that are called through a Service.
std::vector<Finding> CheckCaBundles(const WebhookConfiguration& webhook, const Installation& installation,
                                    base::SystemTime now);

// The serving certificate (PEM, with its chain; nothing when the Secret has none), and whether the entries' caBundles
// are of its CA. What CheckCaBundles finds is passed over.
std::vector<Finding> CheckCertificate(const std::optional<std::string>& pem, const WebhookConfiguration& webhook,
                                      const Installation& installation, base::SystemTime now);

}  // namespace irsa::audit
