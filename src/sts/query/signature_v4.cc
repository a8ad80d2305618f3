#include "signature_v4.h"

#include <algorithm>
#include <utility>

#include "irsa/base/result.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/base/url.h"
#include "irsa/crypto/primitives.h"

namespace irsa::sts {
namespace {

constexpr std::string_view kTerminator = "aws4_request";

// Spaces and tabs at the ends dropped, runs of them inside made one space.
std::string Collapsed(std::string_view value) {
  std::string text;
  bool blank = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      blank = true;
      continue;
    }
    if (blank && !text.empty()) text += ' ';
    blank = false;
    text += c;
  }
  return text;
}

std::string CanonicalQuery(const http::Request& request) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : request.query) {
    if (name != kSignatureField) encoded.emplace_back(base::EncodeComponent(name), base::EncodeComponent(value));
  }
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) {
    text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return text;
}

std::string Scope(const Authorization& authorization) {
  return authorization.date + "/" + authorization.region + "/" + authorization.service + "/" + std::string(kTerminator);
}

StsError DoesNotMatch(std::string message) { return MakeStsError(kSignatureDoesNotMatch, std::move(message)); }

std::optional<StsError> CheckScope(const Authorization& authorization, std::string_view service) {
  if (authorization.service != service) {
    return DoesNotMatch("Credential should be scoped to correct service: '" + std::string(service) + "'. ");
  }
  const std::string day = authorization.timestamp.substr(0, 8);
  if (authorization.date != day) {
    return DoesNotMatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
                        authorization.date + "' != '" + day + "', from '" + authorization.timestamp + "'.");
  }
  return std::nullopt;
}

std::optional<StsError> CheckTime(const Authorization& authorization, base::SystemTime now) {
  if (authorization.time > now + kMaxClockSkew) {
    return DoesNotMatch("Signature not yet current: " + authorization.timestamp + " is still later than " +
                        FormatTimestamp(now + kMaxClockSkew) + " (" + FormatTimestamp(now) + " + 15 min.)");
  }
  if (authorization.time + kMaxClockSkew >= now) return std::nullopt;
  return DoesNotMatch("Signature expired: " + authorization.timestamp + " is now earlier than " +
                      FormatTimestamp(now - kMaxClockSkew) + " (" + FormatTimestamp(now) + " - 15 min.)");
}

}  // namespace

std::vector<std::string_view> HeaderValues(const http::Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [other, value] : request.headers) {
    if (base::EqualsIgnoringCase(other, name)) values.push_back(value);
  }
  return values;
}

std::optional<base::SystemTime> ParseTimestamp(std::string_view text) {
  constexpr size_t kLength = 16;
  if (text.size() != kLength || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::string extended(text);
  for (const auto& [at, separator] : {std::pair(13, ':'), {11, ':'}, {6, '-'}, {4, '-'}}) {
    extended.insert(static_cast<size_t>(at), 1, separator);
  }
  const Result<base::SystemTime> time = base::ParseRfc3339(extended);
  return time.ok() ? std::optional(*time) : std::nullopt;
}

std::string FormatTimestamp(base::SystemTime time) {
  std::string text = base::FormatRfc3339(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string CanonicalRequest(const http::Request& request, const Authorization& authorization) {
  std::string text = request.method + "\n" + request.path + "\n" + CanonicalQuery(request) + "\n";
  std::string names;
  for (const std::string& signed_name : authorization.signed_headers) {
    std::string values;
    bool first = true;
    for (const std::string_view value : HeaderValues(request, signed_name)) {
      values.append(first ? "" : ",").append(Collapsed(value));
      first = false;
    }
    text.append(signed_name).append(":").append(values).append("\n");
    names.append(names.empty() ? "" : ";").append(signed_name);
  }
  return text.append("\n").append(names).append("\n").append(crypto::Hex(crypto::Sha256(request.body)));
}

std::string StringToSign(const Authorization& authorization, std::string_view canonical_request) {
  return std::string(kSignatureAlgorithm) + "\n" + authorization.timestamp + "\n" + Scope(authorization) + "\n" +
         crypto::Hex(crypto::Sha256(canonical_request));
}

std::string Sign(const Authorization& authorization, std::string_view secret_access_key,
                 std::string_view string_to_sign) {
  std::string key = "AWS4" + std::string(secret_access_key);
  for (const std::string_view part : {std::string_view(authorization.date), std::string_view(authorization.region),
                                      std::string_view(authorization.service), kTerminator}) {
    key = crypto::HmacSha256(key, part);
  }
  return crypto::Hex(crypto::HmacSha256(key, string_to_sign));
}

std::optional<StsError> CheckSignature(const http::Request& request, const Authorization& authorization,
                                       std::string_view secret_access_key, std::string_view service,
                                       base::SystemTime now) {
  if (auto error = CheckScope(authorization, service)) return error;
  if (auto error = CheckTime(authorization, now)) return error;
  const std::string expected =
      Sign(authorization, secret_access_key, StringToSign(authorization, CanonicalRequest(request, authorization)));
  if (crypto::EqualInConstantTime(expected, authorization.signature)) return std::nullopt;
  return DoesNotMatch(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
      "and signing method. Consult the service documentation for details.");
}

}  // namespace irsa::sts
