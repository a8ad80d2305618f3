// `irsa issuer publish`: an issuer as a tree of static files, written so that no reader ever sees half of it, and so
// that nothing is lost that tokens in use still need.
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/jwks.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"
#include "issuer.h"

namespace irsa::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kForce = "; --force replaces it";

struct PublishOptions : IssuerOptions {
  std::string directory;             // that a web server shows at the issuer's URL, its path included
  std::vector<std::string> dropped;  // ids of published keys that need not stay
  bool force = false;
  std::string jwks_path{oidc::kJwksPath};  // what --jwks-uri says
};

struct SiteFile {
  std::string path;
  std::string url;
  std::string content;
  std::optional<std::string> before;  // nothing: there was none

  const char* state() const { return before == content ? "unchanged" : before ? "replaced" : "made"; }
};

struct Publication {
  std::array<SiteFile, 2> files;     // in the order in which they are written
  std::vector<std::string> dropped;  // ids of the keys that were published until now and are no more
};

bool Contains(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

// The path below the issuer of a key set at `jwks_uri`, beginning with a slash. kInvalid, naming the URL, for what a
// tree of files at the issuer's URL cannot hold: another host or path, a query, escapes, the discovery document's
// place.
Result<std::string> PathBelowIssuer(std::string_view issuer, std::string_view jwks_uri) {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::kInvalid, "key set URL " + std::string(jwks_uri) + " " + why};
  };
  const std::string root = oidc::UrlBelow(issuer, "/");
  if (!jwks_uri.starts_with(root)) {
    return refuse("is not below " + root + ", the issuer's URL, where the files are served");
  }
  // The rules for an issuer's path are just those for one that can be a file's.
  if (!oidc::CheckIssuerUrl(jwks_uri).ok() || jwks_uri.ends_with('/') || jwks_uri.find('%') != std::string_view::npos) {
    return refuse("has a path that cannot be a file's");
  }
  std::string path(jwks_uri.substr(root.size() - 1));
  // Neither may be a directory above the other.
  const std::string discovery(oidc::kDiscoveryPath);
  if ((path + "/").starts_with(discovery + "/") || (discovery + "/").starts_with(path + "/")) {
    return refuse("conflicts with the path of the discovery document");
  }
  return path;
}

Result<SiteFile> Plan(const PublishOptions& options, std::string_view path_below, std::string content) {
  // A slash at the front would make it an absolute path.
  std::string path = (std::filesystem::path(options.directory) / path_below.substr(1)).string();
  auto before = ReadIfThere(path, kMaxFileBytes);
  if (!before.ok()) return std::move(before).error();
  return SiteFile{std::move(path), oidc::UrlBelow(options.issuer, path_below), std::move(content), *std::move(before)};
}

// kConflict for what is none, is another issuer's or leads to another key set.
Status CheckDiscovery(const SiteFile& file, const PublishOptions& options, const std::string& jwks_uri) {
  if (!file.before) return {};
  const Result<std::string> published = oidc::ReadJwksUri(*file.before, options.issuer);
  if (!published.ok()) {
    return Error{ErrorCode::kConflict, file.path + " is not this issuer's: " + published.error().message + kForce};
  }
  if (*published == jwks_uri) return {};
  return Error{ErrorCode::kConflict, file.path + " names the key set " + *published + ", not " + jwks_uri +
                                         "; --jwks-uri keeps it there, --force moves it"};
}

std::string KeyInTheWay(const std::string& path, const std::string& key, const std::string& drop) {
  return path + " has " + key +
         ", which is not among the keys given: tokens that it signed would be refused; pass its file with --key, or " +
         (drop.empty() ? "--force" : "--drop " + drop + " once the last of them has expired");
}

// The ids of the published keys that are not among the given ones; kConflict, naming the first that must not go.
Result<std::vector<std::string>> FindDropped(const SiteFile& file, const PublishOptions& options,
                                             const IssuerKeys& keys) {
  std::vector<std::string> gone;
  if (!file.before) return gone;
  const Result<oidc::JwkSet> published = oidc::ParseJwks(*file.before);
  if (!published.ok()) {
    if (options.force) return gone;
    return Error{ErrorCode::kConflict, file.path + " is not a key set: " + published.error().message + kForce};
  }
  for (const oidc::Jwk& jwk : published->keys) {
    const std::string& id = jwk.key.id();
    const bool is_given = std::ranges::any_of(keys.keys, [&id](const IssuerKey& key) { return key.key.id() == id; });
    if (is_given) continue;
    const bool may_go =
        options.force || Contains(options.dropped, id) || (jwk.id && Contains(options.dropped, *jwk.id));
    if (!may_go) return Error{ErrorCode::kConflict, KeyInTheWay(file.path, "key " + id, id)};
    gone.push_back(id);
  }
  for (const oidc::SkippedJwk& skipped : published->skipped) {
    const std::string id = skipped.id.value_or("");
    if (!options.force && !(skipped.id && Contains(options.dropped, id))) {
      return Error{ErrorCode::kConflict,
                   KeyInTheWay(file.path, "an unusable key (" + oidc::Describe(skipped) + ")", id)};
    }
    gone.push_back(id);
  }
  return gone;
}

Status Write(const SiteFile& file) {
  constexpr mode_t kForEveryone = 0644;
  if (file.before == file.content) return {};
  Status made = MakeDirectory(std::filesystem::path(file.path).parent_path().string());
  return made.ok() ? base::WriteFileAtomically(file.path, file.content, kForEveryone) : made;
}

// What is there is looked at before anything is written.
Result<Publication> WriteSite(const PublishOptions& options, const IssuerKeys& keys) {
  const std::vector<const oidc::PublicKey*> pointers = keys.Pointers();
  auto jwks = Plan(options, options.jwks_path, oidc::WriteJwks(pointers));
  if (!jwks.ok()) return std::move(jwks).error();
  auto discovery =
      Plan(options, oidc::kDiscoveryPath, oidc::WriteDiscovery(MakeDiscovery(options.issuer, jwks->url, pointers)));
  if (!discovery.ok()) return std::move(discovery).error();
  auto dropped = FindDropped(*jwks, options, keys);
  if (!dropped.ok()) return std::move(dropped).error();
  if (!options.force) {
    if (Status status = CheckDiscovery(*discovery, options, jwks->url); !status.ok()) return std::move(status).error();
  }
  // The key set first: at no time does a discovery document lead to a file that is not there.
  Publication publication{{*std::move(jwks), *std::move(discovery)}, *std::move(dropped)};
  for (const SiteFile& file : publication.files) {
    if (Status written = Write(file); !written.ok()) return std::move(written).error();
  }
  return publication;
}

std::string PublishText(const Publication& publication, const IssuerKeys& keys) {
  std::string text;
  for (const SiteFile& file : publication.files) {
    text += file.path + ": " + file.state() + "; serve it at " + file.url + "\n";
  }
  for (const IssuerKey& key : keys.keys) text += "key " + Describe(key) + "\n";
  for (const std::string& id : publication.dropped) {
    text += "no longer published: " + (id.empty() ? "a key" : id) + "\n";
  }
  return text;
}

std::string PublishJson(const Publication& publication, const IssuerKeys& keys, const std::string& issuer) {
  Json files = Json::array();
  for (const SiteFile& file : publication.files) {
    files.push_back({{"path", file.path}, {"url", file.url}, {"state", file.state()}});
  }
  Json key_list = Json::array();
  for (const IssuerKey& key : keys.keys) key_list.push_back(ToJson(key));
  Json json;
  json["issuer"] = issuer;
  json["files"] = std::move(files);
  json["keys"] = std::move(key_list);
  json["dropped"] = publication.dropped;
  return JsonText(json);
}

int Publish(const PublishOptions& options) {
  const Result<IssuerKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  for (const std::string& warning : oidc::IssuerWarnings(options.issuer)) Say(kIssuer, warning);
  for (const IssuerKey& key : keys->keys) {
    if (!Contains(options.dropped, key.key.id())) continue;
    Say(kIssuer, "--drop " + key.key.id() + ": " + key.file + " is that key; it cannot be both published and dropped");
    return kUsage;
  }
  const Result<Publication> written = WriteSite(options, *keys);
  if (!written.ok()) return Fail(kIssuer, written.error());
  return PrintResult(options.output == "json" ? PublishJson(*written, *keys, options.issuer)
                                              : PublishText(*written, *keys));
}

}  // namespace

void AddPublish(CLI::App& issuer, std::function<int()>& run) {
  const auto options = std::make_shared<PublishOptions>();
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
    if (!options->jwks_uri.empty()) {
      auto path = PathBelowIssuer(options->issuer, options->jwks_uri);
      if (!path.ok()) throw CLI::ValidationError("--jwks-uri", path.error().message);
      options->jwks_path = *std::move(path);
    }
    run = [options] { return Publish(*options); };
  });
}

}  // namespace irsa::cli
