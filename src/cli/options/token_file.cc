#include "token_file.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

// Room for line ends and spaces around the longest token.
constexpr size_t kMaxFileBytes = oidc::kMaxTokenBytes + 1024;

}  // namespace

// A JWT begins with the base64url of {" and has three parts.
bool LooksLikeToken(std::string_view text) { return text.starts_with("eyJ") && std::ranges::count(text, '.') == 2; }

std::string WhatIsNoToken(std::string_view text) {
  const Result<base::Json> json = base::ReadJson(text);
  if (json.ok() && json->is_object()) {
    const Result<std::string> kind = base::StringMember(*json, "kind");
    if (kind.ok() && *kind == "TokenRequest") {
      return "this is the output of kubectl create token -o json, not the token: leave out -o json, or extract the "
             "token with jq -r .status.token";
    }
    if (kind.ok() && *kind == "Secret") {
      return "this is a Secret, whose token is for the Kubernetes API: pass the file that the webhook mounts into the "
             "pod";
    }
    return "this is JSON, not a token: pass the token alone";
  }
  if (text.starts_with("ZXlK")) return "this is a base64-encoded token, as stored in a Secret: decode it first";
  if (text.starts_with("-----BEGIN ")) return "this is PEM, a certificate or a key: pass the file named token";
  if (text.starts_with("Bearer ")) return "this is an Authorization header: pass only the token, which follows Bearer";
  if (text.starts_with(base::kByteOrderMark) || text.starts_with("\xFF\xFE")) {
    return "this begins with a byte order mark, which STS would read as part of the token: save the file as ASCII";
  }
  return {};
}

std::string CheckTokenPath(const std::string& path) {
  if (!LooksLikeToken(path)) return "";
  return "expected a file name, but this is a token (not shown): save it to a file, or pipe it in and pass -";
}

Result<std::string> ReadTokenText(const std::string& path) {
  Result<std::string> text = ReadInput(path, kMaxFileBytes);
  if (!text.ok()) return text;
  std::string token(base::Trimmed(*text, base::kSpacesAndLineEnds));
  if (token.empty()) return Error{ErrorCode::kMalformed, InputName(path) + " is empty"};
  return token;
}

Result<oidc::Jwt> ReadTokenFile(const std::string& path) {
  const Result<std::string> text = ReadTokenText(path);
  if (!text.ok()) return text.error();
  Result<oidc::Jwt> token = oidc::ParseJwt(*text);
  if (!token.ok()) return base::WithContext(std::move(token).error(), InputName(path));
  return token;
}

}  // namespace irsa::cli
