#include "irsa/oidc/jwks.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"

#include "key_parameters.h"

namespace irsa::oidc {
namespace {

using base::Json;
using base::Quoted;

Error Unusable(std::string reason) { return {ErrorCode::kInvalid, std::move(reason)}; }

// Null when there is no such member; kInvalid when it is anything but a string.
Result<std::optional<std::string>> OptionalString(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end()) return std::optional<std::string>();
  if (!member->is_string()) return Unusable(std::string(key) + " is not a string");
  return std::optional<std::string>(member->get<std::string>());
}

// The bytes of a base64url member.
Result<std::string> Number(const Json& object, const char* key) {
  const auto text = OptionalString(object, key);
  if (!text.ok()) return text.error();
  if (!*text) return Unusable(std::string(key) + " is missing");
  Result<std::string> bytes = base::DecodeBase64Url(**text);
  if (!bytes.ok()) return Unusable(std::string(key) + " is not unpadded base64url");
  return bytes;
}

Status CheckNoPrivateMembers(const Json& object) {
  for (const char* key : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    if (object.contains(key)) {
      return Unusable("its private member " + std::string(key) +
                      " is published: anyone who has read it can sign tokens, so the key must be replaced");
    }
  }
  return {};
}

Status CheckPurpose(const Json& object) {
  const auto use = OptionalString(object, "use");
  if (!use.ok()) return use.error();
  if (*use && **use != "sig") return Unusable("its use is " + Quoted(**use) + ", not sig");
  const auto operations = object.find("key_ops");
  if (operations == object.end()) return {};
  if (!operations->is_array() || std::find(operations->begin(), operations->end(), "verify") == operations->end()) {
    return Unusable("its key_ops do not list verify");
  }
  return {};
}

Result<PublicKey> ReadNumbers(const Json& object, const char* first, const char* second, const Curve* curve) {
  const auto a = Number(object, first);
  if (!a.ok()) return a.error();
  const auto b = Number(object, second);
  if (!b.ok()) return b.error();
  return curve == nullptr ? PublicKey::FromRsa(*a, *b) : PublicKey::FromEc(curve->type, *a, *b);
}

Result<PublicKey> ReadKey(const Json& object) {
  const auto type = OptionalString(object, "kty");
  if (!type.ok()) return type.error();
  if (!*type) return Unusable("kty is missing");
  if (**type == "RSA") return ReadNumbers(object, "n", "e", nullptr);
  if (**type != "EC") return Unusable("a key of type " + Quoted(**type) + ", which is neither RSA nor EC");
  const auto name = OptionalString(object, "crv");
  if (!name.ok()) return name.error();
  if (!*name) return Unusable("crv is missing");
  const Curve* curve = FindCurve([&name](const Curve& one) { return one.name == **name; });
  if (curve == nullptr) return Unusable("a key on the curve " + Quoted(**name) + ", not P-256, P-384 or P-521");
  return ReadNumbers(object, "x", "y", curve);
}

Result<std::optional<Algorithm>> ReadAlgorithm(const Json& object, const PublicKey& key) {
  const auto name = OptionalString(object, "alg");
  if (!name.ok()) return name.error();
  if (!*name) return std::optional<Algorithm>();
  const std::optional<Algorithm> algorithm = ParseAlgorithm(**name);
  if (!algorithm || !key.Fits(*algorithm)) {
    return Unusable("its alg " + Quoted(**name) + " is not supported for a key of type " +
                    std::string(KeyTypeName(key.type())));
  }
  return algorithm;
}

// `id` is filled in as soon as it is known.
Result<Jwk> ReadJwk(const Json& object, std::optional<std::string>& id) {
  if (!object.is_object()) return Unusable("not an object");
  auto kid = OptionalString(object, "kid");
  if (!kid.ok()) return std::move(kid).error();
  id = *std::move(kid);
  if (Status status = CheckNoPrivateMembers(object); !status.ok()) return std::move(status).error();
  if (Status status = CheckPurpose(object); !status.ok()) return std::move(status).error();
  Result<PublicKey> key = ReadKey(object);
  if (!key.ok()) return std::move(key).error();
  const auto algorithm = ReadAlgorithm(object, *key);
  if (!algorithm.ok()) return algorithm.error();
  return Jwk{id, *std::move(key), *algorithm};
}

nlohmann::ordered_json ToJson(const PublicKey& key) {
  nlohmann::ordered_json jwk;
  const Curve* curve = FindCurve(key.type());
  jwk["use"] = "sig";
  jwk["kty"] = curve == nullptr ? "RSA" : "EC";
  jwk["kid"] = key.id();
  if (curve != nullptr) jwk["crv"] = curve->name;
  jwk["alg"] = AlgorithmName(key.algorithm());
  if (curve == nullptr) {
    jwk["n"] = base::EncodeBase64Url(key.modulus());
    jwk["e"] = base::EncodeBase64Url(key.exponent());
  } else {
    jwk["x"] = base::EncodeBase64Url(key.x());
    jwk["y"] = base::EncodeBase64Url(key.y());
  }
  return jwk;
}

}  // namespace

Result<JwkSet> ParseJwks(std::string_view text) {
  const auto json = base::ReadJson(text, {.max_bytes = kMaxJwksBytes, .max_depth = 16});
  if (!json.ok()) return base::WithContext(json.error(), "key set");
  const Json* keys = base::FindMember(*json, "keys");
  if (keys == nullptr || !keys->is_array()) {
    return Error{ErrorCode::kInvalid, "key set: not an object with a list named keys"};
  }
  if (keys->size() > kMaxJwksKeys) {
    return Error{ErrorCode::kTooLarge, "key set: " + std::to_string(keys->size()) + " keys, more than the limit of " +
                                           std::to_string(kMaxJwksKeys)};
  }
  JwkSet set;
  for (size_t i = 0; i < keys->size(); ++i) {
    std::optional<std::string> id;
    Result<Jwk> jwk = ReadJwk((*keys)[i], id);
    if (jwk.ok()) {
      set.keys.push_back(*std::move(jwk));
    } else {
      set.skipped.push_back({i, std::move(id), jwk.error().message});
    }
  }
  return set;
}

std::string Describe(const SkippedJwk& skipped) {
  std::string text = "key " + std::to_string(skipped.index + 1);
  if (skipped.id) text += " (kid " + Quoted(*skipped.id) + ")";
  return text + ": " + skipped.reason;
}

std::string WriteJwks(std::span<const PublicKey* const> keys) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::set<std::string> written;
  for (const PublicKey* key : keys) {
    if (written.insert(key->id()).second) list.push_back(ToJson(*key));
  }
  nlohmann::ordered_json set;
  set["keys"] = std::move(list);
  return set.dump(2) + "\n";
}

}  // namespace irsa::oidc
