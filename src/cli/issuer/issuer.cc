#include "issuer.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "irsa/base/url.h"
#include "irsa/iam/web_identity.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/jwks.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

int PrintJwks(const IssuerOptions& options) {
  const Result<IssuerKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  if (options.output == "json") return PrintResult(oidc::WriteJwks(keys->Pointers()));
  std::string text;
  for (const IssuerKey& key : keys->keys) text += Describe(key) + "\n";
  return PrintResult(text);
}

int PrintDiscovery(const IssuerOptions& options) {
  const Result<IssuerKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  for (const std::string& warning : oidc::IssuerWarnings(options.issuer)) Say(kIssuer, warning);
  const auto document = MakeDiscovery(options.issuer, options.jwks_uri, keys->Pointers());
  return PrintResult(oidc::WriteDiscovery(document));
}

void AddKeyOption(CLI::App& command, IssuerOptions& options) {
  AddOption(command, "--key FILE", options.key_files,
            "PEM file of public keys that verify the cluster's tokens, as kube-apiserver's "
            "--service-account-key-file takes it; may be repeated; - is standard input")
      ->allow_extra_args(false)
      ->required();
}

void AddJwks(CLI::App& issuer, std::function<int()>& run) {
  const auto options = std::make_shared<IssuerOptions>();
  options->output = "json";
  CLI::App* command = issuer.add_subcommand("jwks", "Print the key set (JWKS) of public keys");
  command->footer(
      "Examples:\n"
      "  irsa issuer jwks --key /etc/kubernetes/pki/sa.pub");
  AddKeyOption(*command, *options);
  AddOutputOption(*command, options->output, {"text", "json"},
                  "json (the key set itself) or text (a line for each key, with its id)");
  command->callback([options, &run] { run = [options] { return PrintJwks(*options); }; });
}

void AddDiscovery(CLI::App& issuer, std::function<int()>& run) {
  const auto options = std::make_shared<IssuerOptions>();
  CLI::App* command = issuer.add_subcommand("discovery", "Print the OpenID Connect discovery document of an issuer");
  command->footer(
      "Examples:\n"
      "  irsa issuer discovery --issuer https://oidc.example.com --key sa.pub");
  AddIssuerOptions(*command, *options);
  command->callback([options, &run] {
    CheckIssuer(*options);
    if (!options->jwks_uri.empty()) {
      const auto jwks_url = base::ParseUrl(options->jwks_uri);
      if (!jwks_url.ok()) throw CLI::ValidationError("--jwks-uri", jwks_url.error().message);
      if (jwks_url->scheme != "https")
        throw CLI::ValidationError("--jwks-uri", options->jwks_uri + " does not begin with https://");
    }
    run = [options] { return PrintDiscovery(*options); };
  });
}

}  // namespace

void AddIssuerOptions(CLI::App& command, IssuerOptions& options) {
  AddKeyOption(command, options);
  AddOption(command, "--issuer URL", options.issuer,
            "URL of the issuer, exactly as in kube-apiserver's --service-account-issuer")
      ->required();
  AddOption(command, "--jwks-uri URL", options.jwks_uri,
            "URL of the key set (default: the issuer's URL followed by " + std::string(oidc::kJwksPath) + ")");
}

void CheckIssuer(const IssuerOptions& options) {
  const Status issuer = oidc::CheckIssuerUrl(options.issuer);
  if (!issuer.ok()) throw CLI::ValidationError("--issuer", issuer.error().message);
  if (const Status status = iam::CheckIssuer(options.issuer); !status.ok()) {
    throw CLI::ValidationError("--issuer", "IAM cannot register it: " + status.error().message);
  }
}

Result<IssuerKeys> ReadKeys(const IssuerOptions& options) {
  Result<IssuerKeys> keys = ReadIssuerKeys(options.key_files);
  if (!keys.ok()) return keys;
  for (const std::string& notice : keys->notices) Say(kIssuer, notice);
  return keys;
}

oidc::DiscoveryDocument MakeDiscovery(const std::string& issuer, std::string_view jwks_uri,
                                      std::span<const oidc::PublicKey* const> keys) {
  oidc::DiscoveryDocument document;
  document.issuer = issuer;
  document.jwks_uri = jwks_uri.empty() ? oidc::UrlBelow(issuer, oidc::kJwksPath) : std::string(jwks_uri);
  for (const oidc::PublicKey* key : keys) {
    std::string algorithm(oidc::AlgorithmName(key->algorithm()));
    auto& known = document.signing_algorithms;
    if (std::ranges::find(known, algorithm) == known.end()) known.push_back(std::move(algorithm));
  }
  return document;
}

void AddIssuer(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("issuer", "Set up and rotate the OIDC issuer of a self-hosted cluster");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  irsa issuer publish site --issuer https://oidc.example.com --key sa.pub\n"
      "  irsa issuer rotate --current sa.pub --next sa-new.pub\n\n"
      "irsa help issuer COMMAND prints the options of a command.");
  AddJwks(*command, run);
  AddDiscovery(*command, run);
  AddPublish(*command, run);
  AddRotate(*command, run);
}

}  // namespace irsa::cli
