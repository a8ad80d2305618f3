// An issuer as a tree of static files: written so that no reader ever sees half of it, and so that nothing is lost that
// tokens in use still need.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/public_key.h"

namespace irsa::cli {

// The discovery document of an issuer with these keys; `jwks_uri` empty: below the issuer, where kube-apiserver has it.
oidc::DiscoveryDocument MakeDiscovery(const std::string& issuer, std::string_view jwks_uri,
                                      std::span<const oidc::PublicKey* const> keys);

// The path below the issuer of a key set at `jwks_uri`, beginning with a slash. kInvalid, naming the URL, for what a
// tree of files at the issuer's URL cannot hold: another host or path, a query, escapes, the discovery document's
// place.
Result<std::string> PathBelowIssuer(std::string_view issuer, std::string_view jwks_uri);

struct PublishRequest {
  std::string directory;  // that a web server shows at the issuer's URL, its path included
  std::string issuer;
  std::string jwks_path{oidc::kJwksPath};
  std::span<const oidc::PublicKey* const> keys;
  std::vector<std::string> dropped;  // ids of published keys that need not stay
  bool force = false;
};

enum class FileState { kMade, kReplaced, kUnchanged };

// "made", "replaced", "unchanged"
std::string_view FileStateName(FileState state);

struct PublishedFile {
  std::string path;
  std::string url;
  FileState state = FileState::kMade;
};

struct PublishReport {
  std::vector<PublishedFile> files;  // in the order in which they were written: the key set first
  std::vector<std::string> dropped;  // ids of the keys that were published until now and are no more
};

// Writes the discovery document and the key set, readable by everyone, making directories as needed; a file that is as
// it should be is not touched. Before anything is written, what is there is looked at, and kConflict, naming the file
// and the way out, unless `force`: a discovery document that is none, is another issuer's or leads to another key set;
// a key set that is none or has a key that is neither given nor to be dropped, since tokens it signed would be refused.
// Other errors name the file too.
Result<PublishReport> PublishIssuer(const PublishRequest& request);

}  // namespace irsa::cli
