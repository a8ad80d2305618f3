// Where an issuer's keys are read from: a file, a URL, or what discovery at the issuer names. Each reads them anew at
// every call; oidc::JwksCache decides when that is.
#pragma once

#include <chrono>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/http/client/client.h"
#include "irsa/oidc/jwks_cache.h"

namespace irsa::sts {

// For all requests of one fetch together; well under what SDKs wait for STS.
inline constexpr std::chrono::milliseconds kFetchTimeout{5000};

class FileKeySource final : public oidc::JwksSource {
 public:
  // `files` outlives the object.
  FileKeySource(const base::FileReader& files, std::string path) : files_(files), path_(std::move(path)) {}

  // Errors are those of `files` and of oidc::ParseJwks, and name the path.
  Result<oidc::JwkSet> Fetch() override;

 private:
  const base::FileReader& files_;
  const std::string path_;
};

// Errors of the two below name the URL: the client's; kUnavailable for an answer with another status than 200, which is
// what STS makes of it too; those of oidc::ParseDiscovery and oidc::ParseJwks. Redirects are not followed.

class UrlKeySource final : public oidc::JwksSource {
 public:
  // The references outlive the object.
  UrlKeySource(http::Client& client, const base::Clock& clock, std::string url)
      : client_(client), clock_(clock), url_(std::move(url)) {}

  Result<oidc::JwkSet> Fetch() override;

 private:
  http::Client& client_;
  const base::Clock& clock_;
  const std::string url_;
};

// https://openid.net/specs/openid-connect-discovery-1_0.html
class DiscoveryKeySource final : public oidc::JwksSource {
 public:
  // `issuer` is as oidc::ParseIssuerUrl takes it. The references outlive the object.
  DiscoveryKeySource(http::Client& client, const base::Clock& clock, std::string issuer)
      : client_(client), clock_(clock), issuer_(std::move(issuer)) {}

  Result<oidc::JwkSet> Fetch() override;

 private:
  http::Client& client_;
  const base::Clock& clock_;
  const std::string issuer_;
};

}  // namespace irsa::sts
