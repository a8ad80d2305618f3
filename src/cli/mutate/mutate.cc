#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "irsa/base/files.h"
#include "irsa/identity/sources/container_credentials_file.h"
#include "irsa/identity/sources/service_account_file.h"
#include "irsa/manifest/manifest.h"

#include "cli/options/command.h"
#include "cli/options/mutation_options.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"
#include "manifest_mutator.h"
#include "mutation_output.h"

namespace irsa::cli {
namespace {

constexpr const char* kMutate = "irsa mutate";

struct MutateOptions {
  std::vector<std::string> files;
  std::string service_accounts;
  std::string container_credentials;
  std::string namespace_name = "default";
  std::string output = "yaml";
  std::string color = "auto";
  bool quiet = false;
  identity::Settings settings;
};

bool WantsColor(const std::string& color) {
  if (color != "auto") return color == "always";
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  return (no_color == nullptr || *no_color == '\0') && ::isatty(STDOUT_FILENO) == 1;
}

// The documents of all files, and the objects in them, whose places begin with the file's name.
struct Manifests {
  std::vector<std::vector<manifest::Document>> files;
  std::vector<manifest::Object> objects;
};

Status ReadManifest(const std::string& path, Manifests& manifests) {
  const size_t max_bytes = manifest::Limits().max_bytes;
  const std::string name = InputName(path);
  const Result<std::string> text = ReadInput(path, max_bytes);
  if (!text) return text.error();
  Result<std::vector<manifest::Document>> documents = manifest::ReadDocuments(*text);
  if (!documents) return base::WithContext(std::move(documents).error(), name);
  Result<std::vector<manifest::Object>> objects = manifest::ObjectsIn(*documents);
  if (!objects) return base::WithContext(std::move(objects).error(), name);
  if (objects->empty()) Say(kMutate, name + ": note: it contains no objects");
  for (manifest::Object& object : *objects) {
    object.place.insert(0, name + ": ");
    manifests.objects.push_back(std::move(object));
  }
  manifests.files.push_back(*std::move(documents));
  return {};
}

Result<identity::IdentityIndex> ReadAccounts(const MutateOptions& options) {
  if (options.service_accounts.empty()) return identity::IdentityIndex();
  const Result<std::string> text = ReadInput(options.service_accounts, identity::kMaxServiceAccountFileBytes);
  if (!text) return text.error();
  Result<identity::IdentityIndex> accounts =
      identity::ReadServiceAccounts(*text, options.namespace_name, options.settings);
  if (!accounts) return base::WithContext(std::move(accounts).error(), InputName(options.service_accounts));
  return accounts;
}

Result<identity::IdentityIndex> ReadListed(const MutateOptions& options) {
  if (options.container_credentials.empty()) return identity::IdentityIndex();
  const Result<std::string> text =
      base::ReadFileOrPipe(options.container_credentials, identity::kMaxContainerCredentialsBytes);
  if (!text) return text.error();
  Result<identity::ListedAccounts> listed = identity::ReadListedAccounts(*text);
  if (!listed) return base::WithContext(std::move(listed).error(), options.container_credentials);
  for (const std::string& skipped : listed->skipped) {
    Say(kMutate, options.container_credentials + ": note: skipped " + skipped);
  }
  return std::move(listed->index);
}

std::string Format(const MutateOptions& options, const Manifests& manifests, const MutationReport& report) {
  if (options.output == "patch") return FormatPatches(report.mutated);
  if (options.output == "diff") return FormatDiffs(report.mutated, WantsColor(options.color));
  std::vector<manifest::Document> documents;
  for (const auto& file : manifests.files) documents.insert(documents.end(), file.begin(), file.end());
  return options.output == "json" ? FormatJson(documents) : FormatYaml(documents);
}

// Prints all or nothing: half a result piped into kubectl would be worse than none.
int Mutate(const MutateOptions& options) {
  bool has_failed = false;
  const auto fail = [&has_failed](const Error& error) {
    Say(kMutate, error.message);
    has_failed = true;
  };
  Manifests manifests;
  for (const std::string& file : options.files) {
    if (const Status status = ReadManifest(file, manifests); !status) fail(status.error());
  }
  const Result<identity::IdentityIndex> accounts = ReadAccounts(options);
  if (!accounts) fail(accounts.error());
  const Result<identity::IdentityIndex> listed = ReadListed(options);
  if (!listed) fail(listed.error());
  if (has_failed) return kFailed;

  const MutationReport report =
      MutateObjects(manifests.objects, {*accounts, *listed}, options.namespace_name, options.settings);
  if (!options.quiet) {
    for (const std::string& notice : report.notices) Say(kMutate, notice);
  }
  for (const Error& error : report.errors) fail(error);
  if (has_failed) return kFailed;
  return PrintResult(Format(options, manifests, report));
}

void CheckFiles(MutateOptions& options) {
  if (options.files.empty()) options.files.emplace_back(kStandardInput);
  const auto readers =
      std::ranges::count(options.files, kStandardInput) + (options.service_accounts == kStandardInput ? 1 : 0);
  if (readers > 1) throw CLI::ValidationError("--filename", "standard input (-) can be used only once");
}

}  // namespace

void AddMutate(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<MutateOptions>();
  CLI::App* command = app.add_subcommand(
      "mutate", "Give the pods in manifests their identities, as the webhook would, without a cluster");
  command->footer(
      "Reads YAML or JSON with any number of documents and Lists. Mutates pods and the pod templates of Deployments, "
      "StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs and CronJobs, and keeps all other values; "
      "comments are lost. Pods labelled eks.amazonaws.com/skip-pod-identity-webhook stay as they are, with a note, "
      "since the apiserver never sends them to a webhook. YAML is read as kubectl reads it: an unquoted n is false.\n\n"
      "Service accounts among the manifests take precedence over those of --service-accounts.\n\n"
      "Examples:\n"
      "  irsa mutate -f deployment.yaml -f accounts.yaml -o diff\n"
      "  helm template shop | irsa mutate | kubectl apply -f -\n\n" +
      AnnotationsText());
  AddOption(*command, "-f,--filename FILE", options->files,
            "Manifest to read; may be repeated; - is standard input, the default")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  AddOption(*command, "--service-accounts FILE", options->service_accounts,
            "Manifest with more service accounts; - is standard input");
  AddOption(*command, "-n,--namespace NAME", options->namespace_name, "Namespace of objects that name none")
      ->check(CheckNamespaceName)
      ->capture_default_str();
  AddOutputOption(*command, options->output, {"yaml", "json", "patch", "diff"},
                  "What to print: yaml or json, all documents; patch, a line of JSON with the JSON patch of each "
                  "changed object; diff, a unified diff of each");
  AddOption(*command, "--color WHEN", options->color,
            "Color a diff: auto (on a terminal, unless NO_COLOR is set), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  AddQuietOption(*command, options->quiet);
  AddContainerCredentialsConfig(*command, options->container_credentials);
  AddMutationOptions(*command, options->settings);
  command->callback([&run, options] {
    CheckFiles(*options);
    CheckComposition(options->settings.composition);
    run = [options] { return Mutate(*options); };
  });
}

}  // namespace irsa::cli
