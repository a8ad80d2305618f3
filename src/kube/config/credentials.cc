#include "credentials.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::kube {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;    // what http::ClientTls takes for CAs
constexpr size_t kMaxTokenBytes = 64 << 10;  // an apiserver takes 1 MiB of headers at most

// How long a plug-in that failed is left alone, and a credential that came too old is used.
constexpr std::chrono::minutes kPause{1};

// Printable ASCII without blanks, so that it cannot end its header.
bool IsToken(const std::string& text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// What messages call a text that a configuration gave: its file, or the text's place in the configuration.
std::string SourceName(const TextSource& source, const char* what) { return source.path.empty() ? what : source.path; }

std::string TextOf(const base::Url& url) { return base::Origin(url) + (url.target == "/" ? "" : url.target); }

}  // namespace

Status ExecLogin::Refresh(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_refused) {
  if (good_until_ && clock_.Now() >= *good_until_) credential_.reset();
  if (credential_ && !is_refused) return {};
  if (failure_ && clock_.SteadyNow() - failed_at_ < kPause) return *failure_;
  auto renewed = runner_.Run(plugin, cluster);
  failure_.reset();
  if (!renewed.ok()) {
    failure_ = std::move(renewed).error();
    failed_at_ = clock_.SteadyNow();
    return *failure_;
  }
  credential_ = *std::move(renewed);
  good_until_ = credential_->expires;
  if (good_until_ && *good_until_ <= clock_.Now()) good_until_ = clock_.Now() + kPause;
  return {};
}

bool MayShowToken(const ClusterConfig& config) {
  const base::Url& server = config.server;
  if (server.scheme == "https") return true;
  const bool is_here = server.host == "localhost" || server.host == "::1" ||
                       (server.host.starts_with("127.") && base::IsAddress(server.host));
  const auto proxy = config.proxies.For(server);
  return is_here && proxy.ok() && !proxy->has_value();
}

Credentials::Credentials(const base::FileReader& files, ClusterConfig config, std::optional<ExecLogin> login)
    : files_(files), config_(std::move(config)), login_(std::move(login)) {}

Credentials::Outcome Credentials::Poll(Reason reason) {
  const Status plugin = PollPlugin(reason);
  const auto token = PollToken();
  const auto tls = PollTls();
  Outcome outcome;
  outcome.changed = (token.ok() && *token) || (tls.ok() && *tls);
  if (!tls.ok()) outcome.status = tls.error();
  if (!token.ok()) outcome.status = token.error();
  if (!plugin.ok()) outcome.status = plugin.error();
  outcome.is_usable = plugin.ok() || PluginCredential() != nullptr;
  return outcome;
}

Status Credentials::PollPlugin(Reason reason) {
  if (!config_.exec || !MayShowToken(config_)) return {};
  if (!login_) return Error{ErrorCode::kInvalid, "the kubeconfig's exec plug-in is not run here"};
  ExecCluster cluster{TextOf(config_.server), config_.tls_server_name, "", config_.proxy_url};
  if (config_.exec->provide_cluster_info) {
    auto ca = Read(config_.ca);
    if (!ca.ok()) return base::WithContext(std::move(ca).error(), "the apiserver's CA");
    cluster.ca_pem = *std::move(ca);
  }
  return login_->Refresh(*config_.exec, cluster, reason == Reason::kRefused);
}

Result<bool> Credentials::PollToken() {
  if ((config_.token.empty() && PluginCredential() == nullptr) || !MayShowToken(config_)) return false;
  auto token = ReadToken();
  if (!token.ok()) return std::move(token).error();
  const bool changed = *token != token_;
  token_ = *std::move(token);
  return changed;
}

// "" when the plug-in gave no token.
Result<std::string> Credentials::ReadToken() const {
  if (const ExecCredential* credential = PluginCredential(); credential != nullptr) {
    if (credential->token.empty() || IsToken(credential->token)) return credential->token;
    return Error{ErrorCode::kInvalid,
                 "the exec plug-in's token is too long or has characters that a token cannot have"};
  }
  const auto text = Read(config_.token);
  if (!text.ok()) return base::WithContext(text.error(), "the token");
  std::string token(base::Trimmed(*text, base::kSpacesAndLineEnds));
  if (IsToken(token)) return token;
  return Error{ErrorCode::kInvalid,
               SourceName(config_.token, "the configured token") + (token.empty() ? " is empty" : " holds no token")};
}

bool Credentials::HasPluginCertificate() const {
  const ExecCredential* credential = PluginCredential();
  return config_.client_certificate.empty() && credential != nullptr && !credential->client_certificate.empty();
}

Result<bool> Credentials::PollTls() {
  // An https proxy is verified by the same CAs.
  const auto proxy = config_.proxies.For(config_.server);
  const bool is_proxy_https = proxy.ok() && *proxy && (*proxy)->url.scheme == "https";
  if (config_.server.scheme != "https" && !is_proxy_https) return false;
  auto texts = ReadTlsTexts();
  if (!texts.ok()) return std::move(texts).error();
  if (tls_ && *texts == tls_texts_) return false;
  auto tls = MakeTls(*texts);
  if (!tls.ok()) return std::move(tls).error();
  tls_ = *std::move(tls);
  tls_texts_ = *std::move(texts);
  return true;
}

Result<std::string> Credentials::Read(const TextSource& source) const {
  if (source.path.empty()) return source.text;
  return files_.Read(source.path, kMaxFileBytes);
}

Result<Credentials::TlsTexts> Credentials::ReadTlsTexts() const {
  auto ca = Read(config_.ca);
  if (!ca.ok()) return base::WithContext(std::move(ca).error(), "the apiserver's CA");
  if (HasPluginCertificate()) {
    return TlsTexts{*std::move(ca), PluginCredential()->client_certificate, PluginCredential()->client_key};
  }
  auto certificate = Read(config_.client_certificate);
  if (!certificate.ok()) return base::WithContext(std::move(certificate).error(), "the client certificate");
  auto key = Read(config_.client_key);
  if (!key.ok()) return base::WithContext(std::move(key).error(), "the client certificate's key");
  return TlsTexts{*std::move(ca), *std::move(certificate), *std::move(key)};
}

Result<std::shared_ptr<const http::ClientTls>> Credentials::MakeTls(const TlsTexts& texts) const {
  http::ClientTlsOptions options;
  options.ca_pem = texts.ca;
  options.trust_system_cas = config_.ca.empty();
  options.server_name = config_.tls_server_name;
  // A CA file that is empty trusts nobody: http::ClientTls refuses it.
  if (!config_.client_certificate.empty() || HasPluginCertificate()) {
    auto pair = crypto::ParseKeyPair(texts.certificate, texts.key);
    if (!pair.ok()) {
      const char* what =
          HasPluginCertificate() ? "the exec plug-in's client certificate" : "the configured client certificate";
      return base::WithContext(std::move(pair).error(), SourceName(config_.client_certificate, what) + " with " +
                                                            SourceName(config_.client_key, "its key"));
    }
    options.certificate = std::make_shared<const crypto::KeyPair>(*std::move(pair));
  }
  auto tls = http::ClientTls::Make(options);
  if (!tls.ok()) return base::WithContext(std::move(tls).error(), SourceName(config_.ca, "the configured CA"));
  return tls;
}

}  // namespace irsa::kube
