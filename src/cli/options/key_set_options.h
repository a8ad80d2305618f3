// Where a command takes an issuer's key set from: a file, a URL, or discovery at the issuer.
#pragma once

#include <string>

#include "irsa/base/result.h"
#include "irsa/oidc/jwks.h"

#include "cli/output/progress.h"

namespace CLI {
class App;
}

namespace irsa::cli {

struct KeySetOptions {
  std::string jwks;    // a file, "-" or a URL; empty: found by discovery
  std::string issuer;  // a URL
  std::string ca_file;

  bool empty() const { return jwks.empty() && issuer.empty(); }
  bool IsFile() const;  // the key set is, or standard input
};

// Declares --jwks, --issuer and --ca-file, which are parsed into `options`, which outlives `command`.
// `issuer_help` says what the issuer is to the command.
void AddKeySetOptions(CLI::App& command, KeySetOptions& options, const std::string& issuer_help);

// Throws what CLI11 throws when a given issuer or URL is none. To be called when the command line has been parsed.
void CheckKeySetOptions(const KeySetOptions& options);

// Whether --ca-file, if given, can be read and used; errors name it.
Status CheckTrustedCas(const KeySetOptions& options);

// The set, with the operating system's CAs trusted and those of --ca-file, through the environment's proxies. `options`
// is not empty and passed CheckKeySetOptions. Shows that it is fetching, unless it is to be quiet. Errors name the file
// or URL; kUnavailable when the other side cannot be reached.
Result<oidc::JwkSet> ReadKeySet(const KeySetOptions& options, Quiet quiet);

}  // namespace irsa::cli
