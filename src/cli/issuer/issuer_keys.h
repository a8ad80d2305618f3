// What the commands of `irsa issuer` share: their name, and the public keys that they are given as PEM files.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "irsa/base/result.h"
#include "irsa/oidc/public_key.h"

namespace irsa::cli {

// In messages.
inline constexpr const char* kIssuer = "irsa issuer";

struct IssuerKey {
  oidc::PublicKey key;
  std::string file;  // as it was given
};

struct IssuerKeys {
  std::vector<IssuerKey> keys;       // each once, in the order of the files
  std::vector<std::string> notices;  // what whoever gave the files should know: a private key, a key twice

  std::vector<const oidc::PublicKey*> Pointers() const;
};

// The keys of all files ("-" is standard input); at least one. Errors name the file and the block in it.
Result<IssuerKeys> ReadIssuerKeys(std::span<const std::string> files);

// As ReadIssuerKeys, of one file that must hold just one key.
Result<IssuerKey> ReadIssuerKey(const std::string& file, std::vector<std::string>& notices);

// {"kid", "type", "algorithm", "file"}
nlohmann::ordered_json ToJson(const IssuerKey& key);

// "kid  RSA, RS256, sa.pub"
std::string Describe(const IssuerKey& key);

}  // namespace irsa::cli
