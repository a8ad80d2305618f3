// Where an issuer's keys are read from: a file, a URL, or what discovery at the issuer names.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/http/client/client.h"
#include "irsa/oidc/jwks.h"

namespace irsa::sts {

// For all requests of one fetch together; well under what SDKs wait for STS.
inline constexpr std::chrono::milliseconds kFetchTimeout{5000};

// What keys are read with. A copy refers to the same.
struct KeyAccess {
  const base::FileReader& files;
  http::Client& client;
  const base::Clock& clock;
};

// Whether `jwks` is a file's path, rather than a URL (http:// or https://) or empty.
bool IsKeyFile(std::string_view jwks);

// The keys as they are now, from that file or URL; where `jwks` is empty, by discovery at the issuer, which is as
// oidc::CheckIssuerUrl takes it (https://openid.net/specs/openid-connect-discovery-1_0.html). Errors name the path or
// URL: those of `files` and the client; kUnavailable for an answer with another status than 200, which is what STS
// makes of it too; those of oidc::ReadJwksUri and oidc::ParseJwks. Redirects are not followed.
Result<oidc::JwkSet> FetchKeys(const KeyAccess& access, const std::string& issuer, const std::string& jwks);

}  // namespace irsa::sts
