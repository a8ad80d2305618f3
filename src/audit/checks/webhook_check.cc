#include "webhook_check.h"

#include <algorithm>
#include <utility>

#include "irsa/base/base64.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/certificate_path.h"

namespace irsa::audit {
namespace {

using crypto::CertificateText;

// Of its life that is left when a certificate should have been renewed: irsa and cert-manager do it at a third.
constexpr int kLateRenewal = 6;

constexpr const char* kInstallAgain = "install it again: kubectl apply -k deploy/kustomize, or helm upgrade";
constexpr const char* kSelfManagedStep =
    "irsa serve --tls-self-managed sets it within seconds while a replica runs, and cert-manager by its annotation "
    "cert-manager.io/inject-ca-from; if not, see why: kubectl logs -n ";

ObjectName NameOf(const WebhookConfiguration& webhook) { return {webhook.kind, "", webhook.name}; }

std::string LogsCommand(const Installation& installation) {
  return kSelfManagedStep + installation.namespace_name + " deployment/" + installation.service_name;
}

struct Bundle {
  std::string pem;
  std::vector<CertificateText> certificates;
};

std::optional<Bundle> ReadBundle(const WebhookEntry& entry) {
  auto pem = base::DecodeBase64(entry.ca_bundle);
  if (!pem.ok()) return std::nullopt;
  auto certificates = crypto::SplitCertificates(*pem, crypto::kTrustedCaLimits);
  if (!certificates.ok()) return std::nullopt;
  return Bundle{*std::move(pem), *std::move(certificates)};
}

bool IsValid(const CertificateText& certificate, base::SystemTime now) {
  return certificate.not_before <= now && now < certificate.not_after;
}

bool HasValid(const Bundle& bundle, base::SystemTime now) {
  return std::ranges::any_of(bundle.certificates, [now](const CertificateText& ca) { return IsValid(ca, now); });
}

// The entries that are called through a Service, and so need a caBundle.
std::vector<const WebhookEntry*> EntriesByService(const WebhookConfiguration& webhook) {
  std::vector<const WebhookEntry*> entries;
  for (const WebhookEntry& entry : webhook.entries) {
    if (!entry.service_name.empty()) entries.push_back(&entry);
  }
  return entries;
}

// Whether it sees pods of more than kube-system, which is to fail open whatever the others do. Namespaces that nobody
// knows are taken for such.
bool SeesOthers(const WebhookEntry& entry, const Namespaces* namespaces) {
  return namespaces == nullptr || std::ranges::any_of(*namespaces, [&entry](const auto& each) {
           return each.first != kSystemNamespace && entry.namespaces.Matches(each.second);
         });
}

void AddBlocksItself(const WebhookConfiguration& webhook, const WebhookEntry& entry, const Installation& installation,
                     std::vector<Finding>& findings) {
  findings.push_back(
      {FindingKind::kWebhookBlocksItself, NameOf(webhook),
       "entry " + entry.name + " has failurePolicy Fail and sees pods of the namespace " + installation.namespace_name,
       "when no replica runs, the apiserver also refuses irsa's own pods",
       "exclude the namespace in the entry's namespaceSelector: kubernetes.io/metadata.name NotIn (" +
           installation.namespace_name + ")"});
}

std::vector<crypto::ServerName> NamesIn(const std::string& pem) {
  auto certificates = crypto::ParseCertificates(pem);
  if (!certificates.ok()) return {};
  crypto::KeyPair leaf;
  leaf.leaf = std::move(certificates->front());
  return crypto::ServerNamesOf(leaf);
}

bool Contains(const std::vector<crypto::ServerName>& names, const std::string& name) {
  const std::string wildcard = "*" + name.substr(std::min(name.find('.'), name.size()));
  return std::ranges::any_of(names, [&](const crypto::ServerName& each) {
    return each.kind == crypto::ServerName::Kind::kDns && (each.text == name || each.text == wildcard);
  });
}

void CheckNames(const CertificateText& leaf, const Installation& installation, const ObjectName& secret,
                std::vector<Finding>& findings) {
  const std::string name = installation.service_name + "." + installation.namespace_name + ".svc";
  const std::vector<crypto::ServerName> names = NamesIn(leaf.pem);
  if (Contains(names, name)) return;
  const std::string what = names.empty() ? "its certificate has no subject alternative name; a common name does not "
                                           "count"
                                         : "its certificate is not for " + name;
  findings.push_back({FindingKind::kCertificateNameMismatch, secret, what,
                      names.empty() ? "the apiserver calls irsa by the name " + name + ", and refuses to"
                                    : "that is the name the apiserver calls irsa by, so it refuses to",
                      "have it issued for that name: --service-name and --namespace of irsa serve, or dnsNames of "
                      "cert-manager's Certificate"});
}

Finding PathFinding(const crypto::PathFailure& failure, const std::vector<std::string>& entries,
                    const WebhookConfiguration& webhook, const Installation& installation, const ObjectName& secret) {
  using Kind = crypto::PathFailure::Kind;
  const std::string why = "the apiserver refuses to call irsa";
  const std::string in = ", in " + base::Joined(entries);
  if (failure.kind == Kind::kRootExpired) {
    return {FindingKind::kCaExpired, NameOf(webhook), "in caBundle, " + failure.text + in,
            why + "; a valid CA next to it does not help", LogsCommand(installation)};
  }
  if (failure.kind == Kind::kRefused) {
    return {FindingKind::kCertificatePathRefused, secret, failure.text, why + in,
            "have tls.crt issued again, with the intermediates that lead to a CA in caBundle: kubectl delete secret " +
                secret.name + " -n " + secret.namespace_name};
  }
  return {FindingKind::kCaBundleMismatch, NameOf(webhook),
          "no CA in caBundle issued the certificate in " + Text(secret) + in, why + ": " + failure.text,
          LogsCommand(installation)};
}

// Whether the entries' caBundles lead to the certificate that is served.
void CheckPaths(const std::string& pem, const WebhookConfiguration& webhook, const Installation& installation,
                const ObjectName& secret, base::SystemTime now, std::vector<Finding>& findings) {
  std::vector<std::pair<crypto::PathFailure, std::vector<std::string>>> refusing;  // entries by what they fail at
  for (const WebhookEntry* entry : EntriesByService(webhook)) {
    const auto bundle = entry->ca_bundle.empty() ? std::nullopt : ReadBundle(*entry);
    if (!bundle || !HasValid(*bundle, now)) continue;
    const auto failure = crypto::FindPathFailure(pem, bundle->pem, now);
    if (!failure) continue;
    const auto same = std::ranges::find_if(refusing, [&failure](const auto& each) { return each.first == *failure; });
    if (same == refusing.end()) {
      refusing.push_back({*failure, {entry->name}});
    } else {
      same->second.push_back(entry->name);
    }
  }
  for (const auto& [failure, entries] : refusing) {
    findings.push_back(PathFinding(failure, entries, webhook, installation, secret));
  }
}

void CheckValidity(const CertificateText& leaf, const ObjectName& secret, base::SystemTime now,
                   std::vector<Finding>& findings) {
  const std::string span = base::FormatRfc3339(leaf.not_before) + " to " + base::FormatRfc3339(leaf.not_after);
  if (!IsValid(leaf, now)) {
    findings.push_back({FindingKind::kCertificateExpired, secret, "its certificate is valid from " + span,
                        "the apiserver refuses to call irsa, as if irsa were down",
                        "have it issued again: kubectl delete secret " + secret.name + " -n " + secret.namespace_name});
  } else if (leaf.not_after - now < (leaf.not_after - leaf.not_before) / kLateRenewal) {
    findings.push_back({FindingKind::kCertificateExpiring, secret, "its certificate is valid from " + span,
                        "it should have been renewed when a third of its lifetime was left",
                        "look in the logs of irsa or cert-manager; or have it issued again: kubectl delete secret " +
                            secret.name + " -n " + secret.namespace_name});
  }
}

}  // namespace

Finding MissingWebhook(const Installation& installation, bool has_policy) {
  return {
      FindingKind::kWebhookMissing,
      {"MutatingWebhookConfiguration", "", installation.mutating_configuration},
      "it does not exist",
      has_policy
          ? "kube-apiserver does not call irsa serve for pods that the identity policy leaves to it, so they get no "
            "identity"
          : "nothing gives pods their identity: kube-apiserver calls no webhook and has no identity policy in force",
      has_policy ? "install it again, or run irsa controller if the policy should work alone (docs/policy.md)"
                 : kInstallAgain};
}

std::vector<Finding> CheckWebhook(const WebhookConfiguration& webhook, const Installation& installation,
                                  const Namespaces* namespaces, bool has_policies) {
  std::vector<Finding> findings;
  std::vector<std::string> open;
  bool sees_pods = false;
  for (const WebhookEntry& entry : webhook.entries) {
    if (!entry.sees_pods) continue;
    sees_pods = true;
    if (entry.failure_policy != "Fail") {
      if (SeesOthers(entry, namespaces)) open.push_back(entry.name);
      continue;
    }
    const auto own =
        namespaces == nullptr ? Namespaces::const_iterator() : namespaces->find(installation.namespace_name);
    if (namespaces == nullptr || own == namespaces->end()) continue;
    if (entry.namespaces.Matches(own->second) && entry.objects.Matches(installation.pod_labels)) {
      AddBlocksItself(webhook, entry, installation, findings);
    }
  }
  if (!sees_pods) {
    findings.push_back({FindingKind::kWebhookWithoutPods, NameOf(webhook),
                        "none of its entries has a rule for CREATE of pods",
                        "the apiserver never calls irsa for a pod, so no pod gets its identity", kInstallAgain});
  } else if (!open.empty() && !has_policies) {
    findings.push_back(
        {FindingKind::kWebhookFailsOpen, NameOf(webhook), "failurePolicy is Ignore in " + base::Joined(open),
         "while no replica answers, pods start with the node's role, and no guard refuses them",
         "install the guard and let it deny (docs/guard.md), or the component fail-closed (docs/deploying.md)"});
  }
  return findings;
}

std::vector<Finding> CheckAccountsWebhook(const WebhookConfiguration& webhook) {
  std::vector<std::string> closed;
  for (const WebhookEntry& entry : webhook.entries) {
    if (entry.sees_service_accounts && entry.failure_policy == "Fail") closed.push_back(entry.name);
  }
  if (closed.empty()) return {};
  return {{FindingKind::kAccountsWebhookFailsClosed, NameOf(webhook),
           "failurePolicy is Fail in " + base::Joined(closed),
           "while no replica answers, no service account can get, change or lose a role; irsa only gives warnings "
           "there; older versions installed this",
           kInstallAgain}};
}

std::vector<Finding> CheckService(const Installation& installation, const ServiceFacts* service,
                                  std::optional<Mode> mode) {
  const ObjectName name{"Service", installation.namespace_name, installation.service_name};
  std::string effect = "so pods are admitted without identity";
  if (mode == Mode::kFallback) effect = "so pods that the identity policy leaves to it get no identity";
  if (mode == Mode::kOnly) effect = "so no one is warned about annotations";
  if (service == nullptr) {
    return {{FindingKind::kWebhookServiceMissing, name, "it does not exist, and the webhooks are called through it",
             "the apiserver cannot reach irsa, " + effect, kInstallAgain}};
  }
  if (service->is_external || service->ready_endpoints > 0) return {};
  return {{FindingKind::kWebhookWithoutEndpoints, name, "it has no endpoint that is ready",
           "no replica runs or none is ready, " + effect,
           "see what is wrong: kubectl get pods -n " + installation.namespace_name + ", then kubectl describe pod"}};
}

std::vector<Finding> CheckCaBundles(const WebhookConfiguration& webhook, const Installation& installation,
                                    base::SystemTime now) {
  std::vector<std::string> empty;
  std::vector<std::string> malformed;
  std::vector<std::string> expired;
  for (const WebhookEntry* entry : EntriesByService(webhook)) {
    if (entry->ca_bundle.empty()) {
      empty.push_back(entry->name);
      continue;
    }
    const auto bundle = ReadBundle(*entry);
    if (!bundle) {
      malformed.push_back(entry->name);
    } else if (!HasValid(*bundle, now)) {
      expired.push_back(entry->name);
    }
  }
  const std::string why = "the apiserver refuses to call irsa";
  const std::string fix = LogsCommand(installation);
  std::vector<Finding> findings;
  const auto add = [&](FindingKind kind, const std::vector<std::string>& entries, const std::string& what) {
    if (!entries.empty()) findings.push_back({kind, NameOf(webhook), what + base::Joined(entries), why, fix});
  };
  add(FindingKind::kCaBundleEmpty, empty, "caBundle is empty in ");
  add(FindingKind::kCaBundleMalformed, malformed, "caBundle holds no certificates in PEM in ");
  add(FindingKind::kCaExpired, expired, "no certificate in caBundle is valid now in ");
  return findings;
}

std::vector<Finding> CheckCertificate(const std::optional<std::string>& pem, const WebhookConfiguration& webhook,
                                      const Installation& installation, base::SystemTime now) {
  const ObjectName secret{"Secret", installation.namespace_name, installation.certificate_secret};
  std::optional<std::vector<CertificateText>> chain;
  if (pem) {
    if (auto certificates = crypto::SplitCertificates(*pem); certificates.ok()) chain = *std::move(certificates);
  }
  if (!chain) {
    return {{FindingKind::kCertificateMissing, secret,
             pem ? "its tls.crt holds no certificate in PEM" : "it does not exist, or has no tls.crt",
             "irsa has nothing to serve with",
             "find out why it is not created: kubectl logs -n " + installation.namespace_name + " deployment/" +
                 installation.service_name}};
  }
  std::vector<Finding> findings;
  CheckValidity(chain->front(), secret, now, findings);
  CheckNames(chain->front(), installation, secret, findings);
  CheckPaths(*pem, webhook, installation, secret, now, findings);
  return findings;
}

}  // namespace irsa::audit
