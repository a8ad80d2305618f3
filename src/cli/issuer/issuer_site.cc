#include "issuer_site.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "irsa/base/files.h"
#include "irsa/oidc/jwks.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

// Far over what is ever there; the parsers have tighter limits of their own.
constexpr size_t kMaxFileBytes = 4 << 20;

constexpr const char* kForce = "; --force replaces it";

bool Contains(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

struct PlannedFile {
  std::string path;
  std::string url;
  std::string content;
  std::optional<std::string> before;  // nullopt: there was none
};

Result<PlannedFile> Plan(const PublishRequest& request, std::string_view path_below, std::string url,
                         std::string content) {
  // A slash at the front would make it an absolute path.
  std::string path = (std::filesystem::path(request.directory) / path_below.substr(1)).string();
  auto before = ReadIfThere(path, kMaxFileBytes);
  if (!before.ok()) return std::move(before).error();
  return PlannedFile{std::move(path), std::move(url), std::move(content), *std::move(before)};
}

Status CheckDiscovery(const PlannedFile& file, const PublishRequest& request) {
  if (!file.before) return {};
  const Result<std::string> published = oidc::ReadJwksUri(*file.before, request.issuer);
  if (!published.ok()) {
    return Error{ErrorCode::kConflict, file.path + " is not this issuer's: " + published.error().message + kForce};
  }
  const std::string jwks_uri = oidc::UrlBelow(request.issuer, request.jwks_path);
  if (*published == jwks_uri) return {};
  return Error{ErrorCode::kConflict, file.path + " names the key set " + *published + ", not " + jwks_uri +
                                         "; --jwks-uri keeps it there, --force moves it"};
}

std::string KeyInTheWay(const std::string& path, const std::string& key, const std::string& drop) {
  return path + " has " + key +
         ", which is not among the keys given: tokens that it signed would be refused; pass its file with --key, or " +
         (drop.empty() ? "--force" : "--drop " + drop + " once the last of them has expired");
}

// The published keys that are not among the given ones, or the first that must not go.
Result<std::vector<std::string>> FindDropped(const PlannedFile& file, const PublishRequest& request) {
  std::vector<std::string> gone;
  if (!file.before) return gone;
  const Result<oidc::JwkSet> published = oidc::ParseJwks(*file.before);
  if (!published.ok()) {
    if (request.force) return gone;
    return Error{ErrorCode::kConflict, file.path + " is not a key set: " + published.error().message + kForce};
  }
  for (const oidc::Jwk& jwk : published->keys) {
    const std::string& id = jwk.key.id();
    const bool is_given =
        std::ranges::any_of(request.keys, [&id](const oidc::PublicKey* key) { return key->id() == id; });
    if (is_given) continue;
    const bool may_go =
        request.force || Contains(request.dropped, id) || (jwk.id && Contains(request.dropped, *jwk.id));
    if (!may_go) return Error{ErrorCode::kConflict, KeyInTheWay(file.path, "key " + id, id)};
    gone.push_back(id);
  }
  for (const oidc::SkippedJwk& skipped : published->skipped) {
    const std::string id = skipped.id.value_or("");
    if (!request.force && !(skipped.id && Contains(request.dropped, id))) {
      return Error{ErrorCode::kConflict, KeyInTheWay(file.path, oidc::Describe(skipped), id)};
    }
    gone.push_back(id);
  }
  return gone;
}

Result<PublishedFile> Write(const PlannedFile& file) {
  constexpr mode_t kForEveryone = 0644;
  if (file.before == file.content) return PublishedFile{file.path, file.url, FileState::kUnchanged};
  Status written = MakeDirectory(std::filesystem::path(file.path).parent_path().string());
  if (written.ok()) written = base::WriteFileAtomically(file.path, file.content, kForEveryone);
  if (!written.ok()) return std::move(written).error();
  return PublishedFile{file.path, file.url, file.before ? FileState::kReplaced : FileState::kMade};
}

}  // namespace

oidc::DiscoveryDocument MakeDiscovery(const std::string& issuer, std::string_view jwks_uri,
                                      std::span<const oidc::PublicKey* const> keys) {
  oidc::DiscoveryDocument document;
  document.issuer = issuer;
  document.jwks_uri = jwks_uri.empty() ? oidc::UrlBelow(issuer, oidc::kJwksPath) : std::string(jwks_uri);
  for (const oidc::PublicKey* key : keys) {
    std::string algorithm(oidc::AlgorithmName(key->algorithm()));
    if (!Contains(document.signing_algorithms, algorithm)) document.signing_algorithms.push_back(std::move(algorithm));
  }
  return document;
}

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

std::string_view FileStateName(FileState state) {
  constexpr std::array kNames = {"made", "replaced", "unchanged"};
  return kNames[static_cast<size_t>(state)];
}

Result<PublishReport> PublishIssuer(const PublishRequest& request) {
  const std::string jwks_uri = oidc::UrlBelow(request.issuer, request.jwks_path);
  auto jwks = Plan(request, request.jwks_path, jwks_uri, oidc::WriteJwks(request.keys));
  if (!jwks.ok()) return std::move(jwks).error();
  auto discovery = Plan(request, oidc::kDiscoveryPath, oidc::UrlBelow(request.issuer, oidc::kDiscoveryPath),
                        oidc::WriteDiscovery(MakeDiscovery(request.issuer, jwks_uri, request.keys)));
  if (!discovery.ok()) return std::move(discovery).error();
  auto dropped = FindDropped(*jwks, request);
  if (!dropped.ok()) return std::move(dropped).error();
  if (!request.force) {
    if (Status status = CheckDiscovery(*discovery, request); !status.ok()) return std::move(status).error();
  }
  PublishReport report{{}, *std::move(dropped)};
  // The key set first: at no time does a discovery document lead to a file that is not there.
  for (const PlannedFile* file : {&*jwks, &*discovery}) {
    auto written = Write(*file);
    if (!written.ok()) return std::move(written).error();
    report.files.push_back(*std::move(written));
  }
  return report;
}

}  // namespace irsa::cli
