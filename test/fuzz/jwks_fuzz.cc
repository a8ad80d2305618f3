// Any bytes at all as a key set, a discovery document or PEM: what can be read also comes back from what is written of
// it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/url.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/jwks.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void WriteAndRead(const std::vector<const PublicKey*>& keys) {
  const auto again = ParseJwks(WriteJwks(keys));
  Require(again.ok() && again->skipped.empty() && again->keys.size() <= keys.size());
  Require(again->keys.empty() == keys.empty());
  for (const Jwk& jwk : again->keys) Require(jwk.id == jwk.key.id() && jwk.algorithm == jwk.key.algorithm());
}

void CheckKeySet(std::string_view text) {
  const auto set = ParseJwks(text);
  if (!set.ok()) return;
  std::vector<const PublicKey*> keys;
  for (const Jwk& jwk : set->keys) {
    Require(!jwk.algorithm || jwk.key.Fits(*jwk.algorithm));
    keys.push_back(&jwk.key);
  }
  for (const SkippedJwk& skipped : set->skipped) {
    Require(!skipped.reason.empty() && Describe(skipped).find('\n') == std::string::npos);
  }
  WriteAndRead(keys);
}

void CheckPem(std::string_view text) {
  const auto read = PublicKeysFromPem(text);
  if (!read.ok()) return;
  std::vector<const PublicKey*> keys;
  for (const PemKey& key : *read) keys.push_back(&key.key);
  Require(!keys.empty());
  WriteAndRead(keys);
}

void CheckDiscovery(std::string_view text) {
  const auto uri = ReadJwksUri(text, "https://i.test");
  if (!uri.ok()) return;
  const auto again = ReadJwksUri(WriteDiscovery({"https://i.test", *uri, {}}), "https://i.test");
  Require(again.ok() && *again == *uri);
}

void CheckIssuer(std::string_view text) {
  if (!CheckIssuerUrl(text).ok()) return;
  const base::UrlParts parts = base::SplitUrl(text);
  Require(UrlBelow(text, "/").starts_with("https://" + std::string(parts.authority) + "/"));
  Require(CheckIssuerUrl(UrlBelow(text, kJwksPath)).ok());
}

}  // namespace
}  // namespace irsa::oidc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  irsa::oidc::CheckKeySet(text);
  irsa::oidc::CheckPem(text);
  irsa::oidc::CheckDiscovery(text);
  irsa::oidc::CheckIssuer(text);
  return 0;
}
