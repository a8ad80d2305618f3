// A whole cluster to audit.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "irsa/audit/cluster_audit.h"
#include "irsa/base/base64.h"
#include "irsa/crypto/certificate_authority.h"

#include "test/audit/objects.h"
#include "test/testing/fake_clock.h"

namespace irsa::audit {

inline constexpr const char* kRegistration = "/apis/admissionregistration.k8s.io/v1";
inline constexpr const char* kPod = "/api/v1/namespaces/team-a/pods/web-1";
inline constexpr const char* kAccount = "/api/v1/namespaces/team-a/serviceaccounts/app";
inline constexpr const char* kGuardBinding =
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/irsa-guard";
inline constexpr const char* kWebhook = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa";
inline constexpr const char* kAccountsWebhook =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/irsa";

// A cluster in which all is well: one account with a role, one pod of it.
class ClusterAuditTest : public ::testing::Test {
 protected:
  ClusterAuditTest() {
    const auto ca = crypto::CertificateAuthority::Create("a CA", clock_.Now(), std::chrono::hours(900)).value();
    const std::string bundle = base::EncodeBase64(ca.pem().certificate);
    const std::vector<std::string> names = {"irsa.irsa-system.svc"};
    const auto pair = ca.Issue(names, clock_.Now(), std::chrono::hours(900)).value();
    Json validating = PodWebhook(bundle);
    validating["webhooks"][0]["rules"][0]["resources"] = {"serviceaccounts"};
    validating["webhooks"][0]["failurePolicy"] = "Ignore";
    cluster_.Put(kWebhook, PodWebhook(bundle));
    cluster_.Put(kAccountsWebhook, validating);
    PutGuard("webhook");
    cluster_.Put(kGuardBinding, BindingOfGuard());
    cluster_.Put("/version", {{"gitVersion", "v1.36.3"}});
    cluster_.Put(kRegistration, {{"resources",
                                  {{{"name", "mutatingwebhookconfigurations"}},
                                   {{"name", "validatingadmissionpolicies"}},
                                   {{"name", "mutatingadmissionpolicies"}}}}});
    for (const char* name : {"irsa-system", "team-a"}) {
      cluster_.Put(std::string("/api/v1/namespaces/") + name,
                   {{"metadata", {{"labels", {{"kubernetes.io/metadata.name", name}}}}}});
    }
    cluster_.Put("/api/v1/namespaces/irsa-system/services/irsa", {{"spec", {{"type", "ClusterIP"}}}});
    cluster_.Put("/apis/discovery.k8s.io/v1/namespaces/irsa-system/endpointslices/irsa-x",
                 {{"endpoints", {{{"conditions", {{"ready", true}}}}}}});
    cluster_.Put("/api/v1/namespaces/irsa-system/secrets/irsa-tls",
                 {{"data", {{"tls.crt", base::EncodeBase64(pair.certificate)}}}});
    cluster_.Put(kAccount, AnnotatedAccount());
    cluster_.Put("/api/v1/namespaces/team-a/serviceaccounts/default", {{"metadata", Json::object()}});
    cluster_.Put(kPod, IdentifiedPod());
  }

  Report Audit() { return AuditCluster(cluster_, clock_, options_).value(); }
  void PutGuard(const std::string& mode) {
    cluster_.Put(std::string(kRegistration) + "/validatingadmissionpolicies/irsa-guard", PolicyOfGuard(mode));
  }
  // The identity policy beside all that; without the webhook, the mode "only" with irsa controller.
  void PutPolicy(bool has_webhook) {
    PutGuard(has_webhook ? "fallback" : "only");
    cluster_.Put(std::string(kRegistration) + "/mutatingadmissionpolicies/irsa-identity", PolicyOfIdentities());
    PutPolicyBinding(Json::object());
    if (has_webhook) return;
    options_.installation.process = Process::kController;
    cluster_.Remove(kWebhook);
  }
  void PutPolicyBinding(const Json& selector) {
    Json binding = BindingOfIdentities();
    binding["spec"]["paramRef"]["selector"] = selector;
    cluster_.Put(std::string(kRegistration) + "/mutatingadmissionpolicybindings/irsa-identity", binding);
  }
  // Policies and nothing else: the mode "only" without irsa.
  void TakeIrsaAway() {
    PutPolicy(false);
    options_.installation.process = Process::kNone;
    cluster_.Remove(kAccountsWebhook);
    cluster_.Remove("/api/v1/namespaces/irsa-system/services/irsa");
    cluster_.Remove("/api/v1/namespaces/irsa-system/secrets/irsa-tls");
    cluster_.Remove("/api/v1/namespaces/irsa-system");
  }
  Names Found() { return Kinds(Audit().findings); }

  testing::FakeClock clock_;
  FakeCluster cluster_;
  AuditOptions options_;
};

}  // namespace irsa::audit
