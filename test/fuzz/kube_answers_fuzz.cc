// Any bytes as what an apiserver answers: a Lease, the Secret with the certificates, a token and a review of access.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "irsa/base/log.h"
#include "irsa/kube/api/account_requests.h"
#include "irsa/kube/api/leader_lease.h"

#include "src/serve/certificates/certificate_renewal.h"
#include "src/serve/certificates/certificate_secret.h"

namespace irsa {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

class OneAnswer final : public kube::ApiServer {
 public:
  explicit OneAnswer(std::string_view body) : body_(body) {}
  Result<kube::ApiAnswer> Send(const kube::ApiRequest&) override { return kube::ApiAnswer{200, body_, {}}; }

 private:
  const std::string body_;
};

class SilentLog final : public base::Log {
 public:
  void Write(base::LogLevel, std::string_view, std::initializer_list<base::LogField>) override {}
};

void CheckLease(kube::ApiServer& server) {
  const base::SystemClock clock;
  SilentLog log;
  kube::LeaderLease lease(server, clock, log, {.namespace_name = "irsa", .name = "leader", .identity = "me"});
  for (int i = 0; i < 2; ++i) {
    const Status polled = lease.Poll();
    if (!polled.ok())
      Require(!lease.IsLeader() && polled.error().message.find("lease irsa/leader") != std::string::npos);
  }
  Require(lease.Release().ok());
  Require(!lease.IsLeader());
}

void CheckSecret(kube::ApiServer& server) {
  const serve::CertificateSecret secret(server, "irsa", "irsa-tls");
  const auto stored = secret.Read({});
  if (!stored.ok()) {
    Require(stored.error().message.find("PRIVATE KEY") == std::string::npos);
    return;
  }
  if (!*stored) return;
  const serve::CertificateSet& set = (*stored)->set;
  serve::CertificateSituation situation;
  situation.stored = &set;
  situation.now = base::SystemTime{std::chrono::seconds(1'790'000'000)};
  const serve::CertificateRules rules{{"irsa.irsa.svc"}, std::chrono::hours(24 * 365), std::chrono::hours(24 * 90)};
  const auto plan = serve::PlanCertificates(situation, rules);
  if (plan.ok()) Require(serve::IsIssuedWithin(plan->target.serving, serve::TrustBundle(plan->target)));
}

void CheckAccount(kube::ApiServer& server) {
  const kube::AccountReference account{"team-a", "my-app"};
  const auto token = kube::RequestToken(server, account, "sts.amazonaws.com", std::chrono::seconds(3600), {});
  Require(token.ok() ? !token->empty() : token.error().message.find("team-a/my-app") != std::string::npos);
  const auto access = kube::ReviewAccess(server, account, {"get", "", "pods", "", ""}, {});
  if (!access.ok()) Require(access.error().message.find("team-a/my-app") != std::string::npos);
}

}  // namespace
}  // namespace irsa

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  irsa::OneAnswer server(text);
  irsa::CheckLease(server);
  irsa::CheckSecret(server);
  irsa::CheckAccount(server);
  return 0;
}
