#include "irsa/oidc/jwt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"

namespace irsa::oidc {
namespace {

using base::Json;
using base::Quoted;

Error Malformed(std::string message) { return {ErrorCode::kMalformed, std::move(message)}; }
Error InvalidToken(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }

struct Parts {
  std::string_view header, claims, signature;
};

Result<Parts> Split(std::string_view token) {
  const auto dots = std::ranges::count(token, '.');
  if (dots == 4) return Malformed("an encrypted token (JWE, five parts), not a signed one");
  if (dots != 2)
    return Malformed("not a token: expected three parts separated by dots, got " + std::to_string(dots + 1));
  const size_t first = token.find('.');
  const size_t second = token.find('.', first + 1);
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

Result<std::string> DecodePart(std::string_view part, std::string_view name) {
  Result<std::string> bytes = base::DecodeBase64Url(part);
  if (!bytes.ok()) return Malformed(std::string(name) + ": not canonical unpadded base64url");
  return bytes;
}

Result<Json> ReadObject(std::string_view text, std::string_view name) {
  Result<Json> json = base::ReadJson(text);
  if (!json.ok()) return base::WithContext(std::move(json).error(), name);
  if (!json->is_object()) return Malformed(std::string(name) + ": a JSON " + json->type_name() + ", not an object");
  return json;
}

// Null when there is no such member; a member that is null is one.
const Json* Find(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : &*member;
}

Status ReadString(const Json& object, const char* key, std::optional<std::string>& out) {
  const Json* member = Find(object, key);
  if (member == nullptr) return {};
  if (!member->is_string())
    return InvalidToken(std::string(key) + " is a JSON " + member->type_name() + ", not a string");
  out = member->get<std::string>();
  return {};
}

Error RefusedAlgorithm(const std::string& name) {
  if (name == "none") return InvalidToken("header: alg is none: the token is not signed");
  if (name.starts_with("HS")) {
    return InvalidToken("header: alg " + Quoted(name) + " signs with a shared secret, which no issuer publishes");
  }
  return InvalidToken("header: alg " + Quoted(name) + " is none of RS256, RS384, RS512, ES256, ES384 and ES512");
}

Status CheckExtensions(const Json& object) {
  if (const Json* b64 = Find(object, "b64"); b64 != nullptr && *b64 != true) {
    return InvalidToken("header: b64 is not true: the payload would not be base64url");
  }
  if (Find(object, "crit") != nullptr) {
    return InvalidToken("header: crit lists extensions, and none are supported");
  }
  return {};
}

Result<JwtHeader> ReadHeader(std::string_view part) {
  const auto text = DecodePart(part, "header");
  if (!text.ok()) return text.error();
  const auto object = ReadObject(*text, "header");
  if (!object.ok()) return object.error();
  std::optional<std::string> name;
  if (Status status = ReadString(*object, "alg", name); !status.ok()) {
    return base::WithContext(std::move(status).error(), "header");
  }
  if (!name) return InvalidToken("header: alg is missing");
  const std::optional<Algorithm> algorithm = ParseAlgorithm(*name);
  if (!algorithm) return RefusedAlgorithm(*name);
  if (Status status = CheckExtensions(*object); !status.ok()) return std::move(status).error();
  JwtHeader header{*algorithm, std::nullopt};
  if (Status status = ReadString(*object, "kid", header.key_id); !status.ok()) {
    return base::WithContext(std::move(status).error(), "header");
  }
  return header;
}

Status ReadAudiences(const Json& object, std::optional<std::vector<std::string>>& out) {
  const Json* member = Find(object, "aud");
  if (member == nullptr) return {};
  if (member->is_string()) {
    out = {member->get<std::string>()};
    return {};
  }
  if (!member->is_array())
    return InvalidToken(std::string("aud is a JSON ") + member->type_name() + ", not a string or list");
  std::vector<std::string> audiences;
  for (const Json& audience : *member) {
    if (!audience.is_string()) return InvalidToken(std::string("aud lists a JSON ") + audience.type_name());
    audiences.push_back(audience.get<std::string>());
  }
  out = std::move(audiences);
  return {};
}

Status ReadDate(const Json& object, const char* key, std::optional<NumericDate>& out) {
  constexpr double kEndOf9999 = 253'402'300'800;
  const Json* member = Find(object, key);
  if (member == nullptr) return {};
  if (!member->is_number())
    return InvalidToken(std::string(key) + " is a JSON " + member->type_name() + ", not a number");
  const auto seconds = member->get<double>();
  if (!(seconds >= 0 && seconds < kEndOf9999)) {
    return InvalidToken(std::string(key) + " is not a time between 1970 and 9999 in seconds");
  }
  // Such a number of milliseconds fits a double.
  out = NumericDate(std::chrono::milliseconds(static_cast<int64_t>(std::floor(seconds * 1000))));
  return {};
}

Result<Claims> ReadClaims(std::string_view part) {
  auto text = DecodePart(part, "claims");
  if (!text.ok()) return std::move(text).error();
  const auto object = ReadObject(*text, "claims");
  if (!object.ok()) return object.error();
  Claims claims;
  Status status = ReadString(*object, "iss", claims.issuer);
  if (status.ok()) status = ReadString(*object, "sub", claims.subject);
  if (status.ok()) status = ReadAudiences(*object, claims.audiences);
  if (status.ok()) status = ReadDate(*object, "exp", claims.expires_at);
  if (status.ok()) status = ReadDate(*object, "nbf", claims.not_before);
  if (status.ok()) status = ReadDate(*object, "iat", claims.issued_at);
  if (!status.ok()) return base::WithContext(std::move(status).error(), "claims");
  claims.json = *std::move(text);
  return claims;
}

}  // namespace

std::string SecondsText(NumericDate date) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(date).time_since_epoch().count());
}

Result<Jwt> ParseJwt(std::string_view token) {
  if (token.size() > kMaxTokenBytes) {
    return Error{ErrorCode::kTooLarge, "a token of " + std::to_string(token.size()) +
                                           " characters, more than the limit of " + std::to_string(kMaxTokenBytes)};
  }
  const auto parts = Split(token);
  if (!parts.ok()) return parts.error();
  auto header = ReadHeader(parts->header);
  if (!header.ok()) return std::move(header).error();
  auto claims = ReadClaims(parts->claims);
  if (!claims.ok()) return std::move(claims).error();
  auto signature = DecodePart(parts->signature, "signature");
  if (!signature.ok()) return std::move(signature).error();
  if (signature->empty()) return Malformed("signature: empty");
  const std::string_view signing_input = token.substr(0, parts->header.size() + 1 + parts->claims.size());
  return Jwt{*std::move(header), *std::move(claims), std::string(signing_input), *std::move(signature)};
}

}  // namespace irsa::oidc
