// What the commands of `irsa issuer` that read an issuer's keys share, and those with a file of their own.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/public_key.h"

#include "issuer_keys.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// Of a published file. Far over what is ever there; the parsers have tighter limits of their own.
inline constexpr size_t kMaxFileBytes = 4 << 20;

struct IssuerOptions {
  std::vector<std::string> key_files;
  std::string issuer;
  std::string jwks_uri;
  std::string output = "text";
};

// --key, --issuer and --jwks-uri.
void AddIssuerOptions(CLI::App& command, IssuerOptions& options);

// What is wrong with --issuer is thrown as CLI11 throws it, so that it is reported alike.
void CheckIssuer(const IssuerOptions& options);

// Says what to know about them.
Result<IssuerKeys> ReadKeys(const IssuerOptions& options);

// The discovery document of an issuer with these keys; `jwks_uri` empty: below the issuer, where kube-apiserver has it.
oidc::DiscoveryDocument MakeDiscovery(const std::string& issuer, std::string_view jwks_uri,
                                      std::span<const oidc::PublicKey* const> keys);

// Declare `publish` and `rotate` below `issuer`.
void AddPublish(CLI::App& issuer, std::function<int()>& run);
void AddRotate(CLI::App& issuer, std::function<int()>& run);

}  // namespace irsa::cli
