#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "irsa/base/url.h"
#include "irsa/iam/web_identity.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/jwks.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"
#include "issuer_keys.h"
#include "issuer_site.h"
#include "rotation_report.h"

namespace irsa::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> key_files;
  std::string issuer;
  std::string jwks_uri;
  std::string directory;
  std::vector<std::string> dropped;
  bool force = false;
  std::string output = "text";
};

// What is wrong with the arguments is thrown as CLI11 throws it, so that it is reported alike.
void CheckIssuer(const Options& options) {
  const Status issuer = oidc::CheckIssuerUrl(options.issuer);
  if (!issuer.ok()) throw CLI::ValidationError("--issuer", issuer.error().message);
  if (const Status status = iam::CheckIssuer(options.issuer); !status.ok()) {
    throw CLI::ValidationError("--issuer", "IAM cannot register it: " + status.error().message);
  }
}

// Says what to know about them.
Result<IssuerKeys> ReadKeys(const Options& options) {
  Result<IssuerKeys> keys = ReadIssuerKeys(options.key_files);
  if (!keys.ok()) return keys;
  for (const std::string& notice : keys->notices) Say(kIssuer, notice);
  return keys;
}

int PrintJwks(const Options& options) {
  const Result<IssuerKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  if (options.output == "json") return PrintResult(oidc::WriteJwks(keys->Pointers())) ? kDone : kFailed;
  std::string text;
  for (const IssuerKey& key : keys->keys) text += Describe(key) + "\n";
  return PrintResult(text) ? kDone : kFailed;
}

int PrintDiscovery(const Options& options) {
  const Result<IssuerKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  for (const std::string& warning : oidc::IssuerWarnings(options.issuer)) Say(kIssuer, warning);
  const auto document = MakeDiscovery(options.issuer, options.jwks_uri, keys->Pointers());
  return PrintResult(oidc::WriteDiscovery(document)) ? kDone : kFailed;
}

std::string PublishText(const PublishReport& report, const IssuerKeys& keys) {
  std::string text;
  for (const PublishedFile& file : report.files) {
    text += file.path + ": " + std::string(FileStateName(file.state)) + "; serve it at " + file.url + "\n";
  }
  for (const IssuerKey& key : keys.keys) text += "key " + Describe(key) + "\n";
  for (const std::string& id : report.dropped) text += "no longer published: " + (id.empty() ? "a key" : id) + "\n";
  return text;
}

std::string PublishJson(const PublishReport& report, const IssuerKeys& keys, const std::string& issuer) {
  Json files = Json::array();
  for (const PublishedFile& file : report.files) {
    files.push_back({{"path", file.path}, {"url", file.url}, {"state", FileStateName(file.state)}});
  }
  Json key_list = Json::array();
  for (const IssuerKey& key : keys.keys) key_list.push_back(ToJson(key));
  Json json;
  json["issuer"] = issuer;
  json["files"] = std::move(files);
  json["keys"] = std::move(key_list);
  json["dropped"] = report.dropped;
  return JsonText(json);
}

int Publish(const Options& options, const std::string& jwks_path) {
  const Result<IssuerKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  for (const std::string& warning : oidc::IssuerWarnings(options.issuer)) Say(kIssuer, warning);
  for (const IssuerKey& key : keys->keys) {
    if (std::ranges::find(options.dropped, key.key.id()) == options.dropped.end()) continue;
    Say(kIssuer, "--drop " + key.key.id() + ": " + key.file + " is that key; it cannot be both published and dropped");
    return kUsage;
  }
  const std::vector<const oidc::PublicKey*> pointers = keys->Pointers();
  const Result<PublishReport> report =
      PublishIssuer({options.directory, options.issuer, jwks_path, pointers, options.dropped, options.force});
  if (!report.ok()) return Fail(kIssuer, report.error());
  const bool printed =
      PrintResult(options.output == "json" ? PublishJson(*report, *keys, options.issuer) : PublishText(*report, *keys));
  return printed ? kDone : kFailed;
}

void AddKeyOption(CLI::App& command, Options& options) {
  AddOption(command, "--key FILE", options.key_files,
            "PEM file of public keys that verify the cluster's tokens, as kube-apiserver's "
            "--service-account-key-file takes it; may be repeated; - is standard input")
      ->allow_extra_args(false)
      ->required();
}

void AddIssuerOptions(CLI::App& command, Options& options) {
  AddKeyOption(command, options);
  AddOption(command, "--issuer URL", options.issuer,
            "URL of the issuer, exactly as in kube-apiserver's --service-account-issuer")
      ->required();
  AddOption(command, "--jwks-uri URL", options.jwks_uri,
            "URL of the key set (default: the issuer's URL followed by " + std::string(oidc::kJwksPath) + ")");
}

void AddJwks(CLI::App& issuer, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
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
  const auto options = std::make_shared<Options>();
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

void AddPublish(CLI::App& issuer, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      issuer.add_subcommand("publish", "Write an issuer's discovery document and key set for a static web host");
  command->footer(
      "Serve DIR at the issuer's URL, including its path. Each file is replaced atomically, the key set first. Files "
      "of another issuer are kept, and a published key that tokens may still need is removed only with --drop.\n\n"
      "Examples:\n"
      "  irsa issuer publish site --issuer https://oidc.example.com --key sa.pub\n"
      "  aws s3 sync site s3://oidc.example.com");
  command->add_option("DIR", options->directory, "Directory for the files; created if it does not exist")
      ->check(CheckDirectory)
      ->required();
  AddIssuerOptions(*command, *options);
  AddOption(*command, "--drop KID", options->dropped,
            "Id (kid) of a published key to remove, once its last token has expired; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--force", options->force, "Replace another issuer's files, and remove keys without --drop");
  AddOutputOption(*command, options->output, {"text", "json"}, "What to print about the files");
  command->callback([options, &run] {
    CheckIssuer(*options);
    std::string jwks_path(oidc::kJwksPath);
    if (!options->jwks_uri.empty()) {
      auto path = PathBelowIssuer(options->issuer, options->jwks_uri);
      if (!path.ok()) throw CLI::ValidationError("--jwks-uri", path.error().message);
      jwks_path = *std::move(path);
    }
    run = [options, jwks_path] { return Publish(*options, jwks_path); };
  });
}

}  // namespace

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
