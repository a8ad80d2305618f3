#include "key_set_options.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/crypto/key_pair.h"
#include "irsa/http/client/client_tls.h"
#include "irsa/http/client/network_client.h"
#include "irsa/http/client/proxy.h"
#include "irsa/oidc/discovery.h"
#include "irsa/sts/key_source.h"

#include "cli/output/standard_streams.h"
#include "option_types.h"

namespace irsa::cli {
namespace {

Result<std::shared_ptr<const http::ClientTls>> Trust(const KeySetOptions& options) {
  http::ClientTlsOptions tls;
  tls.trust_system_cas = true;
  if (!options.ca_file.empty()) {
    Result<std::string> pem = crypto::ReadCaFile(base::DiskFileReader(), options.ca_file);
    if (!pem.ok()) return std::move(pem).error();
    tls.ca_pem = *std::move(pem);
  }
  auto made = http::ClientTls::Make(tls);
  if (!made.ok() && !options.ca_file.empty()) return base::WithContext(std::move(made).error(), options.ca_file);
  return made;
}

// Whether the proxy for that URL is https.
bool NeedsTls(const http::ProxyChoice& proxies, const std::string& text) {
  const auto url = base::ParseUrl(text);
  const auto proxy = url.ok() ? proxies.For(*url) : Result<std::optional<http::Proxy>>(std::optional<http::Proxy>());
  return proxy.ok() && *proxy && (*proxy)->url.scheme == "https";
}

Result<oidc::JwkSet> ReadFile(const std::string& path) {
  const Result<std::string> text = ReadInput(path, oidc::kMaxJwksBytes);
  if (!text.ok()) return text.error();
  Result<oidc::JwkSet> keys = oidc::ParseJwks(*text);
  if (!keys.ok()) return base::WithContext(std::move(keys).error(), InputName(path));
  return keys;
}

}  // namespace

bool KeySetOptions::IsFile() const { return sts::IsKeyFile(jwks); }

void AddKeySetOptions(CLI::App& command, KeySetOptions& options, const std::string& issuer_help) {
  AddOption(command, "--jwks FILE|URL", options.jwks,
            "Key set of the issuer: a file (- is standard input) or a URL (default: discovered from the issuer)");
  AddOption(command, "--issuer URL", options.issuer, issuer_help);
  AddOption(command, "--ca-file FILE", options.ca_file,
            "CA certificates (PEM) to trust, in addition to the system's, when fetching keys");
}

void CheckKeySetOptions(const KeySetOptions& options) {
  if (!options.issuer.empty()) {
    const Status issuer = oidc::CheckIssuerUrl(options.issuer);
    if (!issuer.ok()) throw CLI::ValidationError("--issuer", issuer.error().message);
  }
  if (!options.jwks.empty() && !options.IsFile()) {
    const auto url = base::ParseUrl(options.jwks);
    if (!url.ok()) throw CLI::ValidationError("--jwks", url.error().message);
  }
}

Status CheckTrustedCas(const KeySetOptions& options) {
  if (options.ca_file.empty()) return {};
  auto tls = Trust(options);
  if (!tls.ok()) return std::move(tls).error();
  return {};
}

Result<oidc::JwkSet> ReadKeySet(const KeySetOptions& options, Quiet quiet) {
  if (options.IsFile()) return ReadFile(options.jwks);
  const auto proxies = http::ProxyChoice::FromEnvironment([](const char* name) { return std::getenv(name); });
  http::NetworkClient client(nullptr, proxies);
  // Without TLS, that is without CAs, plain HTTP still works.
  if (!options.jwks.starts_with("http://") || NeedsTls(proxies, options.jwks)) {
    auto tls = Trust(options);
    if (!tls.ok()) return std::move(tls).error();
    client.SetTls(*std::move(tls));
  }
  const base::SystemClock clock;
  const auto progress = ShowProgress("irsa: fetching the issuer's keys", quiet);
  return sts::FetchKeys({base::DiskFileReader(), client, clock}, options.issuer, options.jwks);
}

}  // namespace irsa::cli
